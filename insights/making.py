"""Makes the files of numbers: the table of all, the parts of one, the rows behind it, and the evaluation."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import databases, scope
from accounts.actors import Actor
from accounts.errors import Kind, Refused
from facilities.queries.origin import Origin, origin
from insights import absent, asking, choosing, numbers, sheets
from insights.indicators import Side, definitions
from insights.labels import labels
from insights.lists import Listed
from insights.models import ExportForm, ExportKind, FollowUpFact, LegFact, Statement
from insights.papers import evaluation
from insights.periods import Length, around
from insights.queries import behind, counts, reading, statements
from insights.sheets import Cell
from insights.sorting import TABS
from insights.vocabulary import Scope
from insights.wanted import Wanted
from referral import clocks, sla, wording
from referral.limits import Rules
from referral.models import Referral

# Rows of one file; whoever needs more narrows the period.
MOST_ROWS: Final = 10_000
CHUNK: Final = 500
# What is made while its asker waits, where counters answer.
QUICK: Final = frozenset({ExportKind.INDICATORS, ExportKind.BREAKDOWN})
# How far a file is, in hundredths, when its numbers are read; and when its rows are.
READ: Final = 60
ROWS_READ: Final = 90
HEADS: Final = (
    gettext_lazy("Number"),
    gettext_lazy("Direction"),
    gettext_lazy("Status"),
    gettext_lazy("Urgency"),
    gettext_lazy("Submitted"),
    gettext_lazy("Sending facility"),
    gettext_lazy("Receiving facility"),
)
OVERDUE_SINCE: Final = gettext_lazy("Overdue since")
HEADS_OF_CONTACTS: Final = (gettext_lazy("Contact due"), gettext_lazy("Made in time"))

Step = Callable[[int], None]
Counted = LegFact | FollowUpFact | Referral


@dataclass(frozen=True, slots=True)
class Made:
    """A file with its name, how many lines of data it has, and whom its rows are about."""

    content: bytes
    name: str
    lines: int
    patients: frozenset[UUID] = frozenset()
    referrals: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """The lines of a file with their heads; its name, and the title of its first sheet."""

    wanted: Wanted
    name: str
    heads: Sequence[Any]
    lines: list[list[Cell]]
    title: str


def silent(_progress: int) -> None:
    """Tell nobody about the progress."""


@dataclass(frozen=True, slots=True)
class Work:
    """With whose rights a file is made, who hears how far it is, and whether anybody waits for the statement."""

    by: Actor
    step: Step = silent
    is_patient: bool = False

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read in a transaction of its own with the rights of `by`."""
        with scope.transaction_as(self.by):
            if self.is_patient:
                databases.take_time()
            yield

    def origin(self) -> Origin:
        """Return who takes the file out, now."""
        with self.reading():
            return origin(self.by, timezone.now())


def make(wanted: Wanted, work: Work) -> Made:
    """Return the file in the language in use.

    Raises Refused: `not-found` where these numbers are nobody's business any more, `export-too-large`.
    """
    return _MAKERS[wanted.kind](wanted, work)


def is_small(wanted: Wanted) -> bool:
    """Say whether a file takes no longer than the page with the same numbers: all it needs is counted already."""
    period, dim = wanted.asked.period, wanted.dim
    return wanted.kind in QUICK and all(
        where.scope in counts.FACILITIES or counts.is_stored(where, period, dim)
        for where in wanted.scopes()
    )


def demand_bearable(wanted: Wanted, by: Actor) -> None:
    """Refuse a file of more rows than one bears, before anybody waits for it. Raises Refused `export-too-large`."""
    if wanted.rows is not None and _rows(wanted.rows)[: MOST_ROWS + 1].count() > MOST_ROWS:
        raise _too_large()


def _too_large() -> Refused:
    text = _("More than %(most)s rows: choose fewer days or a part of the number.")
    words = text % {"most": f"{MOST_ROWS:,}"}
    return Refused("export-too-large", words, kind=Kind.UNPROCESSABLE)


def _table(wanted: Wanted, work: Work) -> Made:
    with work.reading():
        found = numbers.answers(list(definitions().values()), wanted.asked, work.by)
        names = absent.names(each.whole for each in found)
    work.step(READ)
    lines = sheets.lines(found, names)
    return _made(Table(wanted, "indicators", sheets.HEADS, lines, _("Rates")), work)


def _parts(wanted: Wanted, work: Work) -> Made:
    assert wanted.one is not None
    with work.reading():
        found = numbers.answer(wanted.one, wanted.asked, work.by, wanted.dim)
        names = labels(wanted.dim, found.parts)
    work.step(READ)
    heads = [TABS[wanted.dim], *sheets.HEADS[1:]]
    lines = sheets.parts(found, names)
    return _made(Table(wanted, wanted.one.code, heads, lines, _("Rates")), work)


