"""Throws the dice of a generated network: ids, choices and moments that one seed always repeats."""

import random
from bisect import bisect
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Final, TypeVar
from uuid import UUID

T = TypeVar("T")

# How much busier a day is than the average, Monday to Sunday, and how volumes grow in a year.
WEEKDAYS: Final = (1.25, 1.15, 1.1, 1.1, 1.1, 0.75, 0.55)
GROWTH_A_YEAR: Final = 0.15
WINTER: Final = frozenset({12, 1, 2})
WINTER_FACTOR: Final = 1.15
FIRST_HOUR: Final = 7.5
LAST_HOUR: Final = 17.5


def dice(*seed: object) -> random.Random:
    """Return a source of chance that gives the same throws for the same seed."""
    return random.Random(":".join(str(part) for part in seed))  # noqa: S311 - invents test data


def id7(moment: datetime, chance: random.Random) -> UUID:
    """Return a UUIDv7 (RFC 9562) of a moment, with its random bits from the dice."""
    bits = chance.getrandbits(74)
    value = (
        (int(moment.timestamp() * 1000) & 0xFFFF_FFFF_FFFF) << 80
        | 0x7 << 76
        | (bits >> 62) << 64
        | 0b10 << 62
        | (bits & ((1 << 62) - 1))
    )
    return UUID(int=value)


def pick(chance: random.Random, values: Sequence[T]) -> T:
    """Return one of the values, each equally likely."""
    return values[int(chance.random() * len(values))]


def hours(chance: random.Random, low: float, high: float) -> timedelta:
    """Return a time span between two numbers of hours, the shorter ones commoner."""
    return timedelta(hours=low + (high - low) * chance.random() ** 1.7)


class Calendar:
    """Throws moments over the days before `now`: busier on Mondays, in winter, and every year."""

    def __init__(self, now: datetime, days: int, window: tuple[float, float] = (0.0, 1.0)) -> None:
        """Weigh each day of the period; days are those of `now`'s own time zone.

        `window` is the part of all the weight, from 0 to 1, out of which moments are thrown.
        """
        self.now, self.window = now, window
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        self.days = [midnight - timedelta(days=back) for back in range(days - 1, -1, -1)]
        self._sums = list(accumulate(map(self._weight, self.days)))

    def _weight(self, day: datetime) -> float:
        years = (day - self.days[0]).days / 365.25
        winter = WINTER_FACTOR if day.month in WINTER else 1.0
        return float(WEEKDAYS[day.weekday()] * winter * (1 + GROWTH_A_YEAR) ** years)

    @property
    def first_day(self) -> datetime:
        """The midnight of the first day of the window."""
        return self._day(self.window[0])

    def _day(self, share: float) -> datetime:
        place = bisect(self._sums, share * self._sums[-1])
        return self.days[min(place, len(self.days) - 1)]

    def moment(self, chance: random.Random) -> datetime:
        """Return a moment of working time, never after `now`."""
        low, high = self.window
        day = self._day(low + (high - low) * chance.random())
        hour = FIRST_HOUR + (LAST_HOUR - FIRST_HOUR) * chance.random()
        found = day + timedelta(seconds=int(hour * 3600))
        if found >= self.now:
            found -= timedelta(days=1) if day != self.days[0] else found - self.days[0]
        return found
