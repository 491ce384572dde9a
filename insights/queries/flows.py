"""Tells who sent how many to whom in a period, the strongest streams first."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, QuerySet

from insights.models import LegFact
from insights.periods import Period
from insights.scopes import Where


@dataclass(frozen=True, slots=True)
class Stream:
    """The legs submitted from one place to another in one direction."""

    from_id: UUID
    to_id: UUID
    direction: str
    legs: int


def streams(where: Where, period: Period, most: int) -> list[Stream]:
    """Return up to `most` streams; cancelled legs are none."""
    rows = (
        _submitted(where, period)
        .values_list("from_facility", "to_facility", "direction")
        .annotate(legs=Count("id"))
        .order_by("-legs", "from_facility", "to_facility", "direction")
    )
    return [Stream(*row) for row in rows[:most]]


def legs(
    where: Where, period: Period, *, from_id: UUID, to_id: UUID, direction: str
) -> QuerySet[LegFact]:
    """Return the legs of one stream."""
    ends = {"from_facility": from_id, "to_facility": to_id, "direction": direction}
    return _submitted(where, period).filter(**ends)


def _submitted(where: Where, period: Period) -> QuerySet[LegFact]:
    days = (period.first, period.last)
    return LegFact.objects.filter(where.condition(), cancelled=False, submitted_on__range=days)
