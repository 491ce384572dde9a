"""Deadlines: computed from a referral's own rows; overdue is an answer, never a state."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from django.utils import timezone

from referral import queries, sla
from referral.models import Referral
from referral.states import AGREED, ENDED, PREPARING, Status, Urgency
from tests.factories import World, as_system
from tests.referral.test_record_no_show import backdate

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def leg(status: Status, **fields: object) -> Referral:
    values = {"direction": "up", "submitted_at": NOON, "decided_at": NOON, **fields}
    return Referral(status=status, **values)


@pytest.mark.parametrize(
    ("urgency", "direction", "time"),
    [
        (Urgency.EMERGENCY, "up", timedelta(minutes=15)),
        (Urgency.EMERGENCY, "down", timedelta(minutes=15)),
        (Urgency.URGENT, "up", 2 * HOUR),
        (Urgency.URGENT, "down", 2 * HOUR),
        (Urgency.ROUTINE, "up", 48 * HOUR),
        (Urgency.ROUTINE, "lateral", 48 * HOUR),
        (Urgency.ROUTINE, "down", 24 * HOUR),
    ],
)
@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.RECEIVED])
def test_time_to_answer(status: Status, urgency: Urgency, direction: str, time: timedelta) -> None:
    waiting = leg(status, urgency=urgency, direction=direction)
    assert sla.deadline(waiting) == NOON + time
    assert not sla.overdue(waiting, NOON + time)
    assert sla.overdue(waiting, NOON + time + SECOND)


def test_the_clock_pauses_while_the_sender_is_asked() -> None:
    assert sla.deadline(leg(Status.INFORMATION_REQUESTED)) is None
    assert not sla.overdue(leg(Status.INFORMATION_REQUESTED), NOON + 1000 * HOUR)


@pytest.mark.parametrize("status", sorted(ENDED | PREPARING | {Status.ARRIVED}))
def test_nothing_is_due_before_or_after(status: Status) -> None:
    submitted_at = None if status in PREPARING else NOON
    assert sla.deadline(leg(status, submitted_at=submitted_at)) is None


@pytest.mark.parametrize("status", sorted(AGREED))
def test_the_window_of_arrival(status: Status) -> None:
    week = timedelta(days=7)
    assert sla.deadline(leg(status)) == NOON + week
    visit = NOON + 30 * HOUR
    assert sla.deadline(leg(status, scheduled_for=visit)) == visit + week


def test_an_emergency_is_due_until_acknowledged() -> None:
    emergency = leg(Status.ACCEPTED, urgency=Urgency.EMERGENCY)
    assert sla.deadline(emergency) == NOON + timedelta(minutes=15)
    emergency.acknowledged_at = NOON + timedelta(minutes=5)
    assert sla.deadline(emergency) == NOON + timedelta(days=7)


def test_every_limit_names_its_source() -> None:
    data = sla.DATA.read_text(encoding="utf-8")
    assert data.count("source = ") == data.count("status = ") == 7
    assert sla.limits().access_after_end == timedelta(days=90)


AGES = (timedelta(minutes=10), timedelta(minutes=20), 3 * HOUR, 30 * HOUR, 50 * HOUR, 200 * HOUR)


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
        expected = {row.pk for row in rows if sla.overdue(row, now)}
        found = set(rows.filter(sla.overdue_filter(now)).values_list("pk", flat=True))
        assert found == expected, age
        assert expected or age < timedelta(minutes=15)


def test_the_sweep_takes_the_oldest_first_and_no_more_than_asked(world: World) -> None:
    first, second, third = (world.at(Status.ACCEPTED) for _each in range(3))
    backdate(first, decided_at=timedelta(days=9))
    backdate(second, decided_at=timedelta(days=11))
    backdate(third, decided_at=timedelta(days=10))
    as_system()
    assert queries.not_arrived(timezone.now(), limit=2) == [second.pk, third.pk]
