"""Finds the files of numbers that somebody asked for at this post, and those that wait to be made."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from accounts.actors import Actor
from insights.models import Export, ExportState

OPEN: Final = (ExportState.WAITING, ExportState.RUNNING)
# What is read only to hand a file out.
HEAVY: Final = ("content", "patients", "referrals")
NEWEST_FIRST: Final = ("-asked_at", "-id")


def of(by: Actor) -> QuerySet[Export]:
    """Return the files that somebody asked for here, for himself or for this colleague, without their content."""
    return whole(by).defer(*HEAVY)


def whole(by: Actor) -> QuerySet[Export]:
    """Return the same with their content."""
    return Export.objects.filter(owner=by.user_id, facility=by.facility_id, for_user=by.for_user_id)


def find(export_id: UUID, by: Actor) -> Export | None:
    """Return one of them, None for others' as for what is not there."""
    return of(by).filter(pk=export_id).first()


def waiting(at: datetime, limit: int) -> list[UUID]:
    """Return those that nobody has in hand, the oldest first; in the scope of the system."""
    rows = Export.objects.filter(state__in=OPEN).exclude(leased_until__gt=at)
    return list(rows.order_by("asked_at").values_list("id", flat=True)[:limit])
