"""Says what an import did, or names row, column and reason of everything that is wrong."""

from collections.abc import Callable
from dataclasses import dataclass, field

from facilities.imports.columns import Kind

# Called with the sheet's kind, what is being done ("read" or "write") and how many rows are done.
Progress = Callable[[Kind, str, int], None]


def silent(_kind: Kind, _step: str, _rows: int) -> None:
    """Tell nobody about the progress."""


@dataclass(frozen=True, slots=True)
class RowError:
    """One thing that is wrong; `row` counts as a spreadsheet does, the header being row 1."""

    kind: Kind
    row: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows of one kind were made, were brought up to date, and were as the file says already."""

    created: int
    updated: int
    same: int = 0


@dataclass(slots=True)
class Report:
    """The outcome: with any error nothing at all was written."""

    dry_run: bool
    errors: list[RowError] = field(default_factory=list)
    counts: dict[Kind, Count] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Nothing was wrong."""
        return not self.errors
