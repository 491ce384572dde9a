"""`manage.py verify_audit`: re-computes the audit chains and fails loudly on the first that lies."""

from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.verify import read_seals, verify

SHOWN = 100


class Command(BaseCommand):
    """Exit code 0 means: every chain is whole."""

    help = "Re-computes every chain of the audit trail and names what was altered or is missing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which chain, which sealed heads, which database alias."""
        parser.add_argument("--chain", type=UUID, help="only the chain of this facility")
        parser.add_argument("--heads", type=Path, help="file written by seal_audit to compare with")
        parser.add_argument("--database", default="default", help="alias of the database to read")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line for each finding; raise CommandError if there is any."""
        sealed = read_seals(options["heads"]) if options["heads"] else ()
        count = 0
        for finding in verify(chain=options["chain"], sealed=sealed, using=options["database"]):
            count += 1
            if count <= SHOWN:
                self.stdout.write(f"{finding.code}: chain {finding.chain}, event {finding.seq}")
        if count:
            raise CommandError(f"The audit trail is not whole: {count} findings.")
        self.stdout.write("The audit trail is whole.")
