"""Hides what would tell about few persons from whoever may not see the rows anyway (k = 5).

A part with fewer than 5 persons is not shown; and where only one is hidden, the smallest of the others goes with
it, since the whole less the rest would tell it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from insights.values import FEW, Answer, Number, Why

HIDDEN: Final = Number(None, None, None, Why.TOO_FEW)


def guarded(answer: Answer, persons: Mapping[str, int]) -> Answer:
    """Return an answer as somebody without the rows may see it; `persons` counts them by part, "" for the whole."""
    parts = dict(answer.parts)
    hidden = {value for value in parts if persons.get(value, 0) < FEW}
    if len(hidden) == 1 and len(parts) > 1:
        rest = sorted(parts.keys() - hidden, key=lambda value: (persons.get(value, 0), value))
        hidden.add(rest[0])
    parts.update(dict.fromkeys(hidden, HIDDEN))
    if persons.get("", 0) < FEW:
        return replace(answer, whole=HIDDEN, before=HIDDEN, year_before=HIDDEN, parts=parts)
    return replace(answer, parts=parts)
