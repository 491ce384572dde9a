"""Reads how long legs stood in a stage lately, and how many of them a limit would have called late."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import F, OuterRef, QuerySet, Subquery

from facilities.vocabulary import Direction
from referral import clocks
from referral.limits import Kind, Limit, Rules
from referral.models import Documentation, Referral, Transition
from referral.stages import Clock, Stage
from referral.states import AGREED, Status, Urgency

LOOKED_BACK: Final = timedelta(days=90)
# A page counts at most so many legs, the newest: it then says so.
MOST: Final = 2000
CAME: Final = sorted({*AGREED, Status.ARRIVED, Status.COMPLETED, Status.NO_SHOW})


@dataclass(frozen=True, slots=True)
class Span:
    """How long a leg stood in a stage; `until` is None where it stands there still.

    Answered questions give time back, on either clock by their own length: there are two beginnings. A
    patient who did not come was late by every limit (`never`).
    """

    submitted_at: datetime
    calendar_from: datetime
    working_from: datetime
    until: datetime | None
    never: bool = False

    def late(self, limit: Limit, rules: Rules, at: datetime) -> bool:
        """Say whether the stage ended, or stands at `at`, after its deadline by a limit."""
        if self.never:
            return True
        start = self.working_from if limit.clock == Clock.WORKING else self.calendar_from
        until = self.until or at
        # Working time never runs faster than time: most are settled without the calendar.
        return until - start > limit.length and rules.add(start, limit.length, limit.clock) < until


@dataclass(frozen=True, slots=True)
class Past:
    """Of `legs` that came into a stage lately, how many were late, and would have been by another limit.

    `bounded` says that there were more, and only the newest were counted.
    """

    legs: int
    late: int
    late_then: int
    bounded: bool


def past(alliance_id: UUID, kind: Kind, limit: Limit, *, at: datetime) -> Past:
    """Count what a limit would have made of the legs that an alliance's members filed in the last 90 days.

    One statement beside those of the rules.
    """
    stage, urgency, direction = kind
    legs = Referral.objects.filter(
        alliance=alliance_id,
        urgency=urgency,
        direction=direction,
        created_at__gte=at - LOOKED_BACK,
        submitted_at__isnull=False,
    ).exclude(status=Status.ENTERED_IN_ERROR)
    spans = list(SPANS[stage](legs))
    rules, late, late_then = clocks.read(), 0, 0
    for span in spans[:MOST]:
        held = rules.limit_of(kind, alliance_id, span.submitted_at)
        late += span.late(held, rules, at)
        late_then += span.late(limit, rules, at)
    return Past(min(len(spans), MOST), late, late_then, bounded=len(spans) > MOST)


def _newest(rows: QuerySet[Referral], *fields: str) -> Iterator[tuple[datetime | None, ...]]:
    ordered = rows.order_by("-created_at", "-id")
    yield from ordered.values_list(*fields)[: MOST + 1]


def _first(*moments: datetime | None) -> datetime | None:
    return min((each for each in moments if each), default=None)


def _answers(legs: QuerySet[Referral]) -> Iterator[Span]:
    """Return how long they waited for their answer; the clock stands while a question waits."""
    clock = ("clock__calendar_from", "clock__working_from", "clock__paused_at")
    fields = ("status", "submitted_at", "decided_at", "ended_at", *clock)
    for status, submitted, decided, ended, calendar, working, paused in _newest(legs, *fields):
        assert submitted is not None
        stands = paused if status == Status.INFORMATION_REQUESTED else None
        until = _first(decided, ended, stands)
        yield Span(submitted, calendar or submitted, working or submitted, until)


def _acknowledgements(legs: QuerySet[Referral]) -> Iterator[Span]:
    rows = legs.filter(decided_at__isnull=False)
    fields = ("submitted_at", "acknowledged_at", "arrived_at", "ended_at")
    for submitted, *ends in _newest(rows, *fields):
        assert submitted is not None
        yield Span(submitted, submitted, submitted, _first(*ends))


def _questions(legs: QuerySet[Referral]) -> Iterator[Span]:
    """Return how long each question waited, until whatever came next."""
    after = Transition.objects.filter(
        referral=OuterRef("referral"), version__gt=OuterRef("version")
    )
    asked = Transition.objects.filter(referral__in=legs, verb="ask_information")
    asked = asked.annotate(
        submitted_at=F("referral__submitted_at"),
        until=Subquery(after.order_by("version").values("at")[:1]),
    )
    rows = asked.order_by("-at", "-id").values_list("submitted_at", "at", "until")
    for submitted, at, until in rows[: MOST + 1]:
        yield Span(submitted, at, at, until)


def _arrivals(legs: QuerySet[Referral]) -> Iterator[Span]:
    """Return how long after the agreed time patients came; those who did not come never did."""
    fields = ("status", "submitted_at", "scheduled_for", "decided_at", "arrived_at", "ended_at")
    rows = legs.filter(status__in=CAME)
    for status, submitted, planned, decided, arrived, ended in _newest(rows, *fields):
        start = planned or decided
        assert submitted is not None
        assert start is not None
        never = status == Status.NO_SHOW
        yield Span(submitted, start, start, _first(arrived, ended), never)


def _results(legs: QuerySet[Referral]) -> Iterator[Span]:
    rows = legs.filter(arrived_at__isnull=False).exclude(direction=Direction.DOWN)
    fields = ("submitted_at", "arrived_at", "clock__reported_at", "ended_at")
    for submitted, arrived, *ends in _newest(rows, *fields):
        assert submitted is not None
        assert arrived is not None
        yield Span(submitted, arrived, arrived, _first(*ends))


def _documents(legs: QuerySet[Referral]) -> Iterator[Span]:
    emergencies = legs.filter(urgency=Urgency.EMERGENCY)
    rows = Documentation.objects.filter(referral__in=emergencies)
    fields = ("referral__submitted_at", "met_at", "referral__ended_at")
    ordered = rows.order_by("-referral_id").values_list(*fields)
    for submitted, *ends in ordered[: MOST + 1]:
        assert submitted is not None
        yield Span(submitted, submitted, submitted, _first(*ends))


SPANS: Final[dict[Stage, Callable[[QuerySet[Referral]], Iterator[Span]]]] = {
    Stage.ANSWER: _answers,
    Stage.ACKNOWLEDGE: _acknowledgements,
    Stage.INFORMATION: _questions,
    Stage.ARRIVAL: _arrivals,
    Stage.FIRST_CONTACT: _arrivals,
    Stage.RESULT: _results,
    Stage.DOCUMENTATION: _documents,
}
