"""Turns what a department has seen into what a simulation is told of it: means by weekday, shares, times.

Pure: the caller reads the rows. Nothing is guessed where nothing was seen; a department without history is refused.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.utils.translation import gettext as _

from accounts.errors import Kind, Refused
from insights.thresholds import WHAT_IF_WEEKS
from insights.whatif.setting import DAYS_A_WEEK, FULL, Department

# With fewer of each weekday, one holiday is a large part of a mean.
SHORTEST: Final = WHAT_IF_WEEKS * DAYS_A_WEEK


@dataclass(frozen=True, slots=True)
class Leg:
    """One referral that came to the department; None where it is not known (yet).

    `answer_days` runs from submission to acceptance, in days; `came` is None while the visit lies ahead.
    """

    submitted: date
    urgency: str
    accepted: bool | None = None
    answer_days: float | None = None
    came: bool | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """One session: its places, how many of them are reserved, and how many others than referrals had one."""

    day: date
    places: int
    reserved: int = 0
    own: int = 0


def department(
    key: str,
    legs: Sequence[Leg],
    sessions: Sequence[Session],
    *,
    first: date,
    last: date,
    released_before: int = 0,
    following: tuple[str, ...] = (),
) -> Department:
    """Return a department as it was from `first` to `last`, both included.

    Places of a weekday are the mean of its sessions, rounded; what others asked for is what they were given, on the
    day of the session. Rows outside the period are left out. Raises Refused where the period is shorter than it
    takes, or holds no answered referral or no place.
    """
    within = [each for each in legs if first <= each.submitted <= last]
    held = [each for each in sessions if first <= each.day <= last]
    places = sum(each.places for each in held)
    decided = [each for each in within if each.accepted is not None]
    if (last - first).days + 1 < SHORTEST or not decided or not places:
        raise _too_little(key)
    days = _weekdays(first, last)
    return Department(
        key=key,
        arrivals={
            urgency: _means(
                days, ((each.submitted, 1) for each in within if each.urgency == urgency)
            )
            for urgency in sorted({each.urgency for each in within})
        },
        places=[
            math.floor(mean + 0.5)
            for mean in _means(days, ((each.day, each.places) for each in held))
        ],
        own=_means(days, ((each.day, each.own) for each in held)),
        reserved_percent=round(FULL * sum(each.reserved for each in held) / places),
        released_before=released_before,
        acceptance=sum(each.accepted is True for each in decided) / len(decided),
        answer_days=_mean([each.answer_days for each in decided if each.answer_days is not None]),
        no_show=_mean([float(not each.came) for each in within if each.came is not None]),
        following=following,
    )


def _too_little(key: str) -> Refused:
    words = _(
        "%(department)s needs %(weeks)d weeks with answered referrals and sessions to be simulated."
    )
    said = words % {"department": key, "weeks": WHAT_IF_WEEKS}
    return Refused("history-insufficient", said, kind=Kind.UNPROCESSABLE)


def _weekdays(first: date, last: date) -> list[int]:
    """Return how often each weekday lies in a period, Monday first."""
    counted = Counter(
        (first + timedelta(days=number)).weekday() for number in range((last - first).days + 1)
    )
    return [counted[weekday] for weekday in range(DAYS_A_WEEK)]


def _means(days: Sequence[int], amounts: Iterable[tuple[date, int]]) -> tuple[float, ...]:
    """Return the mean amount of each weekday over all such days of the period, also those without any."""
    sums = [0] * DAYS_A_WEEK
    for day, amount in amounts:
        sums[day.weekday()] += amount
    return tuple(total / there for total, there in zip(sums, days, strict=True))


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else 0.0
