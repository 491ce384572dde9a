"""Works out what an indicator comes to: both terms as whole numbers, their quotient, and why where there is none."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from insights import figures
from insights.indicators import Indicator, Kind
from insights.periods import Period
from insights.queries import counts
from insights.scopes import SENT, Where
from insights.vocabulary import Dim, Scope

# Beyond every figure that is shown, and few enough to be written down.
DIGITS: Final = Decimal("0.000001")
FEW: Final = 5


class Why(StrEnum):
    """Why there is no value; the code stands in the API, the words on the page."""

    NOTHING_TO_DIVIDE_BY = "zero-denominator"
    NOT_REPORTED = "volumes-missing"
    BY_MONTHS_ONLY = "volumes-monthly"
    NOT_BY_PART = "volumes-whole"
    TOO_FEW = "suppressed"

    @property
    def words(self) -> Promise:
        """Return it for people."""
        return WORDS[self]


WORDS: Final[Mapping[Why, Promise]] = {
    Why.NOTHING_TO_DIVIDE_BY: _("There is nothing to divide by in this period."),
    Why.NOT_REPORTED: _("The figures to divide by have not all been brought in."),
    Why.BY_MONTHS_ONLY: _("The figures to divide by come by months: choose whole months."),
    Why.NOT_BY_PART: _("The figures to divide by are not reported by such parts."),
    Why.TOO_FEW: _("Fewer than 5 persons: not shown."),
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
    grows = any(one.kind == Kind.GROWTH for one in indicators)
    wanted = {*periods, *(each.year_before for each in periods if grows)}
    counted = counts.several(where, _measures(indicators), wanted)
    terms = list(dict.fromkeys(term for one in indicators for term in one.volumes))
    reported = {each: _reported(terms, where, each) for each in periods}

    def number(one: Indicator, at: Period) -> Number:
        figures_at = reported[at]
        if not isinstance(figures_at, Why):
            figures_at = {term: figures_at[term] for term in one.volumes}
        former = counted[at.year_before] if grows else {}
        return _number(one, counted[at], former, figures_at if one.volumes else {})

    return number


def _measures(indicators: Iterable[Indicator]) -> list[str]:
    return list(dict.fromkeys(name for one in indicators for name in one.counted))


def _parts(indicator: Indicator, where: Where, period: Period, by: Dim) -> dict[str, Number]:
    names = list(indicator.counted)
    now = counts.broken_down(where, names, period, by)
    former: Mapping[str, counts.Counts] = {}
    if indicator.kind == Kind.GROWTH:
        former = counts.broken_down(where, names, period.year_before, by)
    nothing = dict.fromkeys(names, 0)
    reported = _reported_by(indicator, where, period, by, now)
    return {
        value: _number(
            indicator, now.get(value, nothing), former.get(value, nothing), reported(value)
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


def _reported(terms: Sequence[str], where: Where, period: Period) -> Reported:
    if not terms:
        return {}
    if period.months is None:
        return Why.BY_MONTHS_ONLY
    return figures.figures(terms, where, period)


def _number(
    one: Indicator,
    counted: Mapping[str, int],
    year_before: Mapping[str, int],
    reported: Reported,
) -> Number:
    if isinstance(reported, Why):
        return Number(_sum(one.numerator, counted, {}), None, None, reported)
    missing = tuple(gap for each in reported.values() for gap in each.missing)
    top = _sum(one.numerator, counted, reported)
    if one.kind == Kind.COUNT:
        return Number(top, None, top)
    if one.kind == Kind.GROWTH:
        former = _sum(one.numerator, year_before, reported)
        return _divided(top, former, one.per, less=former)
    bottom = _sum(one.denominator, counted, reported)
    if top is None or bottom is None:
        return Number(top, bottom, None, Why.NOT_REPORTED, missing)
    return _divided(top, bottom, one.per)


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
