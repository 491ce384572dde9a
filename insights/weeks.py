"""Weeks as their Mondays: a series without holes, the season of a week, and its share of the Spring Festival."""

import math
import tomllib
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _

from accounts.errors import Kind, Refused

DATA: Final = Path(__file__).parent / "data" / "spring_festival.toml"
WEEK: Final = timedelta(weeks=1)
DAYS: Final = 7
DAYS_OF_YEAR: Final = 365.2425


def series(
    counts: Mapping[date, int], *, first: date, last: date, idle: Collection[date]
) -> list[float | None]:
    """Return the counts of all weeks from `first` to `last`, both Mondays and both included.

    A week without an entry counts zero, for it was open and nobody came, unless it is in `idle`: then nothing is
    known of it. Raises Refused for a day that is no Monday, a week outside, or a negative count.
    """
    for day in {first, last, *counts, *idle}:
        if day.weekday():
            raise _unusable("week-no-monday", _("%(day)s is no Monday.") % {"day": day.isoformat()})
    for week, count in counts.items():
        if not first <= week <= last:
            raise _unusable(
                "week-outside",
                _("The week of %(day)s is outside the period.") % {"day": week.isoformat()},
            )
        if count < 0:
            raise _unusable(
                "count-negative",
                _("The count of the week of %(day)s is negative.") % {"day": week.isoformat()},
            )
    weeks = (first + WEEK * number for number in range((last - first) // WEEK + 1))
    return [
        float(counts[week]) if week in counts else None if week in idle else 0.0 for week in weeks
    ]


def season(week: date, harmonics: int) -> list[float]:
    """Return sines and cosines of the middle of a week within the year, the first of one swing a year."""
    middle = week + timedelta(days=3)
    part = (middle - date(middle.year, 1, 1)).days / DAYS_OF_YEAR
    return [
        wave(2 * math.pi * swing * part)
        for swing in range(1, harmonics + 1)
        for wave in (math.sin, math.cos)
    ]


def festival_share(week: date) -> float:
    """Return which part of a week lies between the eve and the last day of the Spring Festival."""
    days = (week + timedelta(days=number) for number in range(DAYS))
    return sum(day in _festival_days() for day in days) / DAYS


def festival_known(week: date) -> bool:
    """Return whether the data file reaches this week's year, so that its festival is where it belongs."""
    dates = _data()["dates"]
    return bool(dates[0].year <= week.year <= dates[-1].year)


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


@cache
def _festival_days() -> frozenset[date]:
    data = _data()
    around = range(-data["days_before"], data["days_after"] + 1)
    return frozenset(first + timedelta(days=number) for first in data["dates"] for number in around)


def _unusable(code: str, detail: str) -> Refused:
    return Refused(code, detail, kind=Kind.UNPROCESSABLE)
