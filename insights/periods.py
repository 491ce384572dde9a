"""Says which days a number is about: a day, week, month, quarter or year, and those it is compared with."""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import combinations_with_replacement
from typing import Final

from insights.months import between
from insights.vocabulary import Grain

ONE_DAY: Final = timedelta(days=1)
MONTHS_A_QUARTER: Final = 3
MONTHS_A_YEAR: Final = 12
LAST_MONTH: Final = 12
# Periods of a course: a year of months, a quarter of weeks.
COURSE: Final = 12


class Length(StrEnum):
    """How long a period is; `days` are any first and last day."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    DAYS = "days"


MONTHS: Final = {
    Length.MONTH: 1,
    Length.QUARTER: MONTHS_A_QUARTER,
    Length.YEAR: MONTHS_A_YEAR,
}


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both counted."""

    length: Length
    first: date
    last: date

    def __post_init__(self) -> None:
        """Raise ValueError where the last day lies before the first."""
        if self.last < self.first:
            raise ValueError("the last day lies before the first")

    @property
    def before(self) -> "Period":
        """The period of the same length just before."""
        last = self.first - ONE_DAY
        if self.length == Length.DAYS:
            return Period(Length.DAYS, self.first - (self.last - self.first) - ONE_DAY, last)
        return around(self.length, last)

    @property
    def year_before(self) -> "Period":
        """The same days a year before; a week is that of the same number, 52 weeks before."""
        if self.length == Length.WEEK:
            back = timedelta(weeks=52)
            return Period(Length.WEEK, self.first - back, self.last - back)
        if self.length in MONTHS:
            return around(self.length, _months_on(self.first, -MONTHS_A_YEAR))
        return Period(self.length, _a_year_back(self.first), _a_year_back(self.last))

    @property
    def months(self) -> list[date] | None:
        """The first days of its months, None where it does not consist of whole months."""
        whole = self.first.day == 1 and (self.last + ONE_DAY).day == 1
        return between(self.first, self.last) if whole else None

    def cells(self) -> list[tuple[Grain, date]]:
        """Return the fewest pieces of stored time that make it up: years, months, days."""
        found: list[tuple[Grain, date]] = []
        at = self.first
        while at <= self.last:
            year_ends, month_ends = date(at.year, LAST_MONTH, 31), _month_end(at)
            if (at.month, at.day) == (1, 1) and year_ends <= self.last:
                found.append((Grain.YEAR, at))
                at = year_ends + ONE_DAY
            elif at.day == 1 and month_ends <= self.last:
                found.append((Grain.MONTH, at))
                at = month_ends + ONE_DAY
            else:
                found.append((Grain.DAY, at))
                at += ONE_DAY
        return found


def around(length: Length, day: date) -> Period:
    """Return the day, week (from Monday), month, quarter or year in which a day lies."""
    if length == Length.DAY:
        return Period(length, day, day)
    if length == Length.WEEK:
        monday = day - timedelta(days=day.weekday())
        return Period(length, monday, monday + timedelta(days=6))
    months = MONTHS[length]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return Period(length, first, _month_end(_months_on(first, months - 1)))


def of_days(first: date, last: date) -> Period:
    """Return the period of these days; raises ValueError where the last lies before the first."""
    return Period(Length.DAYS, first, last)


def run_up(period: Period, count: int) -> list[Period]:
    """Return the period with those before it, the oldest first, `count` in all."""
    found = [period]
    while len(found) < count:
        found.append(found[-1].before)
    return found[::-1]


def beyond(span: Period, others: Sequence[Period]) -> list[tuple[Period, ...]]:
    """Return the days by which a span differs from others that it crosses: from one, and from some together.

    The others follow one another; one that is among them tells of no other day.
    """
    crossed = [each for each in others if each.first <= span.last and span.first <= each.last]
    found = []
    for one, other in combinations_with_replacement(crossed, 2):
        together = of_days(one.first, other.last)
        found += [_less(span, together), _less(together, span)]
    return [days for days in dict.fromkeys(found) if days] if span not in crossed else []


def _less(span: Period, other: Period) -> tuple[Period, ...]:
    """Return the days of a span before and after those of another that it crosses."""
    found = []
    if span.first < other.first:
        found.append(of_days(span.first, other.first - ONE_DAY))
    if span.last > other.last:
        found.append(of_days(other.last + ONE_DAY, span.last))
    return tuple(found)


def _months_on(day: date, months: int) -> date:
    number = day.year * MONTHS_A_YEAR + day.month - 1 + months
    return date(number // MONTHS_A_YEAR, number % MONTHS_A_YEAR + 1, 1)


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _a_year_back(day: date) -> date:
    year = day.year - 1
    return date(year, day.month, min(day.day, calendar.monthrange(year, day.month)[1]))
