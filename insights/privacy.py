"""Hides what would tell about few persons from whoever may not see the rows anyway.

A number tells of the persons behind it, and as well of those above its line, of those below it, and of a share's rest.
It is not shown where any of these are fewer than insights/data/thresholds.toml says; of a breakdown the smallest other
parts go with it, until the whole less the rest tells neither of one part nor of few persons. What this does not hide,
and why the guard of health authorities (closed.py) does not fit here, argues ADR 0040.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Final

from insights.indicators import Indicator, Kind
from insights.periods import COURSE, Period, beyond, run_up
from insights.queries import persons
from insights.queries.persons import LESS, Cell, Unit
from insights.scopes import Where
from insights.thresholds import FEW_PERSONS
from insights.values import Answer, Number, Why
from insights.vocabulary import Dim

HIDDEN: Final = Number(None, None, None, Why.TOO_FEW)
# Both are told, and so is their sum: who knows one knows the other.
TOLD_TOGETHER: Final[frozenset[Unit]] = frozenset(
    {("down_accepted_outpatient",), ("down_accepted_inpatient",)}
)


def units(one: Indicator) -> list[Unit]:
    """Return what an indicator shows of referrals: the sum above the line, that below it, and of a share the rest."""
    counted = set(one.counted)
    above, below = (
        sorted(counted.intersection(one.numerator)),
        sorted(counted.intersection(one.denominator)),
    )
    rest = [*below, *(f"{LESS}{name}" for name in above)] if one.kind == Kind.RATE and below else []
    return [tuple(unit) for unit in (above, below, rest) if unit]


def cells(one: Indicator, at: Period, asked: Period) -> list[Cell]:
    """Return whom a number of the period `at` tells of, beside those of `asked` and before; first all of them at once.

    A year before that only in part lies among the periods of the course tells, by subtraction, of the days between.
    """
    if not one.counted:
        return []
    told = units(one)
    is_share = one.kind == Kind.RATE and len(told) > 1
    if TOLD_TOGETHER.intersection(told):
        told = list(dict.fromkeys([*told, *sorted(TOLD_TOGETHER)]))
    spans = [at, at.year_before] if one.kind == Kind.GROWTH else [at]
    between = chain.from_iterable(beyond(span, run_up(asked, COURSE)) for span in spans)
    pieces = [*((span,) for span in spans), *between]
    # Those above the line of a share are among those below it.
    everybody = told[1] if is_share else tuple(sorted(one.counted))
    return [(everybody, (at,)), *((unit, days) for days in pieces for unit in told)]


def guarded(several: Sequence[Answer], where: Where, breakdown: Dim) -> list[Answer]:
    """Return answers about one scope as somebody without the rows may see them."""
    of_whole: set[Cell] = set()
    of_parts: set[Cell] = set()
    for found in several:
        one, asked = found.indicator, found.period
        of_parts.update(cells(one, asked, asked))
        for at in (asked, asked.before, asked.year_before):
            of_whole.update(cells(one, at, asked))
    counted = persons.of_whole(where, of_whole)
    by_part = persons.behind(where, of_parts, breakdown) if breakdown != Dim.NONE else {}
    return [hide(found, counted, by_part) for found in several]


def course(
    one: Indicator, where: Where, periods: Sequence[Period], row: Sequence[Number]
) -> list[Number]:
    """Return the numbers of periods that follow one another in the same way."""
    asked = [cells(one, period, periods[-1]) for period in periods]
    counted = persons.of_whole(where, set(chain.from_iterable(asked)))
    return [
        HIDDEN if _is_few([counted[cell] for cell in told]) else number
        for number, told in zip(row, asked, strict=True)
    ]


def hide(
    answer: Answer, of_whole: Mapping[Cell, int], of_parts: Mapping[Cell, Mapping[str, int]]
) -> Answer:
    """Return an answer without what tells of few, given the persons behind the cells of the whole and of each part.

    The period before and the year before are hidden each for itself.
    """
    one, asked = answer.indicator, answer.period

    def shown(number: Number, at: Period) -> Number:
        return HIDDEN if _is_few([of_whole[cell] for cell in cells(one, at, asked)]) else number

    whole = shown(answer.whole, asked)
    told = [of_parts[cell] for cell in cells(one, asked, asked)] if answer.parts else []
    hidden = set(answer.parts) if whole is HIDDEN else _hidden(answer.parts, told)
    return replace(
        answer,
        whole=whole,
        before=shown(answer.before, asked.before),
        year_before=shown(answer.year_before, asked.year_before),
        parts={value: HIDDEN if value in hidden else n for value, n in answer.parts.items()},
    )


def _is_few(told: Sequence[int]) -> bool:
    """Say whether a number tells of few persons: of all together, or of some; that there are none of some is told."""
    return bool(told) and (told[0] < FEW_PERSONS or any(0 < n < FEW_PERSONS for n in told))


def _hidden(parts: Collection[str], told: Sequence[Mapping[str, int]]) -> set[str]:
    """Return the parts that tell of few, and the smallest others until what is hidden together tells of no few either.

    The whole less what is shown tells of all that is hidden as of one: it must be two parts, and as many persons as
    are shown elsewhere.
    """
    hidden = {value for value in parts if _is_few([each.get(value, 0) for each in told])}
    if not hidden:
        return hidden
    for value in sorted(set(parts) - hidden, key=lambda value: (told[0].get(value, 0), value)):
        together = [sum(each.get(value, 0) for value in hidden) for each in told]
        if len(hidden) > 1 and not _is_few(together):
            break
        hidden.add(value)
    return hidden
