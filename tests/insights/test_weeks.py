"""Weeks of a series: holes, days that are no Monday, the year's season, the Spring Festival as it was announced."""

import tomllib
from datetime import date, timedelta

import chinese_calendar
import pytest

from accounts.errors import Refused
from insights.weeks import DATA, WEEK, festival_known, festival_share, season, series

MONDAY = date(2026, 6, 1)


def test_a_week_without_an_entry_is_zero_where_the_department_was_open() -> None:
    last = MONDAY + 4 * WEEK
    counts = {MONDAY: 3, MONDAY + 3 * WEEK: 5}
    found = series(counts, first=MONDAY, last=last, idle={MONDAY + WEEK, last})
    assert found == [3, None, 0, 5, None]


def test_what_was_counted_in_a_closed_week_stays() -> None:
    assert series({MONDAY: 2}, first=MONDAY, last=MONDAY, idle={MONDAY}) == [2]


def test_a_year_of_53_weeks_has_them_all() -> None:
    first = date.fromisocalendar(2026, 1, 1)
    assert len(series({}, first=first, last=date.fromisocalendar(2026, 53, 1), idle=())) == 53


@pytest.mark.parametrize(
    ("counts", "code"),
    [
        ({MONDAY + timedelta(days=1): 1}, "week-no-monday"),
        ({MONDAY - WEEK: 1}, "week-outside"),
        ({MONDAY + WEEK: 1}, "week-outside"),
        ({MONDAY: -1}, "count-negative"),
    ],
)
def test_what_cannot_be_a_series(counts: dict[date, int], code: str) -> None:
    with pytest.raises(Refused) as refused:
        series(counts, first=MONDAY, last=MONDAY, idle=())
    assert refused.value.code == code


def test_the_season_comes_back_with_the_year() -> None:
    for one, other in zip(season(date(2025, 6, 2), 2), season(date(2026, 6, 1), 2), strict=True):
        assert one == pytest.approx(other, abs=0.05)
    half = date(2026, 6, 1) + 26 * WEEK
    assert season(half, 1)[0] == pytest.approx(-season(date(2026, 6, 1), 1)[0], abs=0.05)


def test_the_festival_of_2026() -> None:
    # The eve is Monday 16 February; the last of the eight days Monday 23.
    assert festival_share(date(2026, 2, 9)) == 0
    assert festival_share(date(2026, 2, 16)) == 1
    assert festival_share(date(2026, 2, 23)) == pytest.approx(1 / 7)
    assert festival_share(date(2026, 3, 2)) == 0
    assert festival_known(date(2040, 12, 31))
    assert not festival_known(date(2041, 1, 7))


@pytest.mark.parametrize("year", range(2010, 2027))
def test_the_dates_are_those_of_the_notices_of_days_off(year: int) -> None:
    off = {
        day
        for day, name in chinese_calendar.constants.holidays.items()
        if day.year == year and name == chinese_calendar.Holiday.spring_festival.value
    }
    dates = tomllib.loads(DATA.read_text(encoding="utf-8"))["dates"]
    first = next(day for day in dates if day.year == year)
    # Always off are the first five days of the year; before them at most the eve and the day before the eve.
    assert {first + timedelta(days=number) for number in range(5)} <= off
    assert first - min(off) <= timedelta(days=2)


@pytest.mark.parametrize("year", range(2027, 2041))
def test_later_dates_are_new_moons_of_the_right_month(year: int) -> None:
    """A lunar year has 354, 355, 383, 384 or 385 days, and begins between 21 January and 21 February."""
    weeks = [date(year, 1, 1) + timedelta(days=number) for number in range(80)]
    mondays = [day for day in weeks if day.weekday() == 0 and festival_share(day)]
    assert mondays
    assert date(year, 1, 13) <= mondays[0] <= date(year, 2, 20)
