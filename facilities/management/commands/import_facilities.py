"""`manage.py import_facilities FILE`: imports facilities, departments and staff, all or nothing."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from accounts.actors import Actor
from facilities import imports
from facilities.imports.columns import Kind


class Command(BaseCommand):
    """The thin edge of `facilities.imports`."""

    help = "Import facilities, departments or staff from a CSV or XLSX file, all or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file, what a CSV holds, and whether only to try."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--kind", choices=[str(kind) for kind in Kind], help="what a CSV holds: facilities"
        )
        parser.add_argument("--dry-run", action="store_true", help="check everything, keep nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import and print the counts, or every error and exit with 1."""
        file: Path = options["file"]
        try:
            with file.open("rb") as data:
                report = imports.run(
                    data,
                    by=Actor.system(),
                    name=file.name,
                    kind=Kind(options["kind"]) if options["kind"] else None,
                    dry_run=options["dry_run"],
                    progress=self._progress,
                )
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        for each in report.errors:
            place = _("%(sheet)s, row %(row)d, %(column)s") % {
                "sheet": each.kind,
                "row": each.row,
                "column": each.column or "-",
            }
            self.stderr.write(f"{place}: {each.reason}")
        if not report.ok:
            raise CommandError(
                _("%(count)d errors; nothing was imported.") % {"count": len(report.errors)}
            )
        for kind, count in report.counts.items():
            self.stdout.write(
                _("%(kind)s: %(created)d made, %(updated)d brought up to date")
                % {"kind": kind, "created": count.created, "updated": count.updated}
            )
        if report.dry_run:
            self.stdout.write(_("This was a trial: nothing was kept."))

    def _progress(self, kind: Kind, step: str, rows: int) -> None:
        self.stdout.write(f"{kind}: {step} {rows}")
        self.stdout.flush()
