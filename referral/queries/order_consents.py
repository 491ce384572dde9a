"""Reads which emergency orders still want the consent that they were placed without."""

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from accounts.actors import Actor
from referral import consents
from referral.models import ExaminationOrder, OrderConsent

OLDEST_FIRST = ("ordered_at", "id")


def _answered() -> Exists:
    """Return the condition that whoever placed the order has recorded an answer since."""
    return Exists(consents.answers("facility").filter(recorded_at__gte=OuterRef("ordered_at")))


def awaited_by(by: Actor, *, at: datetime, late: bool = False) -> QuerySet[ExaminationOrder]:
    """Return the orders for which the actor's facility must still record a consent."""
    rows = ExaminationOrder.objects.filter(
        ~_answered(),
        facility=by.facility_id,
        consent_awaited__isnull=False,
        consent_awaited__met_at__isnull=True,
    ).select_related("consent_awaited")
    return rows.filter(consent_awaited__due_at__lt=at) if late else rows


def is_answered(order: ExaminationOrder) -> bool:
    """Say whether an answer was recorded since the order; read in the system's scope."""
    return ExaminationOrder.objects.filter(_answered(), pk=order.pk).exists()


def to_call(at: datetime, *, limit: int) -> list[UUID]:
    """Return orders for whose consent a call is due, the longest waiting first; for the sweep."""
    rows = OrderConsent.objects.filter(next_at__lt=at).order_by("next_at", "pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def lock(order_id: UUID, *, at: datetime) -> OrderConsent | None:
    """Return an awaited consent with its order, locked, or None where no call is due any more."""
    rows = OrderConsent.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    return rows.select_related("order").filter(pk=order_id, next_at__lt=at).first()
