"""Reads what is under way in the alliances of a manager: who sends whom how much, and what is late."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from accounts.actors import Actor
from referral import clocks, sla
from referral.models import Referral
from referral.states import LIVE


@dataclass(frozen=True, slots=True)
class Flow:
    """The open legs from one facility to another; `late` are those of them whose deadline has passed."""

    from_id: UUID
    to_id: UUID
    direction: str
    open: int
    late: int


def under_way(
    by: Actor,
    at: datetime,
    *,
    from_id: UUID | None = None,
    to_id: UUID | None = None,
    late: bool = False,
) -> QuerySet[Referral]:
    """Return the open legs of the actor's alliances, all or those of an edge, a receiver or the late ones.

    What is counted is what is listed: `flows` counts these very rows.
    """
    rows = Referral.objects.filter(alliance__in=by.alliance_ids, status__in=sorted(LIVE))
    if from_id is not None:
        rows = rows.filter(from_facility=from_id)
    if to_id is not None:
        rows = rows.filter(to_facility=to_id)
    return rows.filter(sla.overdue_filter(at, clocks.rules())) if late else rows


def flows(by: Actor, at: datetime) -> list[Flow]:
    """Return the open legs of the actor's alliances by edge, the busiest first; one statement."""
    late = Count("id", filter=Q(sla.overdue_filter(at, clocks.rules())))
    grouped = under_way(by, at).values("from_facility", "to_facility", "direction")
    rows = grouped.annotate(open=Count("id"), late=late).order_by(
        "-open", "from_facility", "to_facility"
    )
    return [
        Flow(
            from_id=row["from_facility"],
            to_id=row["to_facility"],
            direction=row["direction"],
            open=row["open"],
            late=row["late"],
        )
        for row in rows
    ]


def received(found: Sequence[Flow]) -> dict[UUID, tuple[int, int]]:
    """Return by receiver how many legs are open there, and how many of them are late."""
    sums: dict[UUID, tuple[int, int]] = {}
    for each in found:
        count, late = sums.get(each.to_id, (0, 0))
        sums[each.to_id] = (count + each.open, late + each.late)
    return sums
