"""Counts working time by the Chinese calendar of working days (调休): pure functions over a loaded set."""

import logging
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.utils import timezone

from facilities.models import Holiday

DATA: Final = Path(__file__).parent / "data" / "opening_hours.toml"
NOTHING: Final = timedelta()
ONE_DAY: Final = timedelta(days=1)
SATURDAY: Final = 5
# As ISO counts, from 1.
MONDAY: Final = 1
FRIDAY: Final = 5
logger = logging.getLogger(__name__)
_warned: set[int] = set()

Session = tuple[time, time]


@cache
def opening_hours() -> tuple[Session, ...]:
    """Return the sessions of a working day from the data file, which names its source."""
    data: dict[str, Any] = tomllib.loads(DATA.read_text(encoding="utf-8"))
    return tuple(
        (time.fromisoformat(opens), time.fromisoformat(closes))
        for opens, closes in data["opening"]["sessions"]
    )


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """The days that depart from the week, and the sessions of a working day, in local time.

    After `last_year` no notice is known and the week alone decides.
    """

    exceptions: Mapping[date, bool] = field(default_factory=dict)
    sessions: tuple[Session, ...] = field(default_factory=opening_hours)

    @property
    def last_year(self) -> int | None:
        """The last year of which a notice is known, None without any."""
        return max(self.exceptions).year if self.exceptions else None

    def is_working(self, day: date) -> bool:
        """Say whether a day is worked: by the notice, else Monday to Friday."""
        return self.exceptions.get(day, day.weekday() < SATURDAY)

    def is_settled(self, day: date) -> bool:
        """Say whether the notice of a day's year is known, so that no festival can still change it."""
        return self.last_year is not None and day.year <= self.last_year

    def is_off(self, day: date) -> bool:
        """Say whether the notice names a day as a day off, whatever day of the week it is."""
        return not self.exceptions.get(day, True)

    def stands_for(self, day: date) -> int:
        """Return the weekday (Monday is 1) as which a day is worked.

        That is its own, but a working weekend (调休) is worked as the working day beside it: Saturday as
        Friday, Sunday as Monday. The notice does not say which day's sessions are held; ours.
        """
        if day.weekday() < SATURDAY or not self.is_working(day):
            return day.isoweekday()
        return FRIDAY if day.weekday() == SATURDAY else MONDAY

    def add_working(self, start: datetime, duration: timedelta) -> datetime:
        """Return the earliest time by which `duration` of working time has passed since `start`."""
        left = duration
        if left <= NOTHING:
            return start
        for opens, closes in self._forward(start):
            if left <= closes - opens:
                return opens + left
            left -= closes - opens
        raise OverflowError("the calendar has no end")

    def subtract_working(self, end: datetime, duration: timedelta) -> datetime:
        """Return the latest time since which `duration` of working time has passed by `end`.

        So `start <= subtract_working(end, d)` says exactly that `add_working(start, d) <= end`.
        """
        left = duration
        if left <= NOTHING:
            return end
        for opens, closes in self._backward(end):
            if left <= closes - opens:
                return closes - left
            left -= closes - opens
        raise OverflowError("the calendar has no beginning")

    def working_between(self, start: datetime, end: datetime) -> timedelta:
        """Return the working time from `start` to `end`, nothing where `end` lies before."""
        total = NOTHING
        for opens, closes in self._forward(start):
            if opens >= end:
                break
            total += min(closes, end) - opens
        return total

    def _sessions(self, day: date) -> list[tuple[datetime, datetime]]:
        zone = timezone.get_default_timezone()
        return [
            (datetime.combine(day, opens, zone), datetime.combine(day, closes, zone))
            for opens, closes in self.sessions
        ]

    def _forward(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield what is worked from `start` on, session by session."""
        day = timezone.localdate(start, timezone.get_default_timezone())
        while True:
            if self.is_working(day):
                for opens, closes in self._sessions(day):
                    if closes > start:
                        yield max(opens, start), closes
            day += ONE_DAY

    def _backward(self, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield what was worked before `end`, session by session, the last one first."""
        day = timezone.localdate(end, timezone.get_default_timezone())
        while True:
            if self.is_working(day):
                for opens, closes in reversed(self._sessions(day)):
                    if opens < end:
                        yield opens, min(closes, end)
            day -= ONE_DAY


def load(today: date) -> WorkingCalendar:
    """Read the calendar; warn once a year and process where nobody has loaded the notice of today's year."""
    found = WorkingCalendar(dict(Holiday.objects.values_list("day", "is_working")))
    if (found.last_year or 0) < today.year and today.year not in _warned:
        _warned.add(today.year)
        logger.warning("no working days of this year are known: Monday to Friday count as worked")
    return found
