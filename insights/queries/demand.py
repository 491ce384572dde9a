"""Reads the weekly demand of a department from the facts: up-referrals received, the persons behind them, closures."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncWeek
from django.utils import timezone

from facilities.models import DirectoryChange, Subject
from facilities.vocabulary import Direction
from insights.models import LegFact
from insights.weeks import WEEK

# Five years: what lies further back tells of another department, and each week costs time.
MOST_WEEKS: Final = 5 * 52
Closed = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Demand:
    """Whole weeks by their Mondays, from `first` to `last`; `counts` and `persons` hold those with anybody.

    In the weeks of `idle` the department was closed from Monday to Sunday and nobody came. Without a leg `first`
    lies behind `last`.
    """

    first: date
    last: date
    counts: dict[date, int]
    persons: dict[date, int]
    idle: frozenset[date]


def demand(facility_id: UUID, department_id: UUID | None, today: date) -> Demand:
    """Return the weeks of a department, or of a facility, that are over; needs a scope that sees its facts.

    The first week in which anybody came is left out: nobody knows whether it was a whole one.
    """
    monday = today - timedelta(days=today.weekday())
    earliest, last = monday - WEEK * MOST_WEEKS, monday - WEEK
    counted = legs(facility_id, department_id, earliest, last + timedelta(days=6))
    weeks = counted.annotate(week=TruncWeek("submitted_on")).values("week")
    rows = weeks.annotate(legs=Count("id"), persons=Count("patient", distinct=True))
    found = {row["week"]: (row["legs"], row["persons"]) for row in rows}
    begun = min(found, default=monday)
    first = begun if begun == earliest else begun + WEEK
    found.pop(begun if first != begun else None, None)
    closed = list(_closed(department_id or facility_id, department_id is not None, today))
    return Demand(
        first=first,
        last=last,
        counts={week: legs for week, (legs, _persons) in found.items()},
        persons={week: persons for week, (_legs, persons) in found.items()},
        idle=frozenset(_idle(first, last, closed)),
    )


def legs(
    facility_id: UUID, department_id: UUID | None, first: date, last: date
) -> QuerySet[LegFact]:
    """Return the up-referrals that a facility, or a department of it, received from one day to another."""
    found = LegFact.objects.filter(
        to_facility=facility_id,
        direction=Direction.UP,
        cancelled=False,
        submitted_on__range=(first, last),
    )
    return found if department_id is None else found.filter(to_department=department_id)


def _closed(subject_id: UUID, is_department: bool, today: date) -> Iterator[Closed]:
    """Yield the days on which the directory said that a department or facility is closed, both included."""
    subject = Subject.DEPARTMENT if is_department else Subject.FACILITY
    changes = DirectoryChange.objects.filter(object_id=subject_id, subject=subject)
    since: date | None = None
    for at, values in changes.order_by("at", "id").values_list("at", "values"):
        was, became = values.get("is_active", (None, None))
        day = timezone.localdate(at)
        if became is False:
            since = since or day
        elif became is True and was is False and since is not None:
            yield since, day
            since = None
    if since is not None:
        yield since, today


def _idle(first: date, last: date, closed: list[Closed]) -> Iterator[date]:
    """Yield the weeks of a period that lie in a closure from Monday to Sunday."""
    for number in range((last - first) // WEEK + 1):
        week = first + WEEK * number
        sunday = week + timedelta(days=6)
        if any(begins <= week and sunday <= ends for begins, ends in closed):
            yield week
