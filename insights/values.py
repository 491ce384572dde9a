"""Works out what an indicator comes to: both terms as whole numbers, their quotient, and why where there is none."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from insights import figures, thresholds
from insights.indicators import Indicator, Kind
from insights.periods import Period
from insights.queries import counts
from insights.scopes import SENT, Where
from insights.vocabulary import Dim, Scope

# Beyond every figure that is shown, and few enough to be written down.
DIGITS: Final = Decimal("0.000001")


class Why(StrEnum):
    """Why there is no value; the code stands in the API, the words on the page."""

    NOTHING_TO_DIVIDE_BY = "zero-denominator"
    NOT_REPORTED = figures.Lack.REPORTS.value
    SEVERAL_COUNTIES = figures.Lack.COUNTY.value
    NOT_TOGETHER = figures.Lack.TOGETHER.value
    BY_MONTHS_ONLY = "volumes-monthly"
    NOT_BY_PART = "volumes-whole"
    TOO_FEW = "suppressed"

    @property
    def words(self) -> str:
        """Return it for people."""
        return str(WORDS[self]) % {"few": thresholds.FEW_PERSONS}


WORDS: Final[Mapping[Why, Promise]] = {
    Why.NOTHING_TO_DIVIDE_BY: _("There is nothing to divide by in this period."),
    Why.NOT_REPORTED: _("The figures that this needs have not all been reported."),
    Why.SEVERAL_COUNTIES: _("This is reported of one county, and these lie in several."),
    Why.NOT_TOGETHER: _("This is worked out for each county and cannot be put together."),
    Why.BY_MONTHS_ONLY: _("The figures that this needs come by months: choose whole months."),
    Why.NOT_BY_PART: _("The figures that this needs are not reported by such parts."),
    Why.TOO_FEW: _("Fewer than %(few)s persons: not shown."),
}


@dataclass(frozen=True, slots=True)
class Number:
    """One value with what it is made of; without a value `why` says the reason."""

    numerator: Decimal | None
    denominator: Decimal | None
    value: Decimal | None
    why: Why | None = None
    missing: tuple[tuple[UUID | str, date], ...] = ()

    @property
    def n(self) -> Decimal | None:
        """What stands beside each rate: how many there were to divide by, or of a count the count itself."""
        return self.numerator if self.denominator is None else self.denominator


@dataclass(frozen=True, slots=True)
class Answer:
    """An indicator in a scope and period: the whole, what it is compared with, and the parts of a breakdown."""

    indicator: Indicator
    period: Period
    whole: Number
    before: Number
    year_before: Number
    parts: Mapping[str, Number] = field(default_factory=dict)

    @property
    def reached(self) -> bool | None:
        """Whether the target is met; None without a target or a value."""
        if self.indicator.target is None or self.whole.value is None:
            return None
        return self.indicator.target.is_met(self.whole.value)


# The imported figures of a number by term, or why there are none.
Reported = Mapping[str, figures.Figure] | Why


class Terms(NamedTuple):
    """What a number of one period is made of."""

    counted: Mapping[str, int]
    reported: Reported


NO_TERMS: Final = Terms({}, {})


def answer(indicator: Indicator, where: Where, period: Period, by: Dim = Dim.NONE) -> Answer:
    """Work out one indicator with its comparisons and, if asked for, its parts."""
    found = answers([indicator], where, period)[0]
    if by == Dim.NONE:
        return found
    return replace(found, parts=_parts(indicator, where, period, by))


def answers(indicators: Sequence[Indicator], where: Where, period: Period) -> list[Answer]:
    """Work out several at once: one statement for all that is counted, a few for what is reported."""
    before, year_before = period.before, period.year_before
    number = _worked_out(indicators, where, (period, before, year_before))
    return [
        Answer(one, period, number(one, period), number(one, before), number(one, year_before))
        for one in indicators
    ]


def course(
    indicators: Sequence[Indicator], where: Where, periods: Sequence[Period]
) -> list[list[Number]]:
    """Return the values over several periods, for each indicator a row."""
    number = _worked_out(indicators, where, periods)
    return [[number(one, each) for each in periods] for one in indicators]


def _worked_out(
    indicators: Sequence[Indicator], where: Where, periods: Sequence[Period]
) -> Callable[[Indicator, Period], Number]:
    grows = any(map(_grows, indicators))
    wanted = {*periods, *(each.year_before for each in periods if grows)}
    counted = counts.several(where, _measures(indicators), wanted)
    reported = _reported_in(indicators, where, periods)

    def terms(one: Indicator, at: Period) -> Terms:
        found = reported[at] if one.volumes else {}
        if not isinstance(found, Why):
            found = {term: found[term] for term in one.volumes}
        return Terms(counted[at], found)

    def number(one: Indicator, at: Period) -> Number:
        return _number(one, terms(one, at), terms(one, at.year_before) if _grows(one) else NO_TERMS)

    return number


def _reported_in(
    indicators: Sequence[Indicator], where: Where, periods: Sequence[Period]
) -> dict[Period, Reported]:
    """Read what is reported in each period, and of what grows also the year before."""
    every = list(dict.fromkeys(term for one in indicators for term in one.volumes))
    growing = list(
        dict.fromkeys(term for one in filter(_grows, indicators) for term in one.volumes)
    )
    asked = dict.fromkeys(periods, every)
    for each in periods:
        asked.setdefault(each.year_before, growing)
    whole = {each: terms for each, terms in asked.items() if terms and each.months is not None}
    found: dict[Period, Reported] = dict.fromkeys(asked, Why.BY_MONTHS_ONLY)
    found |= {each: {} for each, terms in asked.items() if not terms}
    return found | (figures.of_periods(whole, where) if whole else {})


def _grows(one: Indicator) -> bool:
    return one.kind == Kind.GROWTH


def _measures(indicators: Iterable[Indicator]) -> list[str]:
    return list(dict.fromkeys(name for one in indicators for name in one.counted))


def _parts(indicator: Indicator, where: Where, period: Period, by: Dim) -> dict[str, Number]:
    names = list(indicator.counted)
    now = counts.broken_down(where, names, period, by)
    former: Mapping[str, counts.Counts] = {}
    if _grows(indicator):
        former = counts.broken_down(where, names, period.year_before, by)
    nothing = dict.fromkeys(names, 0)
    reported = _reported_by(indicator, where, period, by, now)
    return {
        value: _number(
            indicator,
            Terms(now.get(value, nothing), reported(value)),
            Terms(former.get(value, nothing), {}),
        )
        for value in sorted({*now, *former})
    }


def _reported_by(
    one: Indicator, where: Where, period: Period, by: Dim, values: Iterable[str]
) -> Callable[[str], Reported]:
    """Return how to find the figures of a part: institutions report for themselves, other parts are not reported."""
    if not one.volumes:
        return lambda _value: {}
    if period.months is None:
        return lambda _value: Why.BY_MONTHS_ONLY
    own = Dim.SENDER if where.scope in SENT or where.scope == Scope.ALLIANCE else Dim.RECEIVER
    if by != own or any(figures.Term.read(term).is_of_region for term in one.volumes):
        return lambda _value: Why.NOT_BY_PART
    each = figures.of_each(one.volumes, [UUID(value) for value in values if value], period)
    return lambda value: each[UUID(value)] if value else Why.NOT_BY_PART


def _number(one: Indicator, now: Terms, year_before: Terms) -> Number:
    for terms in (now, year_before):
        if isinstance(terms.reported, Why):
            return Number(_sum(one.numerator, now.counted, {}), None, None, terms.reported)
    lacking = _lacking(now, year_before)
    if lacking is not None:
        lack, missing = lacking
        return Number(*_known(one, now), None, Why(lack.value), missing)
    top = _term(one.numerator, one.numerator_over, now)
    if one.kind in {Kind.COUNT, Kind.REPORTED}:
        return Number(top, None, top)
    if one.kind == Kind.GROWTH:
        former = _term(one.numerator, one.numerator_over, year_before)
        return _divided(top, former, one.per, less=former)
    return _divided(top, _term(one.denominator, one.denominator_over, now), one.per)


def _known(one: Indicator, now: Terms) -> tuple[Decimal | None, Decimal | None]:
    """Return the terms of a number without a value, as far as they are known."""
    return (
        _term(one.numerator, one.numerator_over, now),
        _term(one.denominator, one.denominator_over, now) if one.denominator else None,
    )


def _lacking(*several: Terms) -> tuple[figures.Lack, tuple[tuple[UUID | str, date], ...]] | None:
    """Return why figures are not there, and the first who have not reported; None where all are."""
    found = [each for terms in several for each in _figures(terms).values()]
    lacks = [each for each in found if each.lack is not None]
    if not lacks:
        return None
    for each in lacks:
        if each.lack not in {None, figures.Lack.REPORTS}:
            return each.lack, ()
    return figures.Lack.REPORTS, tuple(dict.fromkeys(gap for each in lacks for gap in each.missing))


def _figures(terms: Terms) -> Mapping[str, figures.Figure]:
    return {} if isinstance(terms.reported, Why) else terms.reported


def _term(names: Iterable[str], over: Sequence[str], terms: Terms) -> Decimal | None:
    """Return a sum, or the average over another; None where one of them is not known or there is nobody."""
    found = _sum(names, terms.counted, _figures(terms))
    if not over or found is None:
        return found
    among = _sum(over, terms.counted, _figures(terms))
    return found / among if among else None


def _sum(
    terms: Iterable[str], counted: Mapping[str, int], reported: Mapping[str, figures.Figure]
) -> Decimal | None:
    """Return the sum of terms, None where one of them is not reported."""
    found = Decimal(0)
    for term in terms:
        value = reported[term].value if term in reported else counted.get(term)
        if value is None:
            return None
        found += value
    return found


def _divided(
    top: Decimal | None, bottom: Decimal | None, per: int, *, less: Decimal | None = None
) -> Number:
    if not bottom or top is None:
        return Number(top, bottom, None, Why.NOTHING_TO_DIVIDE_BY)
    return Number(top, bottom, ((top - (less or 0)) * per / bottom).quantize(DIGITS))
