"""Tells the person at the terminal how an import goes and how it ended."""

from collections.abc import Callable
from pathlib import Path
from typing import IO

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from facilities.imports.columns import Kind
from facilities.imports.report import Progress, Report


def carry_out(
    command: BaseCommand, file: Path, work: Callable[[IO[bytes], Progress], Report]
) -> None:
    """Do the work on a file and print the counts, or every error; raises CommandError with errors."""

    def progress(kind: Kind, step: str, rows: int) -> None:
        command.stdout.write(f"{kind}: {step} {rows}")
        command.stdout.flush()

    try:
        with file.open("rb") as data:
            report = work(data, progress)
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from error
    for each in report.errors:
        place = _("%(sheet)s, row %(row)d, %(column)s") % {
            "sheet": each.kind,
            "row": each.row,
            "column": each.column or "-",
        }
        command.stderr.write(f"{place}: {each.reason}")
    if not report.ok:
        raise CommandError(
            _("%(count)d errors; nothing was imported.") % {"count": len(report.errors)}
        )
    for kind, count in report.counts.items():
        command.stdout.write(
            _("%(kind)s: %(created)d made, %(updated)d brought up to date, %(same)d as before")
            % {
                "kind": kind,
                "created": count.created,
                "updated": count.updated,
                "same": count.same,
            }
        )
    if report.dry_run:
        command.stdout.write(_("This was a trial: nothing was kept."))
