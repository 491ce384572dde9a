"""Turns numbers into what pages show: figures with their unit, changes, targets, and where each leads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from insights import absent
from insights.indicators import VOLUME, Better, Indicator, Kind, Target
from insights.periods import Length, Period
from insights.questions import Question
from insights.values import Answer, Number
from referral.wording import Mark

Words = str | Promise
NOTHING: Final = "—"
MINUS: Final = "−"
ONE: Final = Decimal(1)
REACHED: Final = Mark(_("Target reached"), "check", "green")
MISSED: Final = Mark(_("Target not reached"), "cross", "red")
UNVERIFIED: Final = Mark(_("To be checked"), "question", "amber")
LENGTHS: Final[Mapping[Length, Words]] = {
    Length.MONTH: _("Month"),
    Length.QUARTER: _("Quarter"),
    Length.YEAR: _("Year"),
    Length.WEEK: _("Week"),
    Length.DAY: pgettext_lazy("period", "Day"),
}


@dataclass(frozen=True, slots=True)
class Term:
    """A number above or below the line; without an address nobody has rows of it."""

    words: str
    address: str


@dataclass(frozen=True, slots=True)
class Change:
    """How much a value differs from that of another period, and whether that is wanted: "good", "bad" or ""."""

    words: str
    former: str
    judged: str


@dataclass(frozen=True, slots=True)
class Line:
    """An indicator in the table."""

    indicator: Indicator
    address: str
    value: str
    why: Words
    absent: str
    top: Term
    bottom: Term | None
    before: Change | None
    year_before: Change | None
    target: Words
    mark: Mark | None


def line(found: Answer, question: Question, names: absent.Names = absent.NOBODY) -> Line:
    """Return an indicator as the table shows it; `names` are those of who has not reported."""
    one, whole = found.indicator, found.whole
    return Line(
        indicator=one,
        address=reverse("insights:indicator", args=[one.code]) + question.address(),
        value=figure(whole.value, one.kind),
        why=whole.why.words if whole.why else "",
        absent=absent.words(whole, names),
        top=top(one, whole, question),
        bottom=bottom(one, whole, question),
        before=change(one, whole, found.before),
        year_before=change(one, whole, found.year_before),
        target=target(one.target, one.unit),
        mark=_mark(found.reached),
    )


def _mark(reached: bool | None) -> Mark | None:
    if reached is None:
        return None
    return REACHED if reached else MISSED


def top(one: Indicator, number: Number, question: Question, **part: str) -> Term:
    """Return what stands above the line, with the way to its rows; imported figures have none."""
    if _is_imported(one.numerator):
        return Term(count(number.numerator), "")
    return Term(
        count(number.numerator), _rows(one, number.numerator, question, question.period, **part)
    )


def bottom(one: Indicator, number: Number, question: Question, **part: str) -> Term | None:
    """Return what stands below it; imported figures have no rows, those of a growth lie a year back."""
    if one.kind in {Kind.COUNT, Kind.REPORTED}:
        return None
    words = count(number.denominator)
    if _is_imported(one.denominator or one.numerator):
        return Term(words, "")
    if one.kind == Kind.GROWTH:
        year_before = question.period.year_before
        return Term(words, _rows(one, number.denominator, question, year_before, **part))
    below = {"part": "denominator", **part}
    return Term(words, _rows(one, number.denominator, question, question.period, **below))


def counted(one: Indicator, number: Number, question: Question) -> Term:
    """Return the n that stands beside a value, with the way to its rows: what it is divided by, of a count itself."""
    below = bottom(one, number, question) if number.denominator is not None else None
    return below or top(one, number, question)


def _is_imported(terms: Sequence[str]) -> bool:
    return any(term.startswith(VOLUME) for term in terms)


def _rows(
    one: Indicator,
    number: Decimal | None,
    question: Question,
    period: Period,
    **part: str,
) -> str:
    if not (number and question.has_rows):
        return ""
    asked = question.at(period, **part)
    return reverse("insights:rows", args=[one.code]) + asked


def count(number: Decimal | None) -> str:
    """Return a whole number, or a figure with up to two digits, in groups of three."""
    if number is None:
        return NOTHING
    whole = number == number.to_integral_value()
    return f"{number:,.0f}" if whole else f"{number:,.2f}"


def figure(value: Decimal | None, kind: Kind) -> str:
    """Return a value with its unit: one digit of a percentage, two below 1, three of a quotient."""
    if value is None:
        return NOTHING
    if kind == Kind.COUNT:
        return count(value)
    if kind == Kind.RATIO:
        return f"{value:,.3f}"
    return f"{_percent(value)}%"


def _percent(value: Decimal) -> str:
    return f"{value:,.1f}" if abs(value) >= ONE or not value else f"{value:,.2f}"


def change(one: Indicator, now: Number, former: Number) -> Change | None:
    """Return the difference of two values, None where one of them is none; of percentages it is in points."""
    if now.value is None or former.value is None:
        return None
    more = now.value - former.value
    sign = "+" if more > 0 else MINUS if more < 0 else "±"
    shown = figure(abs(more), one.kind)
    words = f"{sign}{shown.removesuffix('%')}"
    return Change(words, figure(former.value, one.kind), _judged(one.better, more))


def _judged(better: Better, more: Decimal) -> str:
    if not more or better == Better.NEITHER:
        return ""
    return "good" if (more > 0) == (better == Better.HIGHER) else "bad"


def target(of: Target | None, unit: str) -> Words:
    """Return a target in signs."""
    if of is None:
        return ""
    low = f"≥ {of.at_least}{unit}" if of.at_least is not None else ""
    high = f"≤ {of.at_most}{unit}" if of.at_most is not None else ""
    return " ".join(filter(None, (low, high)))


def days(period: Period) -> str:
    """Return the days of a period."""
    if period.first == period.last:
        return period.first.isoformat()
    return f"{period.first.isoformat()} – {period.last.isoformat()}"
