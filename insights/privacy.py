"""Hides what would tell about few persons from whoever may not see the rows anyway.

A part with fewer persons than insights/data/thresholds.toml says is not shown; and where only one is hidden, the
smallest of the others goes with it, since the whole less the rest would tell it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from insights.thresholds import FEW_PERSONS
from insights.values import Answer, Number, Why

HIDDEN: Final = Number(None, None, None, Why.TOO_FEW)


def guarded(answer: Answer, persons: Mapping[str, int], compared: Sequence[int]) -> Answer:
    """Return an answer as somebody without the rows may see it; `persons` counts them by part, "" for the whole.

    `compared` counts them in the period before and the year before, each hidden for itself.
    """
    parts = dict(answer.parts)
    hidden = {value for value in parts if persons.get(value, 0) < FEW_PERSONS}
    if len(hidden) == 1 and len(parts) > 1:
        rest = sorted(parts.keys() - hidden, key=lambda value: (persons.get(value, 0), value))
        hidden.add(rest[0])
    parts.update(dict.fromkeys(hidden, HIDDEN))
    before, year_before = compared
    return replace(
        answer,
        whole=unless_few(answer.whole, persons.get("", 0)),
        before=unless_few(answer.before, before),
        year_before=unless_few(answer.year_before, year_before),
        parts=parts,
    )


def unless_few(number: Number, persons: int) -> Number:
    """Return a number, or that it is hidden since few persons are behind it."""
    return HIDDEN if persons < FEW_PERSONS else number
