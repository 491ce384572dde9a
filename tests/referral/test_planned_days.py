"""A weekly pattern leaves out public holidays and is held on working weekends (调休), where it follows them."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from facilities.models import Holiday, Pool
from tests.api import Answer
from tests.factories import World
from tests.referral.pools import department_of

MORNING = {"session": "morning", "begins": "08:00", "ends": "11:30"}
# Places tell the sessions of a Monday from those of a Friday.
WEEKDAYS = [{**MORNING, "weekday": day, "places": 10 + day} for day in range(1, 6)]


@pytest.fixture
def monday() -> date:
    """The Monday after the next: its week is a festival, and the weekend before it is worked."""
    today = timezone.localdate()
    first = today + timedelta(days=14 - today.weekday())
    off = [first + timedelta(days=offset) for offset in range(7)]
    worked = [first - timedelta(days=2), first - timedelta(days=1)]
    for days, works in ((off, False), (worked, True)):
        for day in days:
            Holiday.objects.create(day=day, is_working=works, source="国办发明电")
    return first


def plan(world: World, start: date, **changes: Any) -> Answer:
    body: dict[str, Any] = {
        "department": str(department_of(world.hospital).pk),
        "doctor_grade": "chief",
        "start": str(start),
        "weeks": 1,
        "sessions": WEEKDAYS,
        **changes,
    }
    given = {name: value for name, value in body.items() if value is not None}
    return world.office.api.post(f"/facilities/{world.hospital.pk}/slots/", given)


def counts(answer: Answer) -> tuple[int, int]:
    """Return how many sessions were made, and how many fall on days off."""
    assert answer.status == 201, answer
    return answer.body["made"], answer.body["off"]


def made() -> dict[date, int]:
    return {pool.day: pool.places for pool in Pool.objects.all()}


def test_a_festival_is_left_out_and_said(world: World, monday: date) -> None:
    assert counts(plan(world, monday)) == (0, 5)
    assert counts(plan(world, monday, weeks=2)) == (5, 5)
    assert min(made()) == monday + timedelta(days=7)


def test_a_working_weekend_is_worked_as_the_day_beside_it(world: World, monday: date) -> None:
    saturday, sunday = monday - timedelta(days=2), monday - timedelta(days=1)
    assert plan(world, saturday).body["made"] == 2
    assert made() == {saturday: 15, sunday: 11}


def test_unless_the_pattern_names_the_weekend_itself(world: World, monday: date) -> None:
    saturday, sunday = monday - timedelta(days=2), monday - timedelta(days=1)
    weekend = [*WEEKDAYS, {**MORNING, "weekday": 6, "places": 3}]
    assert plan(world, saturday, sessions=weekend).body["made"] == 2
    assert made() == {saturday: 3, sunday: 11}
    # An ordinary Saturday is held as the pattern says, and one within the festival is not.
    Pool.objects.all().delete()
    ordinary = monday + timedelta(days=12)
    festive = monday + timedelta(days=5)
    only = {"sessions": weekend[-1:]}
    assert counts(plan(world, ordinary, **only)) == (1, 0)
    assert counts(plan(world, festive, **only)) == (0, 1)


def test_switched_off_the_week_alone_decides(world: World, monday: date) -> None:
    saturday = monday - timedelta(days=2)
    done = plan(world, saturday, weeks=2, follows_calendar=False)
    assert counts(done) == (10, 0)
    assert done.body["unsettled"] == 0
    assert saturday not in made()


@pytest.mark.parametrize(("follows", "days"), [(None, 5), (True, 0)])
def test_wards_do_not_close_unless_they_say_so(
    world: World, monday: date, follows: bool | None, days: int
) -> None:
    beds = {"kind": "bed", "doctor_grade": None, "follows_calendar": follows}
    assert plan(world, monday, **beds).body["made"] == days


def test_years_without_a_notice_are_said(world: World) -> None:
    """The notice of a year comes late in the one before: until then nobody knows its festivals."""
    today = timezone.localdate()
    last = date(today.year, 12, 31)
    Holiday.objects.create(day=date(today.year, 1, 1), is_working=False, source="国办发明电")
    body = plan(world, last - timedelta(days=6), weeks=2).body
    beyond = [last + timedelta(days=offset) for offset in range(1, 8)]
    assert body["unsettled"] == sum(day.isoweekday() < 6 for day in beyond)
    Holiday.objects.create(day=last + timedelta(days=1), is_working=False, source="国办发明电")
    again = plan(world, last - timedelta(days=6), weeks=2).body
    assert again["unsettled"] == 0
