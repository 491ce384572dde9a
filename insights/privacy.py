"""Hides what would tell about few persons from whoever may not see the rows anyway.

A part with fewer persons than insights/data/thresholds.toml says is not shown, and the smallest of the others go with
it until the whole less the rest tells neither of one part nor of few persons. What this does not hide, and why the
guard of health authorities (closed.py) does not fit here, argues ADR 0040.
"""

from collections.abc import Collection, Mapping, Sequence
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
    parts.update(dict.fromkeys(_hidden(parts, persons), HIDDEN))
    before, year_before = compared
    return replace(
        answer,
        whole=unless_few(answer.whole, persons.get("", 0)),
        before=unless_few(answer.before, before),
        year_before=unless_few(answer.year_before, year_before),
        parts=parts,
    )


def _hidden(parts: Collection[str], persons: Mapping[str, int]) -> set[str]:
    """Return the parts of few persons, and the smallest others until what is hidden together is no few either.

    The whole less what is shown tells of all that is hidden as of one: it must be two parts, and as many persons as
    are shown elsewhere.
    """
    hidden = {value for value in parts if persons.get(value, 0) < FEW_PERSONS}
    if not hidden:
        return hidden
    for value in sorted(set(parts) - hidden, key=lambda value: (persons.get(value, 0), value)):
        together = sum(persons.get(each, 0) for each in hidden)
        if len(hidden) > 1 and together >= FEW_PERSONS:
            break
        hidden.add(value)
    return hidden


def unless_few(number: Number, persons: int) -> Number:
    """Return a number, or that it is hidden since few persons are behind it."""
    return HIDDEN if persons < FEW_PERSONS else number
