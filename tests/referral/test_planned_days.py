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


def made() -> dict[date, int]:
    return {pool.day: pool.places for pool in Pool.objects.all()}


def test_a_festival_is_left_out_and_said(world: World, monday: date) -> None:
    assert plan(world, monday).body == {"made": 0, "left": 0, "off": 5}
    after = plan(world, monday, weeks=2)
    assert after.body == {"made": 5, "left": 0, "off": 5}
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
    assert plan(world, ordinary, **only).body == {"made": 1, "left": 0, "off": 0}
    assert plan(world, festive, **only).body == {"made": 0, "left": 0, "off": 1}


def test_switched_off_the_week_alone_decides(world: World, monday: date) -> None:
    saturday = monday - timedelta(days=2)
    done = plan(world, saturday, weeks=2, follows_calendar=False)
    assert done.body == {"made": 10, "left": 0, "off": 0}
    assert saturday not in made()


@pytest.mark.parametrize(("follows", "days"), [(None, 5), (True, 0)])
def test_wards_do_not_close_unless_they_say_so(
    world: World, monday: date, follows: bool | None, days: int
) -> None:
    beds = {"kind": "bed", "doctor_grade": None, "follows_calendar": follows}
    assert plan(world, monday, **beds).body["made"] == days
