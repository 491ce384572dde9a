"""`manage.py import_pools FILE`: imports the sessions of pools, all or nothing."""

from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand

from accounts.actors import Actor
from facilities.imports import Report, pools
from facilities.imports.report import Progress
from facilities.imports.telling import carry_out


class Command(BaseCommand):
    """The thin edge of `facilities.imports.pools`."""

    help = "Import sessions, beds and shared equipment from a CSV or XLSX file, all or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file, and whether only to try."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="check everything, keep nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import and print the counts, or every error and exit with 1."""
        file: Path = options["file"]

        def work(data: IO[bytes], progress: Progress) -> Report:
            return pools.run(
                data,
                by=Actor.system(),
                name=file.name,
                dry_run=options["dry_run"],
                progress=progress,
            )

        carry_out(self, file, work)
