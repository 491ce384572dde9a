"""Lays out the parts and the course of one number: which tabs make sense, in which order the parts stand."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from insights import asking, shown
from insights.indicators import Indicator
from insights.periods import Period
from insights.questions import Question
from insights.scopes import SENT
from insights.values import Answer, Number
from insights.vocabulary import Dim

Words = str | Promise
TABS: Final[Mapping[Dim, Words]] = {
    Dim.RECEIVER: _("Receiving facility"),
    Dim.SENDER: _("Sending facility"),
    Dim.DISEASE: _("Disease"),
    Dim.URGENCY: _("Urgency"),
    Dim.EDGE: _("Tiers"),
    Dim.DEPARTMENT: _("Department"),
    Dim.DOCTOR: _("Doctor"),
    Dim.REGION: _("Region"),
    Dim.ALLIANCE: _("Alliance"),
    Dim.DECLINE_REASON: _("Reason of declining"),
}
NAMES: Final = {dim: name for name, dim in asking.DIMS.items()}
MEMBER: Final = _("Member")
FIRST: Final = 50
COLUMNS: Final[Mapping[str, Words]] = {
    "label": _("Part"),
    "value": _("Value"),
    "n": _("Number counted"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a breakdown."""

    label: str
    value: str
    why: Words
    top: shown.Term
    bottom: shown.Term | None
    number: Number


def tabs(one: Indicator, question: Question, allowed: Collection[Dim]) -> dict[str, dict[str, Any]]:
    """Return by what a number may be broken down in its scope, by the word of the address."""
    where = question.asked.where(one)
    left_out = {Dim.ALLIANCE}
    if question.asked.scope in {"region", "all"} or len(where.keys) > 1:
        left_out = set()
    if question.asked.scope == "facility":
        left_out |= {Dim.SENDER if where.scope in SENT else Dim.RECEIVER}
    if "declined" not in " ".join(one.numerator):
        left_out.add(Dim.DECLINE_REASON)
    return {
        NAMES[dim]: {"words": words, "address": question.address(by=NAMES[dim])}
        for dim, words in TABS.items()
        if dim in allowed and dim not in left_out
    }


def parts(
    found: Answer, names: Mapping[str, str], question: Question, by: str
) -> list[tuple[str, Part]]:
    """Return the parts in the order asked for."""
    one = found.indicator
    made = []
    for key, number in found.parts.items():
        asked = {"by": by, "value": key}
        made.append(
            (
                key,
                Part(
                    label=names.get(key, key),
                    value=shown.figure(number.value, one.kind),
                    why=number.why.words if number.why else "",
                    top=shown.top(one, number, question, **asked),
                    bottom=shown.bottom(one, number, question, **asked),
                    number=number,
                ),
            )
        )
    return _ordered(made, question.more["order"])


def _ordered(made: list[tuple[str, Part]], order: str) -> list[tuple[str, Part]]:
    """Sort by a column; what has no value stands last either way."""
    column, descending = order.removeprefix("-"), order.startswith("-")
    if column == "label":
        return sorted(made, key=lambda each: each[1].label, reverse=descending)

    def number(each: tuple[str, Part]) -> Decimal | None:
        return each[1].number.value if column == "value" else each[1].number.numerator

    known = [each for each in made if number(each) is not None]
    known.sort(key=lambda each: (number(each) or Decimal(0), each[0]), reverse=descending)
    return known + [each for each in made if number(each) is None]


def first(parts: Sequence[tuple[str, Part]], question: Question) -> list[Part]:
    """Return those that a page shows."""
    most = len(parts) if question.more["every"] else FIRST
    return [part for _key, part in parts[:most]]


def heads(question: Question, by: str) -> list[dict[str, Any]]:
    """Return the heads of the table, each a link that sorts by it, and backwards by the one in use."""
    order: str = question.more["order"]
    found = []
    for column, words in COLUMNS.items():
        down = f"-{column}"
        other = column if order == down or (column == "label" and order != column) else down
        found.append(
            {
                "words": words,
                "address": question.address(by=by, order=other),
                "sorted": {column: "ascending", down: "descending"}.get(order, ""),
            }
        )
    return found


def course(
    one: Indicator, periods: Sequence[Period], numbers: Sequence[Number], question: Question
) -> list[dict[str, Any]]:
    """Return the values over the periods, the oldest first."""
    return [
        {
            "name": asking.name_of(period),
            "address": question.at(period),
            "value": shown.figure(number.value, one.kind),
            "plain": "" if number.value is None else f"{number.value:f}",
            "n": shown.counted(one, number, question.of(period)),
        }
        for period, number in zip(periods, numbers, strict=True)
    ]


def reasons(rows: Iterable[Sequence[Number]]) -> list[Words]:
    """Return why values of a course are absent, each reason once."""
    return [why.words for why in dict.fromkeys(one.why for row in rows for one in row) if why]
