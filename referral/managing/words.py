"""Puts rules of time into words: lengths, who is called when, and from when to when a rule holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import cache
from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from facilities.calendar import opening_hours
from facilities.models.dated import Planned
from referral import ladder
from referral.limits import Limit
from referral.stages import CALLED, Clock, Stage
from referral.wording import Mark

MINUTE: Final = timedelta(minutes=1)
DAY: Final = 24 * 60
IN_FORCE: Final = Mark(_("In force"), "check", "green")
PLANNED: Final = Mark(_("Planned"), "calendar", "blue")
OVER: Final = Mark(_("Over"), "flag", "grey")
WITHDRAWN: Final = Mark(_("Withdrawn"), "ban", "grey")
OWN: Final = Mark(_("Set here"), "pencil", "violet")
STANDARD: Final = Mark(_("Standard"), "list", "grey")
VERIFIED: Final = Mark(_("Verified"), "check", "green")
UNVERIFIED: Final = Mark(_("To be verified"), "question", "amber")
AUDIENCES: Final = {
    "doctors": _("the doctors of whoever owes the step"),
    "office": _("its referral office, and the other end"),
    "duty": _("whoever is on duty at both ends"),
    "alliance": _("the manager of the alliance too"),
}


@dataclass(frozen=True, slots=True)
class Unit:
    """In what a length is written: how many minutes it is, on which clock, its name, and a number of it."""

    minutes: int
    clock: Clock
    label: object
    counted: object

    def of(self, number: int) -> str:
        """Return so many of it in words."""
        return str(self.counted % {"number": number})  # type: ignore[operator]


@cache
def units() -> dict[str, Unit]:
    """Return the units by name, the longest of each clock first; a working day is as long as its opening hours."""
    day = sum(_minute(closes) - _minute(opens) for opens, closes in opening_hours())
    calendar, working = Clock.CALENDAR, Clock.WORKING
    return {
        "days": Unit(
            DAY, calendar, _("days"), ngettext_lazy("%(number)s day", "%(number)s days", "number")
        ),
        "hours": Unit(
            60, calendar, _("hours"), ngettext_lazy("%(number)s hour", "%(number)s hours", "number")
        ),
        "minutes": Unit(
            1,
            calendar,
            _("minutes"),
            ngettext_lazy("%(number)s minute", "%(number)s minutes", "number"),
        ),
        "working_days": Unit(
            day,
            working,
            _("working days"),
            ngettext_lazy("%(number)s working day", "%(number)s working days", "number"),
        ),
        "working_hours": Unit(
            60,
            working,
            _("working hours"),
            ngettext_lazy("%(number)s working hour", "%(number)s working hours", "number"),
        ),
        "working_minutes": Unit(
            1,
            working,
            _("working minutes"),
            ngettext_lazy("%(number)s working minute", "%(number)s working minutes", "number"),
        ),
    }


def _minute(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def unit_of(minutes: int, clock: str) -> tuple[int, str]:
    """Return a length as a number of the longest unit of its clock that it is a whole number of.

    Beneath two days hours say more than days do: a limit of a day is written as 24 hours.
    """
    for name, unit in units().items():
        whole = unit.clock == clock and minutes % unit.minutes == 0
        if whole and (unit.minutes != DAY or minutes >= 2 * DAY):
            return minutes // unit.minutes, name
    raise ValueError(f"no unit of the clock {clock}")


def length(minutes: int, clock: str) -> str:
    """Return a length of time on a clock in words."""
    number, name = unit_of(minutes, clock)
    return units()[name].of(number)


def limit_length(limit: Limit) -> str:
    """Return the length of a limit in words."""
    return length(limit.length // MINUTE, limit.clock)


def term(row: Planned, today: date) -> Mark:
    """Return how the term of a row stands to a day."""
    if row.is_withdrawn:
        return WITHDRAWN
    if row.starts > today:
        return PLANNED
    return IN_FORCE if row.is_in_force(today) else OVER


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder in words: how long after the deadline, and whom it calls."""

    after: str
    whom: object


def rungs(stage: Stage, urgency: int, clock: str) -> Sequence[Rung]:
    """Return who is called once a deadline has passed; nobody where the system ends the leg by itself."""
    if stage not in CALLED:
        return ()
    pace = ladder.pace(stage, urgency)
    return [
        Rung(length(pace.between // MINUTE * step, clock) if step else "", AUDIENCES[audience])
        for step, audience in enumerate(ladder.audiences())
    ]


def repeated(stage: Stage, urgency: int, clock: str) -> str:
    """Return how often the last step is repeated, in words; empty where nobody is called."""
    return length(ladder.pace(stage, urgency).repeat // MINUTE, clock) if stage in CALLED else ""
