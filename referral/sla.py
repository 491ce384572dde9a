"""Computes deadlines from a referral's own rows; overdue is an answer, never a state.

Everything here is a pure function of the leg, its clock and the rules (referral/limits.py); the
database conditions say the same as the functions, and a property test holds them together.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Final

from django.db.models import Q

from facilities.vocabulary import Direction
from referral.limits import Kind, Limit, OwnLimit, Rules, Submitted, defaults
from referral.models import LegClock, Referral
from referral.stages import Clock, Stage
from referral.states import AGREED, Status, Urgency

ANSWERABLE: Final = frozenset({Status.SUBMITTED, Status.RECEIVED})
ALL_URGENCIES: Final = tuple(map(int, Urgency))
DOWN: Final = (Direction.DOWN.value,)
NOT_DOWN: Final = (Direction.UP.value, Direction.LATERAL.value)
# The smallest step of a stored time: "before `at`" is "at or before the step below".
TICK: Final = timedelta(microseconds=1)
# The lowest version at which a clock row may bear on a leg in a state. A leg that was sent on begins as
# submitted, so it is a version ahead of one that was filed as a draft.
EARLIEST: Final = {Status.INFORMATION_REQUESTED: 2, Status.RECEIVED: 3, Status.ARRIVED: 3}
UNACKNOWLEDGED: Final = Q(
    status=Status.ACCEPTED, urgency=Urgency.EMERGENCY, acknowledged_at__isnull=True
)


@dataclass(frozen=True, slots=True)
class Due:
    """What a leg waits for, since when, and by when it should have come.

    From `until` on, where it is set, nobody is called for it again and again.
    """

    stage: Stage
    since: datetime
    at: datetime
    limit: Limit
    until: datetime | None = None


def may_have_clock(referral: Referral) -> bool:
    """Say whether a clock row may bear on the leg's deadline; most legs are not even looked up."""
    earliest = EARLIEST.get(Status(referral.status))
    if earliest is None or (referral.status == Status.ARRIVED and _is_down(referral)):
        return False
    drafted = referral.previous_id is None
    return referral.version >= earliest + drafted


def _is_down(referral: Referral) -> bool:
    return referral.direction == Direction.DOWN


def clock_of(referral: Referral) -> LegClock | None:
    """Return the leg's clock row, None where it has none that bears on its deadline."""
    if not may_have_clock(referral):
        return None
    found: LegClock | None = getattr(referral, "clock", None)
    return found


def hang_clock(referral: Referral, own: LegClock | None) -> None:
    """Hang a clock row that was read or written on its leg, so that it is not read again."""
    referral._state.fields_cache["clock"] = own


def due(referral: Referral, rules: Rules) -> Due | None:
    """Return the running stage with its deadline, None where nothing is due."""
    stage = _stage(referral)
    since = None if stage is None else _since(referral, stage)
    if stage is None or since is None:
        return None
    limit = rules.limit(referral, stage)
    start = _counted_from(referral, limit.clock) if stage == Stage.ANSWER else since
    return Due(stage, since, rules.add(start, limit.length, limit.clock), limit)


def deadline(referral: Referral, rules: Rules) -> datetime | None:
    """Return by when the next step is due; None where nothing is."""
    found = due(referral, rules)
    return None if found is None else found.at


def first_answer_due(referral: Submitted, clock: LegClock | None, rules: Rules) -> datetime:
    """Return by when the receiver had to answer a submitted leg, or acknowledge it as an emergency.

    Whatever became of it since: reports ask this of legs that were answered long ago.
    """
    assert referral.submitted_at is not None
    emergency = referral.urgency == Urgency.EMERGENCY
    limit = rules.limit(referral, Stage.ACKNOWLEDGE if emergency else Stage.ANSWER)
    moved = getattr(clock, f"{limit.clock.value}_from") if clock and not emergency else None
    return rules.add(moved or referral.submitted_at, limit.length, limit.clock)


def overdue(referral: Referral, at: datetime, rules: Rules) -> bool:
    """Say whether the deadline lies before `at`."""
    found = deadline(referral, rules)
    return found is not None and found < at


def _stage(referral: Referral) -> Stage | None:
    emergency = referral.urgency == Urgency.EMERGENCY and referral.acknowledged_at is None
    if referral.status in ANSWERABLE:
        return Stage.ANSWER
    if referral.status == Status.INFORMATION_REQUESTED:
        return Stage.INFORMATION
    if referral.status == Status.ACCEPTED and emergency:
        return Stage.ACKNOWLEDGE
    if referral.status in AGREED:
        return Stage.FIRST_CONTACT if referral.direction == Direction.DOWN else Stage.ARRIVAL
    if referral.status == Status.ARRIVED and referral.direction != Direction.DOWN:
        return Stage.RESULT
    return None


