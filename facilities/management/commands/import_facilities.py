"""`manage.py import_facilities FILE`: imports facilities, departments and staff, all or nothing."""

from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand

from accounts.actors import Actor
from facilities import imports
from facilities.imports.columns import DIRECTORY, Kind
from facilities.imports.report import Progress
from facilities.imports.telling import carry_out


class Command(BaseCommand):
    """The thin edge of `facilities.imports`."""

    help = "Import facilities, departments or staff from a CSV or XLSX file, all or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file, what a CSV holds, and whether only to try."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--kind", choices=[str(kind) for kind in DIRECTORY], help="what a CSV holds: facilities"
        )
        parser.add_argument("--dry-run", action="store_true", help="check everything, keep nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import and print the counts, or every error and exit with 1."""
        file: Path = options["file"]
        kind = Kind(options["kind"]) if options["kind"] else None

        def work(data: IO[bytes], progress: Progress) -> imports.Report:
            return imports.run(
                data,
                by=Actor.system(),
                name=file.name,
                kind=kind,
                dry_run=options["dry_run"],
                progress=progress,
            )

        carry_out(self, file, work)
