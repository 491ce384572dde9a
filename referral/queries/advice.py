"""Reads requests for advice, always from what the actor may see."""

import tomllib
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.actors import Actor
from patients.models import ConsentPurpose
from referral import consents
from referral.models import ADVICE_OPEN, AdviceRequest, AdviceState

NEWEST_FIRST: Final = ("-asked_at", "-id")
DATA: Final = Path(__file__).parent.parent / "data" / "advice.toml"
_SHOWN: Final = (
    "from_facility",
    "to_facility",
    "to_department",
    "asked_by",
    "answered_by",
)


@cache
def access() -> timedelta:
    """Return how long the facility that was asked sees the patient at most."""
    return timedelta(days=tomllib.loads(DATA.read_text(encoding="utf-8"))["access"]["days"])


def visible_to(by: Actor) -> QuerySet[AdviceRequest]:
    """Return the requests that this actor's facility has made or received; row-level security says it again."""
    if by.is_system:
        return AdviceRequest.objects.all()
    if by.facility_id is None:
        return AdviceRequest.objects.none()
    return AdviceRequest.objects.filter(
        Q(from_facility=by.facility_id) | Q(to_facility=by.facility_id)
    )


def box(name: str, by: Actor) -> QuerySet[AdviceRequest]:
    """Return the requests that came here (`inbox`), that went from here (`sent`), or both."""
    rows = visible_to(by).select_related(*_SHOWN)
    if name == "inbox":
        return rows.filter(to_facility=by.facility_id)
    return rows.filter(from_facility=by.facility_id) if name == "sent" else rows


def waiting(by: Actor, limit: int) -> list[AdviceRequest]:
    """Return what waits for this facility: questions to answer, and answers to make something of; the oldest first."""
    rows = visible_to(by).select_related("from_facility", "to_facility")
    asked = Q(to_facility=by.facility_id, state=AdviceState.ASKED)
    answered = Q(from_facility=by.facility_id, state=AdviceState.ANSWERED)
    return list(rows.filter(asked | answered).order_by("asked_at", "id")[:limit])


def find(advice_id: UUID, by: Actor) -> AdviceRequest | None:
    """Return a visible request with its people and places, or None."""
    return visible_to(by).select_related(*_SHOWN).filter(pk=advice_id).first()


def bereft(at: datetime, *, limit: int, after: UUID | None = None) -> list[UUID]:
    """Return open requests about patients of whom a consent has ended of late; read in the system's scope.

    Those with ids above `after`, in their order. Many of them rest on another consent and stay open, so
    that whoever looks at the first ones alone never comes to the others.
    """
    ended = consents.ended_lately(at, ConsentPurpose.REFERRAL, ConsentPurpose.DATA_SHARING)
    whose = list(ended.values_list("patient", flat=True))
    rows = AdviceRequest.objects.filter(
        Q(patient__in=whose) | Q(patient__merged_into__in=whose), state__in=ADVICE_OPEN
    )
    rest = rows.filter(pk__gt=after) if after else rows
    return list(rest.order_by("id").values_list("pk", flat=True)[:limit])


def lock(advice_id: UUID, by: Actor) -> AdviceRequest | None:
    """Return a visible request, locked, or None; it is locked before any referral."""
    rows = visible_to(by).select_related(*_SHOWN)
    return rows.select_for_update(of=("self",), no_key=True).filter(pk=advice_id).first()