def _since(referral: Referral, stage: Stage) -> datetime | None:
    if stage == Stage.INFORMATION:
        clock = clock_of(referral)
        return None if clock is None else clock.paused_at
    if stage == Stage.RESULT:
        clock = clock_of(referral)
        return None if clock is not None and clock.reported_at else referral.arrived_at
    if stage in {Stage.ARRIVAL, Stage.FIRST_CONTACT}:
        return referral.scheduled_for or referral.decided_at
    return referral.submitted_at


def _counted_from(referral: Referral, clock: Clock) -> datetime:
    """Return the submission, moved on by the time that questions took on this clock."""
    assert referral.submitted_at is not None
    own = clock_of(referral)
    moved = None if own is None else getattr(own, f"{clock.value}_from")
    return moved or referral.submitted_at


def overdue_filter(at: datetime, rules: Rules) -> Q:
    """Return the same rule as `overdue` as a database condition."""
    latest = at - TICK
    by = _Conditions(rules)

    def unanswered(limit: Limit) -> Q:
        bound = rules.subtract(latest, limit.length, limit.clock)
        moved = f"clock__{limit.clock.value}_from"
        running = Q(**{f"{moved}__isnull": True}) | Q(**{f"{moved}__lte": bound})
        return Q(submitted_at__lte=bound) & running

    def unacknowledged(limit: Limit) -> Q:
        return Q(submitted_at__lte=rules.subtract(latest, limit.length, limit.clock))

    def uninformed(limit: Limit) -> Q:
        bound = rules.subtract(latest, limit.length, limit.clock)
        return Q(clock__paused_at__lte=bound)

    def unreported(limit: Limit) -> Q:
        bound = rules.subtract(latest, limit.length, limit.clock)
        return Q(arrived_at__lte=bound, clock__reported_at__isnull=True)

    emergency = (int(Urgency.EMERGENCY),)
    return (
        Q(status__in=sorted(ANSWERABLE)) & by.stage(Stage.ANSWER, unanswered)
        | UNACKNOWLEDGED & by.stage(Stage.ACKNOWLEDGE, unacknowledged, urgencies=emergency)
        | Q(status=Status.INFORMATION_REQUESTED) & by.stage(Stage.INFORMATION, uninformed)
        | not_arrived_filter(at, rules) & ~UNACKNOWLEDGED
        | Q(status=Status.ARRIVED) & by.stage(Stage.RESULT, unreported, directions=NOT_DOWN)
    )


def not_arrived_filter(at: datetime, rules: Rules) -> Q:
    """Return the condition of legs whose arrival window ended before `at`."""
    latest = at - TICK
    by = _Conditions(rules)

    def absent(limit: Limit) -> Q:
        bound = rules.subtract(latest, limit.length, limit.clock)
        return Q(scheduled_for__lte=bound) | Q(scheduled_for__isnull=True, decided_at__lte=bound)

    waiting = by.stage(Stage.ARRIVAL, absent, directions=NOT_DOWN)
    return Q(status__in=sorted(AGREED)) & (
        waiting | by.stage(Stage.FIRST_CONTACT, absent, directions=DOWN)
    )


class _Conditions:
    """Turns the limits of a stage into conditions, one for each limit and not for each kind of leg."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules

    def stage(
        self,
        stage: Stage,
        late: Callable[[Limit], Q],
        *,
        urgencies: Iterable[int] = ALL_URGENCIES,
        directions: tuple[str, ...] = tuple(Direction.values),
    ) -> Q:
        """Return the condition that a leg of one of these kinds is late by the limit that holds for it."""
        whole = Q()
        common: dict[Limit, dict[int, list[str]]] = {}
        for urgency, direction in product(urgencies, directions):
            kind: Kind = (stage, urgency, direction)
            own = self.rules.own.get(kind, ())
            if own:
                whole |= Q(urgency=urgency, direction=direction) & _own(own, kind, late)
            else:
                common.setdefault(defaults()[kind], {}).setdefault(urgency, []).append(direction)
        for limit, kinds in common.items():
            whole |= _kinds(kinds, directions) & late(limit)
        return whole


def _kinds(kinds: dict[int, list[str]], directions: tuple[str, ...]) -> Q:
    """Return the shortest condition for these urgencies and directions."""
    found = Q()
    by_directions: dict[tuple[str, ...], list[int]] = {}
    for urgency, those in kinds.items():
        by_directions.setdefault(tuple(those), []).append(urgency)
    for those_directions, urgencies in by_directions.items():
        each = Q()
        if len(urgencies) < len(Urgency):
            each &= Q(urgency__in=urgencies)
        if len(those_directions) < len(Direction):
            each &= Q(direction__in=those_directions)
        found |= each
    return found


def _own(own: tuple[OwnLimit, ...], kind: Kind, late: Callable[[Limit], Q]) -> Q:
    """Return the condition for a kind of leg for which some alliances have limits of their own."""
    found, others = Q(), Q()
    for each in own:
        term = Q(alliance=each.alliance_id, submitted_at__gte=each.first)
        if each.last is not None:
            term &= Q(submitted_at__lt=each.last)
        found |= term & late(each.limit)
        others &= ~term
    return found | others & late(defaults()[kind])
