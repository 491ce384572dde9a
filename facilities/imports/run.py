"""Runs one import: read, check, write in one transaction; any error and nothing is written."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import IO, Final

from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from facilities.imports.checks import check
from facilities.imports.columns import DIRECTORY, Kind
from facilities.imports.known import Known
from facilities.imports.reader import WHOLE, Limits, Unreadable, sheets
from facilities.imports.report import Count, Progress, Report, RowError, silent
from facilities.imports.rows import Table, read
from facilities.imports.writer import write
from facilities.policy.directory import may_edit_directory, require

# Any number, the same in every process: two imports never write at once.
_LOCK: Final = 4_226_011_873

# What is written of one kind; returns the count, and appends what is wrong to the report.
Step = tuple[Kind, Callable[[], Count]]


def run(
    file: IO[bytes],
    *,
    by: Actor,
    name: str,
    kind: Kind | None = None,
    dry_run: bool = False,
    progress: Progress = silent,
    limits: Limits = WHOLE,
) -> Report:
    """Import the binary `file` called `name` (.csv or .xlsx) and report.

    A CSV holds one `kind`, facilities by default; of a workbook every sheet with a known name is
    read, or the one of `kind`. Rows are matched by code and brought up to date, only in the columns
    that the file has. `dry_run` goes through every step, the database's own checks included, and
    then takes it back. Raises Refused where `by` may not edit the directory.
    """
    require(may_edit_directory(by))
    report = Report(dry_run)
    tables = tables_of(file, name, (kind,) if kind else DIRECTORY, report, progress, limits)
    if report.ok:
        known = Known.load()
        _check(tables, known, report)
        write_all(
            report,
            [(table.kind, partial(write, table, known, progress, by)) for table in tables],
        )
    return report


def tables_of(
    file: IO[bytes],
    name: str,
    kinds: Sequence[Kind],
    report: Report,
    progress: Progress,
    limits: Limits = WHOLE,
) -> list[Table]:
    """Return the tables of these kinds in a file; what is wrong with it is appended to the report."""
    tables: list[Table] = []
    kind = kinds[0]
    try:
        for sheet in sheets(file, name, kinds, limits):
            kind = sheet.kind
            tables.append(read(sheet, report.errors, progress, limits))
    except Unreadable as error:
        report.errors.append(RowError(kind, 0, "", str(error)))
    return tables


def _check(tables: Sequence[Table], known: Known, report: Report) -> None:
    mentioned: set[str] = set()
    for table in tables:
        if table.kind != Kind.FACILITIES:
            mentioned.update(line.values["facility"] for line in table.lines)
    known.load_departments(mentioned)
    for table in tables:
        report.errors.extend(check(table, known))


def write_all(report: Report, steps: Sequence[Step]) -> None:
    """Take all steps in one transaction, or none where the report names an error at last."""
    kind: Kind | None = None
    try:
        if report.ok:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
                for kind, step in steps:
                    report.counts[kind] = step()
                # References are checked at the end of a transaction; here, so that we can still say so.
                connection.check_constraints()
                if report.dry_run or not report.ok:
                    transaction.set_rollback(True)
    except IntegrityError:
        reason = _("The rows contradict each other or an entry made meanwhile.")
        report.errors.append(RowError(kind or steps[0][0], 0, "", reason))
    except OperationalError:
        reason = _("Another import runs, or the database is busy: try again later.")
        report.errors.append(RowError(kind or steps[0][0], 0, "", reason))
    if report.errors:
        report.counts.clear()
