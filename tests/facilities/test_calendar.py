"""Working time by the 调休 calendar: weekends that are worked, holidays, the turn of the year, unknown years."""

import logging
from datetime import date, datetime, timedelta

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from facilities import calendar, checks
from facilities.actions.reference import load_holidays
from facilities.models import Holiday
from tests.referral.hours import CALENDAR, HOUR, SECOND, SHANGHAI, local

ZERO = timedelta()


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-02-13", True),
        ("2026-02-14", True),  # a Saturday, worked for the Spring Festival
        ("2026-02-15", False),
        ("2026-02-16", False),  # New Year's Eve of the lunar year
        ("2026-02-23", False),
        ("2026-02-24", True),
        ("2026-02-28", True),  # the second Saturday that pays for it
        ("2026-03-01", False),
        ("2026-01-01", False),
        ("2026-01-04", True),  # a Sunday
        ("2027-01-01", True),  # nobody has announced 2027: a Friday is a Friday
        ("2027-01-02", False),
    ],
)
def test_which_days_are_worked(day: str, works: bool) -> None:
    assert CALENDAR.is_working(date.fromisoformat(day)) is works


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-06-01 08:00", 4, "2026-06-01 12:00"),
        ("2026-06-01 08:00", 8, "2026-06-01 18:00"),
        ("2026-06-01 11:00", 2, "2026-06-01 15:00"),
        ("2026-06-01 13:00", 1, "2026-06-01 15:00"),
        ("2026-06-01 20:00", 1, "2026-06-02 09:00"),
        ("2026-06-05 17:00", 2, "2026-06-08 09:00"),
        # Friday before the Spring Festival: Saturday 14 is worked, then nothing until Tuesday 24.
        ("2026-02-13 17:00", 2, "2026-02-14 09:00"),
        ("2026-02-14 17:00", 2, "2026-02-24 09:00"),
        ("2026-02-20 10:00", 16, "2026-02-25 18:00"),
        ("2026-02-27 18:00", 8, "2026-02-28 18:00"),
        # Across the year's end: 1 to 3 January off, Sunday 4 worked.
        ("2025-12-31 17:00", 2, "2026-01-04 09:00"),
        # 2027 is unknown: Friday 1 January counts as worked.
        ("2026-12-31 17:00", 2, "2027-01-01 09:00"),
        ("2027-02-05 17:00", 2, "2027-02-08 09:00"),
    ],
)
def test_adding_working_hours(start: str, hours: int, end: str) -> None:
    length = timedelta(hours=hours)
    assert CALENDAR.add_working(local(start), length) == local(end)
    assert CALENDAR.working_between(local(start), local(end)) == length


def test_nothing_takes_no_time() -> None:
    night = local("2026-06-01 23:00")
    assert CALENDAR.add_working(night, ZERO) == night
    assert CALENDAR.subtract_working(night, ZERO) == night
    assert CALENDAR.working_between(night, local("2026-06-02 08:00")) == ZERO
    assert CALENDAR.working_between(night, local("2026-06-01 08:00")) == ZERO


def test_the_boundary_is_exact() -> None:
    start, end = local("2026-02-14 17:00"), local("2026-02-24 09:00")
    assert CALENDAR.subtract_working(end, 2 * HOUR) == start
    assert CALENDAR.add_working(start + SECOND, 2 * HOUR) == end + SECOND
    assert CALENDAR.add_working(start - SECOND, 2 * HOUR) == end - SECOND


def test_the_latest_start_is_an_opening_where_the_time_ends_at_a_closing() -> None:
    assert CALENDAR.subtract_working(local("2026-06-01 22:00"), 8 * HOUR) == local(
        "2026-06-01 08:00"
    )
    assert CALENDAR.add_working(local("2026-06-01 08:00"), 8 * HOUR) == local("2026-06-01 18:00")


MOMENTS = st.datetimes(datetime(2025, 12, 1), datetime(2027, 3, 1)).map(  # noqa: DTZ001 - zone below
    lambda moment: moment.replace(tzinfo=SHANGHAI)
)
LENGTHS = st.one_of(
    st.timedeltas(SECOND, 60 * HOUR), st.integers(1, 40).map(lambda hours: hours * HOUR)
)


@given(start=MOMENTS, end=MOMENTS, length=LENGTHS)
def test_adding_and_subtracting_agree(start: datetime, end: datetime, length: timedelta) -> None:
    """The comparison that the database makes is the one that the function makes."""
    reached = CALENDAR.add_working(start, length) <= end
    assert (start <= CALENDAR.subtract_working(end, length)) is reached
    assert reached is (CALENDAR.working_between(start, end) >= length)


@given(start=MOMENTS, first=LENGTHS, second=LENGTHS)
def test_two_steps_are_one(start: datetime, first: timedelta, second: timedelta) -> None:
    step = CALENDAR.add_working(start, first)
    assert CALENDAR.add_working(step, second) == CALENDAR.add_working(start, first + second)


@pytest.mark.django_db
def test_the_calendar_is_loaded_and_kept_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    mine = date(2027, 10, 1)
    Holiday.objects.create(day=mine, is_working=False, source="国办通知")
    Holiday.objects.create(day=date(2026, 2, 14), is_working=False, source="a mistake")
    number = load_holidays()
    call_command("load_reference")
    assert f"holidays and working weekends: {number}" in capsys.readouterr().out
    assert Holiday.objects.count() == number + 1
    assert Holiday.objects.get(day=date(2026, 2, 14)).is_working
    found = calendar.load(date(2026, 6, 1))
    assert not found.is_working(mine)
    assert found.is_working(date(2026, 2, 14))
    assert "chinesecalendar" in Holiday.objects.get(day=date(2026, 2, 14)).source


@pytest.mark.django_db
def test_an_unknown_year_is_warned_of_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar, "_warned", set())
    Holiday.objects.create(day=date(2026, 2, 14), is_working=True, source="国办通知")
    with caplog.at_level(logging.WARNING, "facilities.calendar"):
        for day in (date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 2)):
            calendar.load(day)
    assert len(caplog.records) == 1


def test_the_check_speaks_before_the_year_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "known_until", lambda: 2026)
    assert [checks.needed(date(2026, month, 1)) for month in (1, 11, 12)] == [2026, 2026, 2027]
    monkeypatch.setattr(checks, "needed", lambda _today: 2026)
    assert checks.calendar_is_known(None) == []
    monkeypatch.setattr(checks, "needed", lambda _today: 2027)
    assert [each.id for each in checks.calendar_is_known(None)] == ["facilities.I001"]
