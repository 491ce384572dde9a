"""Reads what emergencies went without and their senders still have to write down."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from accounts.actors import Actor
from referral.models import Documentation, Referral
from referral.states import LIVE, Status, Urgency

# Nobody writes down more of a leg that was taken back, declined or a mistake.
CALLED_FOR: Final = LIVE | {Status.COMPLETED}


def asked_of(referral: Referral) -> Documentation | None:
    """Return what a leg went without; None where it went complete. Only emergencies are looked up."""
    if referral.urgency != Urgency.EMERGENCY or referral.submitted_at is None:
        return None
    found: Documentation | None = getattr(referral, "documentation", None)
    return found


def lacking(referral: Referral, asked: Documentation) -> list[str]:
    """Return the parts that are still empty."""
    return [item for item in asked.items if not getattr(referral, item)]


def awaited() -> QuerySet[Referral]:
    """Return the emergencies whose documentation is not complete."""
    return _with(Documentation.objects.filter(met_at__isnull=True))


def _with(rows: QuerySet[Documentation]) -> QuerySet[Referral]:
    found = Exists(rows.filter(referral=OuterRef("pk")))
    return Referral.objects.filter(found, status__in=sorted(CALLED_FOR))


def awaited_by(by: Actor) -> QuerySet[Referral]:
    """Return those that the actor's facility has to complete."""
    return awaited().filter(from_facility=by.facility_id)


def due_at(legs: Sequence[UUID]) -> dict[UUID, datetime]:
    """Return by when those of these legs that went incomplete are to be completed."""
    rows = awaited().filter(pk__in=legs)
    return dict(rows.values_list("pk", "documentation__due_at"))


def overdue(at: datetime) -> QuerySet[Referral]:
    """Return those that are late at `at`."""
    return _with(Documentation.objects.filter(met_at__isnull=True, due_at__lt=at))
