"""Says which file of numbers is wanted: one reading for the pages, the REST door and the worker."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from accounts.actors import Actor
from insights import asking, questions
from insights.asking import Asked
from insights.indicators import Indicator, definitions
from insights.models import ExportForm, ExportKind
from insights.policy import numbers as policy
from insights.scopes import Where
from insights.vocabulary import Dim

FORMS: Final[Mapping[ExportKind, tuple[ExportForm, ...]]] = {
    ExportKind.INDICATORS: (ExportForm.XLSX, ExportForm.CSV),
    ExportKind.BREAKDOWN: (ExportForm.XLSX, ExportForm.CSV),
    ExportKind.ROWS: (ExportForm.XLSX, ExportForm.CSV),
    ExportKind.EVALUATION: (ExportForm.PDF,),
}
# Those that are about one indicator.
OF_ONE: Final = frozenset({ExportKind.BREAKDOWN, ExportKind.ROWS})
WORDS: Final = ("alliance", "facility", "region", "side", "indicator", "by", "value", "part")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file; `one` is its indicator, if it is about one, `value` that of a breakdown whose rows are wanted."""

    kind: ExportKind
    form: ExportForm
    asked: Asked
    one: Indicator | None
    dim: Dim
    value: str
    part: str

    def scopes(self) -> set[Where]:
        """Return whose numbers it holds."""
        several = [self.one] if self.one else definitions().values()
        return {self.asked.where(each) for each in several}

    def terms(self) -> tuple[str, ...]:
        """Return which measures its rows are counted by."""
        if self.one is None:
            return ()
        return self.one.denominator if self.part == "denominator" else self.one.numerator


def read(words: Mapping[str, Any], by: Actor) -> Wanted:
    """Return what checked words ask for.

    Raises Refused: `not-found` for numbers and rows that are nobody's business at this post, `breakdown-closed`, and as
    asking.read does.
    """
    found = Wanted(
        kind=ExportKind(words["kind"]),
        form=ExportForm(words["format"]),
        asked=asking.read(words, by),
        one=definitions()[words["indicator"]] if words.get("indicator") else None,
        dim=asking.DIMS.get(words.get("by", ""), Dim.NONE),
        value=words.get("value", ""),
        part=words.get("part", "numerator"),
    )
    if found.kind == ExportKind.ROWS:
        policy.demand_rows(by)
    for where in found.scopes():
        policy.demand_count(where, by)
        policy.demand_parts(where, by, found.dim)
    return found


def kept(words: Mapping[str, Any]) -> dict[str, str]:
    """Return the words of a question as they are kept: those that were said, and its days in full."""
    said = {name: str(words[name]) for name in WORDS if words.get(name)}
    return {**said, **questions.of_days(asking.read_period(words))}


def again(kind: str, form: str, question: Mapping[str, str], by: Actor) -> Wanted:
    """Return what kept words ask for, with the rights that somebody has now. Raises Refused as `read` does."""
    days = {name: date.fromisoformat(question[name]) for name in questions.ENDS & question.keys()}
    return read({**question, **days, "kind": kind, "format": form}, by)
