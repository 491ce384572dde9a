"""Says which file of numbers is wanted: one reading for the pages, the REST door and the worker."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from accounts.actors import Actor
from insights import asking, lists, questions
from insights.asking import Asked
from insights.indicators import Indicator, definitions
from insights.lists import Listed
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
# What names a list of rows, and what is said of one of an indicator.
OF_LIST: Final = tuple(word for group in lists.GROUPS for word in group)
WORDS: Final = ("alliance", "facility", "region", "side", *OF_LIST, "by", "value", "part")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file; `one` is its indicator, if it is about one, `rows` the list that it holds, if it holds one."""

    kind: ExportKind
    form: ExportForm
    asked: Asked
    one: Indicator | None
    dim: Dim
    rows: Listed | None = None

    def scopes(self) -> set[Where]:
        """Return whose numbers it holds."""
        if self.rows is not None:
            return {self.rows.where}
        several = [self.one] if self.one else definitions().values()
        return {self.asked.where(each) for each in several}


def read(words: Mapping[str, Any], by: Actor) -> Wanted:
    """Return what checked words ask for.

    Raises Refused: `not-found` for numbers and rows that are nobody's business at this post, `breakdown-closed`, and as
    asking.read does.
    """
    kind, asked = ExportKind(words["kind"]), asking.read(words, by)
    if kind == ExportKind.ROWS:
        policy.demand_rows(by)
    found = Wanted(
        kind=kind,
        form=ExportForm(words["format"]),
        asked=asked,
        one=definitions()[words["indicator"]] if words.get("indicator") else None,
        dim=asking.DIMS.get(words.get("by", ""), Dim.NONE),
        rows=lists.read(words, asked, by) if kind == ExportKind.ROWS else None,
    )
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
