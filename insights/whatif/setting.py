"""What a simulation is told: departments with their demand and places, limits by urgency, and a change of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from django.utils.translation import gettext as _

from accounts.errors import Kind, Refused

DAYS_A_WEEK: Final = 7
FULL: Final = 100
# About twenty seconds of one core. Other patients are drawn and placed in sums, which costs less than one by one.
MOST_ARRIVALS: Final = 4_000_000
_COST_OF_OWN: Final = 0.2
MOST_DAYS: Final = 1100
MOST_REPLICATIONS: Final = 1000
LONGEST_SPAN: Final = 366
MOST_A_DAY: Final = 1_000_000

# One figure a weekday, Monday first.
Week = Sequence[float]


@dataclass(frozen=True, slots=True)
class Urgency:
    """A kind of referral and the days that it may wait; the more urgent stands first in a setting."""

    code: str
    limit_days: float


@dataclass(frozen=True, slots=True)
class Department:
    """One receiving department of a facility.

    `arrivals` holds the mean of referrals a weekday by urgency, `own` that of other patients who ask for a place,
    `places` the places of a weekday's sessions together. `reserved_percent` of them (rounded up, as pools do) are for
    referrals alone until `released_before` days before the session: 1 frees them on the day itself, 0 never.
    `acceptance` and `no_show` are chances from 0 to 1, `answer_days` the time to an acceptance. `following` names the
    departments that take its demand while it is closed, the best first.
    """

    key: str
    arrivals: Mapping[str, Week]
    places: Sequence[int]
    own: Week = (0,) * DAYS_A_WEEK
    reserved_percent: int = 0
    released_before: int = 0
    acceptance: float = 1.0
    answer_days: float = 0.0
    no_show: float = 0.0
    following: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """A set of departments, and over how long they are watched.

    Day 0 is a Monday. Nothing is counted in the `warm_up` days before, which fill the calendars. Places can be had
    up to `booked_ahead` days ahead. With `exact` arrivals every day brings its mean, a whole number, without chance.
    """

    departments: tuple[Department, ...]
    urgencies: tuple[Urgency, ...]
    days: int = 364
    warm_up: int = 56
    booked_ahead: int = 28
    exact: bool = False

    @property
    def tail(self) -> int:
        """Return how many days run on after the last that counts: its referrals are answered and find places."""
        longest = max(each.limit_days for each in self.urgencies)
        slowest = max(each.answer_days for each in self.departments)
        return self.booked_ahead + int(longest) + int(slowest) + 2

    @property
    def first_counted(self) -> int:
        """Return the first day that counts: a Monday, however long the warm-up."""
        return -(-self.warm_up // DAYS_A_WEEK) * DAYS_A_WEEK

    @property
    def last(self) -> int:
        """Return the number of simulated days."""
        return self.first_counted + self.days + self.tail


@dataclass(frozen=True, slots=True)
class Closure:
    """From which counted day a department takes nobody, and for how many days; None is to the end."""

    department: str
    first_day: int = 0
    days: int | None = None

    def holds(self, day: int) -> bool:
        """Return whether the department is closed on a counted day."""
        return self.first_day <= day and (self.days is None or day < self.first_day + self.days)


@dataclass(frozen=True, slots=True)
class Change:
    """What is tried: other reserved shares or places by department, from the beginning, and closures."""

    reserved_percent: Mapping[str, int] = field(default_factory=dict)
    places: Mapping[str, Sequence[int]] = field(default_factory=dict)
    closures: tuple[Closure, ...] = ()


def changed(setting: Setting, change: Change) -> Setting:
    """Return the setting with other shares and places; closures are the run's business."""
    return replace(
        setting,
        departments=tuple(
            replace(
                each,
                reserved_percent=change.reserved_percent.get(each.key, each.reserved_percent),
                places=change.places.get(each.key, each.places),
            )
            for each in setting.departments
        ),
    )


def check(setting: Setting, change: Change, replications: int) -> None:
    """Raise Refused for what cannot be simulated, or would take longer than a reader waits."""
    for problem in (
        *_problems(setting),
        *_problems(changed(setting, change)),
        *_unknown(setting, change),
    ):
        raise _refused("simulation-impossible", problem)
    if (
        load(setting, replications) > MOST_ARRIVALS
        or setting.days > MOST_DAYS
        or not 0 < replications <= MOST_REPLICATIONS
    ):
        raise _refused(
            "simulation-too-large",
            _("That is too much for one run: take fewer repetitions, days or departments."),
        )


def load(setting: Setting, replications: int) -> float:
    """Return how many arrivals a simulation has to go through, those of other patients at what they cost."""
    weekly = sum(
        sum(map(sum, each.arrivals.values())) + sum(each.own) * _COST_OF_OWN
        for each in setting.departments
    )
    return weekly / DAYS_A_WEEK * setting.last * replications


def _problems(setting: Setting) -> Iterator[str]:
    keys = [each.key for each in setting.departments]
    if not keys or not setting.urgencies or setting.days < 1:
        yield _("A simulation needs departments, urgencies and days.")
    spans = [
        setting.warm_up,
        setting.booked_ahead,
        *(each.limit_days for each in setting.urgencies),
    ]
    if not all(0 <= span <= LONGEST_SPAN for span in spans):
        yield _("Warm-up, booking ahead and limits are from 0 to 366 days.")
    if len(set(keys)) < len(keys):
        yield _("A department is given twice.")
    for each in setting.departments:
        yield from _of_department(setting, each)


def _of_department(setting: Setting, each: Department) -> Iterator[str]:
    name = {"department": each.key}
    if not set(each.following) <= {other.key for other in setting.departments} - {each.key}:
        yield _("%(department)s names a department that is not in the simulation.") % name
    if not set(each.arrivals) <= {urgency.code for urgency in setting.urgencies}:
        yield _("%(department)s has referrals of an unknown urgency.") % name
    if not _possible(each):
        yield _("%(department)s has a number that cannot be.") % name
    elif setting.exact and not _whole(each):
        yield _("%(department)s needs whole numbers of arrivals where chance is left out.") % name


def _possible(each: Department) -> bool:
    weeks = [*each.arrivals.values(), each.own, each.places]
    return (
        all(len(week) == DAYS_A_WEEK for week in weeks)
        and all(0 <= amount <= MOST_A_DAY for week in weeks for amount in week)
        and 0 <= each.reserved_percent <= FULL
        and all(0 <= chance <= 1 for chance in (each.acceptance, each.no_show))
        and all(0 <= days <= LONGEST_SPAN for days in (each.released_before, each.answer_days))
    )


def _whole(each: Department) -> bool:
    return all(
        float(mean).is_integer() for week in (*each.arrivals.values(), each.own) for mean in week
    )


def _unknown(setting: Setting, change: Change) -> Iterator[str]:
    named = {
        *change.reserved_percent,
        *change.places,
        *(each.department for each in change.closures),
    }
    for key in sorted(named - {each.key for each in setting.departments}):
        yield _("%(department)s is not in the simulation.") % {"department": key}


def _refused(code: str, detail: str) -> Refused:
    return Refused(code, detail, kind=Kind.UNPROCESSABLE)
