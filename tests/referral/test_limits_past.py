"""What a new limit would have made of the last 90 days: counted over the very legs of the alliance and the kind."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from referral.limits import Kind, Limit
from referral.models import Documentation, LegClock, Referral, ServiceLimit
from referral.queries import past as queries
from referral.queries.past import Past
from referral.stages import Clock, Stage
from referral.states import Status, Urgency
from tests.factories import World, as_system
from tests.referral.hours import local
from tests.referral.test_pauses import question, sent

# A Wednesday afternoon in a week without festivals.
NOW: datetime = local("2026-06-10 16:00")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def limit(length: timedelta, clock: Clock = Clock.CALENDAR) -> Limit:
    return Limit(length, clock, "this test", own=True)


def counted(
    world: World,
    length: timedelta,
    *,
    stage: Stage = Stage.ANSWER,
    urgency: Urgency = Urgency.URGENT,
    direction: str = "up",
    clock: Clock = Clock.CALENDAR,
    at: datetime = NOW,
) -> Past:
    as_system()
    kind: Kind = (stage, int(urgency), direction)
    return queries.past(world.alliance.pk, kind, limit(length, clock), at=at)


def leg(world: World, status: Status, **fields: Any) -> Referral:
    """Return an urgent leg that was submitted five hours before NOW, with some times set after the fact."""
    submitted = fields.pop("submitted_at", NOW - 5 * HOUR)
    found = world.at(status, urgency=fields.pop("urgency", Urgency.URGENT))
    as_system()
    values = {"submitted_at": submitted, "created_at": submitted, **fields}
    Referral.objects.filter(pk=found.pk).update(**values)
    return found


def test_answered_and_open_legs_are_measured_by_both_limits(world: World) -> None:
    start = NOW - 5 * HOUR
    leg(world, Status.ACCEPTED, decided_at=start + HOUR)
    leg(world, Status.ACCEPTED, decided_at=start + 3 * HOUR)
    leg(world, Status.SUBMITTED)
    # The standard is two hours.
    assert counted(world, 4 * HOUR) == Past(3, 2, 1, bounded=False)
    assert counted(world, timedelta(minutes=30)) == Past(3, 2, 3, bounded=False)


def test_the_boundary_is_that_of_the_clock(world: World) -> None:
    leg(world, Status.ACCEPTED, decided_at=NOW - 5 * HOUR + 3 * HOUR)
    assert counted(world, 3 * HOUR).late_then == 0
    assert counted(world, 3 * HOUR - timedelta(microseconds=1)).late_then == 1


def test_each_leg_was_late_by_what_held_on_its_day(world: World) -> None:
    day = timezone.localdate(NOW)
    leg(world, Status.ACCEPTED, decided_at=NOW - 5 * HOUR + 3 * HOUR)
    before = NOW - 5 * HOUR - 2 * DAY
    leg(world, Status.ACCEPTED, submitted_at=before, decided_at=before + 3 * HOUR)
    ServiceLimit.objects.create(
        alliance=world.alliance,
        stage=Stage.ANSWER,
        urgency=Urgency.URGENT,
        direction="up",
        minutes=240,
        clock=Clock.CALENDAR,
        source="x",
        starts=day,
        created_at=NOW,
    )
    assert counted(world, HOUR) == Past(2, 1, 2, bounded=False)


@pytest.mark.parametrize(("age", "legs"), [(90 * DAY, 1), (90 * DAY + HOUR, 0)])
def test_only_the_last_ninety_days_count(world: World, age: timedelta, legs: int) -> None:
    leg(world, Status.SUBMITTED, submitted_at=NOW - age)
    assert counted(world, HOUR).legs == legs


def test_others_are_not_counted(world: World) -> None:
    leg(world, Status.SUBMITTED, urgency=Urgency.ROUTINE)
    world.move(leg(world, Status.SUBMITTED), "void", world.doctor, note="误登记")
    world.draft(urgency=Urgency.URGENT)
    assert counted(world, HOUR) == Past(0, 0, 0, bounded=False)
    mine = leg(world, Status.SUBMITTED)
    Referral.objects.filter(pk=mine.pk).update(alliance=None)
    assert counted(world, HOUR).legs == 0


def test_the_working_clock_stands_still_at_night(world: World) -> None:
    """Submitted on Tuesday at 17:00 and answered on Wednesday at 10:00: three working hours, seventeen hours."""
    start = NOW - 23 * HOUR
    leg(world, Status.ACCEPTED, submitted_at=start, decided_at=start + 17 * HOUR)
    assert counted(world, 3 * HOUR, clock=Clock.WORKING).late_then == 0
    assert counted(world, 2 * HOUR, clock=Clock.WORKING).late_then == 1
    assert counted(world, 3 * HOUR).late_then == 1


def test_an_answered_question_gives_its_time_back(world: World) -> None:
    found = leg(world, Status.ACCEPTED, decided_at=NOW)
    moved = NOW - HOUR
    LegClock.objects.update_or_create(
        referral_id=found.pk, defaults={"calendar_from": moved, "working_from": moved}
    )
    assert counted(world, 2 * HOUR).late_then == 0


def test_the_clock_stands_while_a_question_waits(world: World) -> None:
    found = leg(world, Status.INFORMATION_REQUESTED)
    LegClock.objects.filter(referral_id=found.pk).update(paused_at=NOW - 4 * HOUR)
    assert counted(world, 2 * HOUR).late_then == 0


def test_questions_are_measured_from_asking_to_what_came_next(world: World) -> None:
    for answered in (NOW - 4 * HOUR, None):
        found = sent(world, NOW - 9 * HOUR, urgency=Urgency.URGENT)
        question(world, found, NOW - 5 * HOUR, answered)
        as_system()
        Referral.objects.filter(pk=found.pk).update(created_at=NOW - 9 * HOUR)
    # One took an hour, the other waits for five.
    assert counted(world, 3 * HOUR, stage=Stage.INFORMATION) == Past(2, 1, 1, bounded=False)
    assert counted(world, 6 * HOUR, stage=Stage.INFORMATION).late_then == 0


def test_arrivals_and_results(world: World) -> None:
    kind: dict[str, Any] = {"stage": Stage.ARRIVAL}
    start = NOW - 5 * HOUR
    leg(world, Status.ARRIVED, decided_at=start, arrived_at=start + 3 * HOUR)
    leg(world, Status.NO_SHOW, decided_at=start, ended_at=start + HOUR)
    world.move(leg(world, Status.SUBMITTED), "cancel", world.doctor, reason="duplicate")
    assert counted(world, 4 * HOUR, **kind) == Past(2, 1, 1, bounded=False)
    assert counted(world, 2 * HOUR, **kind).late_then == 2
    assert counted(world, HOUR, stage=Stage.RESULT) == Past(1, 0, 1, bounded=False)


def test_emergencies(world: World) -> None:
    found = world.emergency()
    as_system()
    start = NOW - 5 * HOUR
    Referral.objects.filter(pk=found.pk).update(
        submitted_at=start,
        created_at=start,
        decided_at=start,
        acknowledged_at=start + timedelta(minutes=20),
    )
    urgent: dict[str, Any] = {"urgency": Urgency.EMERGENCY}
    seen = counted(world, timedelta(minutes=30), stage=Stage.ACKNOWLEDGE, **urgent)
    assert seen == Past(1, 1, 0, bounded=False)
    assert counted(world, HOUR, stage=Stage.DOCUMENTATION, **urgent).legs == 0
    Documentation.objects.create(referral_id=found.pk, items=["diagnosis"], due_at=NOW)
    assert counted(world, HOUR, stage=Stage.DOCUMENTATION, **urgent) == Past(1, 0, 1, bounded=False)


def test_it_is_bounded_says_so_and_takes_the_newest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MOST", 2)
    leg(world, Status.SUBMITTED, submitted_at=NOW - 9 * HOUR)
    for _more in range(2):
        leg(world, Status.SUBMITTED, submitted_at=NOW - HOUR)
    assert counted(world, 3 * HOUR) == Past(2, 0, 0, bounded=True)


@pytest.mark.parametrize("stage", sorted(queries.SPANS))
def test_it_takes_one_statement_beside_the_rules(world: World, stage: Stage) -> None:
    leg(world, Status.SUBMITTED)
    with CaptureQueriesContext(connection) as captured:
        counted(world, HOUR, stage=stage)
    # The limits, the calendar, the legs; the scope of a test is one more.
    said = [each["sql"] for each in captured if "set_config" not in each["sql"]]
    assert len(said) == 3, said
