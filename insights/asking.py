"""Reads what is asked for: whose numbers, over which days, by what; one reading for the pages and the REST door."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from facilities.vocabulary import NATION
from insights.indicators import Indicator, Side
from insights.months import FIRST_YEAR
from insights.periods import MONTHS, Length, Period, around, of_days
from insights.scopes import Where
from insights.vocabulary import Dim, Scope

DIMS: Final[Mapping[str, Dim]] = {dim.name.lower().replace("_", "-"): dim for dim in Dim if dim}
PERIODS: Final = "period"
PERIOD_PATTERN: Final = r"^\d{4}(-(\d{2}(-\d{2})?|Q[1-4]|W\d{2}))?$"
LATEST_YEAR: Final = 2100
# Days that may be asked for at once.
MOST_DAYS: Final = 3 * 366


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose numbers over which days; `side` is None where each indicator keeps its own."""

    scope: str
    keys: tuple[str, ...]
    period: Period
    side: Side | None = None

    def where(self, one: Indicator) -> Where:
        """Return the scope in which an indicator is counted."""
        return self.of_side(self.side or one.side)

    def of_side(self, side: Side) -> Where:
        """Return the scope of those that send or of those that receive."""
        received = side == Side.RECEIVED
        scopes = {
            "alliance": Scope.ALLIANCE,
            "facility": Scope.FACILITY_RECEIVED if received else Scope.FACILITY_SENT,
            "region": Scope.REGION_RECEIVED if received else Scope.REGION_SENT,
            "all": Scope.ALL,
        }
        return Where(scopes[self.scope], self.keys)

    def at(self, period: Period) -> "Asked":
        """Return the same of another time."""
        return replace(self, period=period)


def read(asked: Mapping[str, Any], by: Actor) -> Asked:
    """Return what is asked; without a scope that of the actor: the own alliances, region or else facility.

    Raises Refused `unknown-period`, `one-scope-only` and `whole-months-only`.
    """
    named = [name for name in ("alliance", "facility", "region") if asked.get(name)]
    if len(named) > 1:
        text = _("Ask for an alliance, a facility or a region, not for several at once.")
        raise Refused("one-scope-only", text, kind=Kind.INVALID)
    side = Side(asked["side"]) if asked.get("side") else None
    period = read_period(asked)
    if by.region is not None:
        return _of_authority(asked, named, period, side, by.region)
    if named:
        return Asked(named[0], (str(asked[named[0]]),), period, side)
    if by.alliance_ids:
        return Asked("alliance", tuple(sorted(map(str, by.alliance_ids))), period, side)
    return Asked("facility", (str(by.facility_id),), period, side)


def _of_authority(
    asked: Mapping[str, Any], named: list[str], period: Period, side: Side | None, region: str
) -> Asked:
    """Return what a health authority asks: its region without a scope, and the whole where that is the nation.

    It asks for months, quarters and years: the difference of two spans of days would tell of one day.
    """
    period = _whole(period)
    if period.length not in MONTHS:
        text = _("A health authority asks for whole months, quarters and years.")
        raise Refused("whole-months-only", text, kind=Kind.INVALID, errors={PERIODS: [str(text)]})
    scope = named[0] if named else "region"
    key = str(asked[scope]) if named else region
    if (scope, key) == ("region", NATION):
        return Asked("all", ("",), period, side)
    return Asked(scope, (key,), period, side)


def _whole(period: Period) -> Period:
    """Return days that are just a month, a quarter or a year as such."""
    named = (around(length, period.first) for length in MONTHS)
    same = (each for each in named if (each.first, each.last) == (period.first, period.last))
    return next(same, period)


def read_period(asked: Mapping[str, Any]) -> Period:
    """Return the period asked for, this month without one."""
    first, last = asked.get("first"), asked.get("last")
    if first or last:
        return _days(first, last)
    text = str(asked.get("period") or "")
    if not text:
        return around(Length.MONTH, timezone.localdate())
    try:
        found = _named(text)
    except ValueError as error:
        raise _unknown() from error
    if not FIRST_YEAR <= found.first.year <= LATEST_YEAR:
        raise _unknown()
    return found


def name_of(period: Period) -> str:
    """Return how a period is asked for."""
    first = period.first
    names = {
        Length.YEAR: f"{first:%Y}",
        Length.QUARTER: f"{first:%Y}-Q{(first.month + 2) // 3}",
        Length.MONTH: f"{first:%Y-%m}",
        Length.WEEK: f"{first:%G}-W{first:%V}",
        Length.DAY: f"{first:%Y-%m-%d}",
    }
    return names.get(period.length, f"{first:%Y-%m-%d}..{period.last:%Y-%m-%d}")


def _named(text: str) -> Period:
    if not re.match(PERIOD_PATTERN, text):
        raise ValueError(text)
    year, _dash, rest = text.partition("-")
    if not rest:
        return around(Length.YEAR, date(int(year), 1, 1))
    if rest[0] == "Q":
        return around(Length.QUARTER, date(int(year), int(rest[1]) * 3, 1))
    if rest[0] == "W":
        return around(Length.WEEK, date.fromisocalendar(int(year), int(rest[1:]), 1))
    if len(rest) == len("MM"):
        return around(Length.MONTH, date(int(year), int(rest), 1))
    return around(Length.DAY, date.fromisoformat(text))


def _days(first: date | None, last: date | None) -> Period:
    if first is None or last is None or last < first or last - first > timedelta(days=MOST_DAYS):
        raise _unknown("first" if last is None else "last")
    return of_days(first, last)


def _unknown(field: str = PERIODS) -> Refused:
    text = _(
        "This is no period: say 2026, 2026-Q3, 2026-09, 2026-W38, 2026-09-15, or first and last day."
    )
    return Refused("unknown-period", text, kind=Kind.INVALID, errors={field: [str(text)]})
