"""Deadlines: computed from a referral's own rows; overdue is an answer, never a state."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from django.utils import timezone

from facilities.vocabulary import Direction
from referral import clocks, limits, sla
from referral.models import LegClock, Referral
from referral.queries import referrals as queries
from referral.stages import LIMITED, Clock, Stage
from referral.states import AGREED, ENDED, PREPARING, Status, Urgency
from tests.factories import World, as_system
from tests.referral.hours import HOUR, RULES, SECOND, local, own
from tests.referral.test_record_no_show import backdate

# A Monday, eight in the evening where the facilities are.
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ALLIANCE, OTHER = UUID(int=1), UUID(int=2)


def leg(status: Status, **fields: object) -> Referral:
    values = {"direction": "up", "submitted_at": NOON, "decided_at": NOON, **fields}
    return Referral(status=status, **values)


def clocked(status: Status, **times: datetime) -> Referral:
    """Return a leg that was asked something, or reported on."""
    made = leg(status, version=5, arrived_at=NOON)
    sla.hang_clock(made, LegClock(referral=made, **times))
    return made


@pytest.mark.parametrize(
    ("urgency", "direction", "end"),
    [
        (Urgency.EMERGENCY, "up", "2026-06-01 20:15"),
        (Urgency.EMERGENCY, "down", "2026-06-01 20:15"),
        (Urgency.URGENT, "up", "2026-06-01 22:00"),
        (Urgency.URGENT, "down", "2026-06-01 22:00"),
        (Urgency.ROUTINE, "up", "2026-06-03 18:00"),
        (Urgency.ROUTINE, "lateral", "2026-06-03 18:00"),
        (Urgency.ROUTINE, "down", "2026-06-02 18:00"),
    ],
)
@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.RECEIVED])
def test_time_to_answer(status: Status, urgency: Urgency, direction: str, end: str) -> None:
    waiting = leg(status, urgency=urgency, direction=direction)
    assert sla.deadline(waiting, RULES) == local(end)
    assert not sla.overdue(waiting, local(end), RULES)
    assert sla.overdue(waiting, local(end) + SECOND, RULES)


def test_a_routine_leg_filed_before_the_spring_festival() -> None:
    """Filed on the worked Saturday at four: two hours that day, eight on Tuesday 24, six on Wednesday."""
    filed = leg(Status.SUBMITTED, submitted_at=local("2026-02-14 16:00"))
    assert sla.deadline(filed, RULES) == local("2026-02-25 16:00")
    urgent = leg(Status.SUBMITTED, urgency=Urgency.URGENT, submitted_at=local("2026-02-14 17:00"))
    assert sla.deadline(urgent, RULES) == local("2026-02-14 19:00")


def test_an_own_limit_holds_for_its_alliance_its_kind_and_its_days() -> None:
    rules = own(ALLIANCE, 24 * HOUR, starts=date(2026, 6, 1), ends=date(2026, 6, 3))

    def due(**fields: object) -> datetime | None:
        return sla.deadline(leg(Status.SUBMITTED, **{"alliance_id": ALLIANCE, **fields}), rules)

    assert due() == NOON + 24 * HOUR
    assert due(alliance_id=OTHER) == due(alliance_id=None) == local("2026-06-03 18:00")
    assert due(direction="down") == local("2026-06-02 18:00")
    assert due(urgency=Urgency.URGENT) == NOON + 2 * HOUR
    first, last = local("2026-06-01 00:00"), local("2026-06-03 00:00")
    assert due(submitted_at=first) == first + 24 * HOUR
    assert due(submitted_at=first - SECOND) == local("2026-06-02 18:00")
    assert due(submitted_at=last - SECOND) == last - SECOND + 24 * HOUR
    assert due(submitted_at=last) == local("2026-06-04 18:00")


def test_a_question_is_due_from_the_sender() -> None:
    asked = clocked(Status.INFORMATION_REQUESTED, paused_at=local("2026-06-02 09:00"))
    found = sla.due(asked, RULES)
    assert found is not None
    assert (found.stage, found.at) == (Stage.INFORMATION, local("2026-06-04 09:00"))


def test_the_receivers_clock_pauses_while_the_sender_is_asked() -> None:
    assert sla.deadline(leg(Status.INFORMATION_REQUESTED), RULES) is None
    given_back = local("2026-06-03 10:00")
    times = {"calendar_from": NOON + 30 * HOUR, "working_from": given_back}
    assert sla.deadline(clocked(Status.RECEIVED, **times), RULES) == local("2026-06-05 10:00")
    urgent = clocked(Status.RECEIVED, **times)
    urgent.urgency = Urgency.URGENT
    assert sla.deadline(urgent, RULES) == NOON + 32 * HOUR


@pytest.mark.parametrize("status", sorted(ENDED | PREPARING))
def test_nothing_is_due_before_or_after(status: Status) -> None:
    submitted_at = None if status in PREPARING else NOON
    assert sla.deadline(leg(status, submitted_at=submitted_at), RULES) is None


@pytest.mark.parametrize(("direction", "stage"), [("up", "arrival"), ("down", "first_contact")])
@pytest.mark.parametrize("status", sorted(AGREED))
def test_the_window_of_arrival(status: Status, direction: str, stage: str) -> None:
    week = timedelta(days=7)
    found = sla.due(leg(status, direction=direction), RULES)
    assert found is not None
    assert (found.stage, found.at) == (stage, NOON + week)
    visit = NOON + 30 * HOUR
    assert sla.deadline(leg(status, scheduled_for=visit), RULES) == visit + week


def test_the_result_is_due_two_weeks_after_the_arrival_unless_reported() -> None:
    weeks = timedelta(days=14)
    assert sla.deadline(leg(Status.ARRIVED, arrived_at=NOON), RULES) == NOON + weeks
    assert sla.deadline(leg(Status.ARRIVED, arrived_at=NOON, direction="down"), RULES) is None
    assert sla.deadline(clocked(Status.ARRIVED), RULES) == NOON + weeks
    assert sla.deadline(clocked(Status.ARRIVED, reported_at=NOON), RULES) is None


def test_an_emergency_is_due_until_acknowledged() -> None:
    emergency = leg(Status.ACCEPTED, urgency=Urgency.EMERGENCY)
    assert sla.deadline(emergency, RULES) == NOON + timedelta(minutes=15)
    emergency.acknowledged_at = NOON + timedelta(minutes=5)
    assert sla.deadline(emergency, RULES) == NOON + timedelta(days=7)


def test_every_kind_has_a_limit_that_names_its_source() -> None:
    data = limits.DATA.read_text(encoding="utf-8")
    tables = sum(line.startswith("[") for line in data.splitlines())
    assert data.count("source = ") == data.count("status = ") == tables
    kinds = set(product(LIMITED, map(int, Urgency), Direction.values))
    assert set(limits.defaults()) == kinds
    assert all(limit.source and limit.length > timedelta() for limit in limits.defaults().values())
    routine = (Stage.ANSWER, Stage.INFORMATION)
    for (stage, urgency, _direction), limit in limits.defaults().items():
        working = stage in routine and urgency == Urgency.ROUTINE
        assert (limit.clock == Clock.WORKING) is working
    assert limits.access_after_end() == timedelta(days=90)


AGES = (timedelta(minutes=10), timedelta(minutes=20), 3 * HOUR, 30 * HOUR, 50 * HOUR, 400 * HOUR)


def test_the_database_knows_the_same_rule(world: World) -> None:
    """Every state, urgency and age: the query finds exactly what the function calls overdue."""
    made = [
        world.at(status, urgency=urgency)
        for status, urgency in product(
            (Status.SUBMITTED, Status.RECEIVED, Status.ACCEPTED, Status.SCHEDULED),
            (Urgency.URGENT, Urgency.ROUTINE),
        )
    ]
    made += [world.emergency(), world.move(world.emergency(), "acknowledge", world.office)]
    made += [world.at(Status.INFORMATION_REQUESTED), world.at(Status.ARRIVED)]
    made += [world.returning(Status.SUBMITTED), world.returning(Status.ACCEPTED)]
    now = timezone.now()
    for age in AGES:
        for referral in made:
            decided = {} if referral.decided_at is None else {"decided_at": age}
            visit = {} if referral.scheduled_for is None else {"scheduled_for": age}
            backdate(referral, submitted_at=age, **decided, **visit)
        as_system()
        rows = Referral.objects.filter(pk__in=[referral.pk for referral in made])
        expected = {row.pk for row in rows if sla.overdue(row, now, clocks.rules())}
        found = set(
            rows.filter(sla.overdue_filter(now, clocks.rules())).values_list("pk", flat=True)
        )
        assert found == expected, age
        assert expected or age < timedelta(minutes=15)


def test_the_sweep_takes_the_oldest_first_and_no_more_than_asked(world: World) -> None:
    first, second, third = (world.at(Status.ACCEPTED) for _each in range(3))
    backdate(first, decided_at=timedelta(days=9))
    backdate(second, decided_at=timedelta(days=11))
    backdate(third, decided_at=timedelta(days=10))
    as_system()
    assert queries.not_arrived(timezone.now(), limit=2) == [second.pk, third.pk]