def _evaluation(wanted: Wanted, work: Work) -> Made:
    with work.reading():
        found = numbers.answers(list(definitions().values()), wanted.asked, work.by)
        whose = choosing.named(wanted.asked, work.by)
        at = reading.counted_at()
        names = absent.names(each.whole for each in found)
        said = _stated(wanted)
    work.step(READ)
    told = evaluation.data(found, whose, at, names, said)
    content = evaluation.pdf(told, work.origin())
    return Made(content, _name(wanted, "evaluation"), len(found))


def _stated(wanted: Wanted) -> dict[str, Statement] | None:
    """Return what the one alliance that is asked about states of the year; None where there is no such alliance."""
    where = wanted.asked.of_side(Side.ALLIANCE)
    if where.scope != Scope.ALLIANCE or len(where.keys) > 1:
        return None
    return statements.holding(UUID(where.keys[0]), wanted.asked.period.last.year)


def _list(wanted: Wanted, work: Work) -> Made:
    """Return a line for each counted unit: a contact has its own, with its day."""
    listed = wanted.rows
    assert listed is not None
    with work.reading():
        counted: list[Counted] = list(_rows(listed)[: MOST_ROWS + 1])
    if len(counted) > MOST_ROWS:
        raise _too_large()
    lines: list[list[Cell]] = []
    seen: dict[UUID, UUID] = {}
    for start in range(0, len(counted), CHUNK):
        part = counted[start : start + CHUNK]
        with work.reading():
            paired = behind.paired(part, work.by)
            rules = clocks.rules() if listed.of_now else None
        lines += [_line(unit, row, rules) for unit, row in paired]
        seen |= {row.pk: row.patient_id for _unit, row in paired}
        work.step(ROWS_READ * (start + len(part)) // len(counted))
    heads = [*HEADS, *(HEADS_OF_CONTACTS if listed.of_contacts else ())]
    heads += [OVERDUE_SINCE] if listed.of_now else []
    made = _made(Table(wanted, f"{listed.name}-referrals", heads, lines, _("Referrals")), work)
    return Made(made.content, made.name, made.lines, frozenset(seen.values()), tuple(seen))


def _rows(listed: Listed) -> Any:
    return listed.counted.order_by(*listed.order)


def _line(unit: Counted, row: Referral, rules: Rules | None) -> list[Cell]:
    to = row.to_facility
    line: list[Cell] = [
        row.number,
        str(wording.direction(row.direction).words),
        str(wording.status(row.status).words),
        str(wording.urgency(row.urgency).words),
        _clock(row.submitted_at),
        row.from_facility.name,
        to.name if to else "",
    ]
    if isinstance(unit, FollowUpFact):
        line += [unit.due_on, _("yes") if unit.in_time else _("no")]
    if rules is not None:
        line.append(_clock(sla.deadline(row, rules)))
    return line


def _clock(at: datetime | None) -> Cell:
    return timezone.localtime(at).replace(tzinfo=None) if at else ""


def _made(table: Table, work: Work) -> Made:
    wanted, origin = table.wanted, work.origin()
    if wanted.form == ExportForm.CSV:
        content = sheets.table(*sheets.with_origin(table.heads, table.lines, origin))
    else:
        first: list[Cell] = [str(head) for head in table.heads]
        book = {
            table.title: [first, *table.lines],
            _("Definitions"): _told(wanted),
            _("Exported by"): sheets.of_origin(origin),
        }
        content = sheets.workbook(book, origin)
    return Made(content, _name(wanted, table.name), len(table.lines))


def _told(wanted: Wanted) -> list[list[Cell]]:
    """Return the sheet that says what was counted."""
    if wanted.one is not None:
        return sheets.definitions([wanted.one])
    if wanted.rows is not None and wanted.rows.of_now:
        return sheets.of_now(wanted.rows.title, wanted.rows.formula, timezone.now())
    if wanted.rows is not None:
        days = wanted.rows.period or wanted.asked.period
        return sheets.of_list(wanted.rows.title, wanted.rows.formula, days)
    return sheets.definitions(definitions().values())


def _name(wanted: Wanted, name: str) -> str:
    """Return what a file is called: what it is, and of which days."""
    days = wanted.asked.period
    if wanted.rows is not None and wanted.rows.period is not None:
        days = wanted.rows.period
    if wanted.rows is not None and wanted.rows.of_now:
        days = around(Length.DAY, timezone.localdate())
    return f"{name}-{asking.name_of(days)}.{wanted.form}"


_MAKERS: Final[Mapping[ExportKind, Callable[[Wanted, Work], Made]]] = {
    ExportKind.INDICATORS: _table,
    ExportKind.BREAKDOWN: _parts,
    ExportKind.ROWS: _list,
    ExportKind.EVALUATION: _evaluation,
}
