"""`manage.py seal_audit`: appends the heads of the audit chains to a file kept elsewhere."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from audit.tasks import seals_file
from audit.verify import write_seals


class Command(BaseCommand):
    """Compare later with `verify_audit --heads FILE`; keep the file out of the database's reach."""

    help = "Appends the head of every audit chain that has moved to a JSON-lines file."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to write."""
        parser.add_argument(
            "--file", type=Path, help="append-only file (default: AUDIT_HEADS_FILE)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write and say how many heads had moved."""
        path = options["file"] or seals_file()
        self.stdout.write(f"{write_seals(path)} heads sealed in {path}.")
