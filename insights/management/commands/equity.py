"""`manage.py equity FILE.csv`: how evenly a resource lies over the regions of a table."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from accounts.errors import Refused
from insights.equity import reading
from insights.equity.report import Report, report
from insights.equity.tables import as_text
from insights.equity.telling import as_data

LANGUAGES = {"zh": "zh-hans", "en": "en"}


class Command(BaseCommand):
    """The thin edge of `insights.equity`."""

    help = (
        "Gini, Theil, HRAD, PAD, concentration index and Moran's I of a resource over the regions of a CSV, "
        "and what each region adds."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file and the headings of its columns."""
        parser.add_argument("file", type=Path, help="CSV in UTF-8 or GB18030, one region a row")
        for name in ("resource", "population", "area"):
            parser.add_argument(
                f"--{name}", required=True, metavar="COL", help=f"column of the {name}"
            )
        parser.add_argument(
            "--group", metavar="COL", help="column of the groups, as urban and rural"
        )
        parser.add_argument("--income", metavar="COL", help="column of the income a head")
        parser.add_argument(
            "--region", metavar="COL", help="column of the names: the first other one"
        )
        parser.add_argument(
            "--neighbours", type=Path, metavar="FILE", help="CSV of two names a row"
        )
        parser.add_argument("--json", action="store_true", help="for machines")
        parser.add_argument("--lang", choices=sorted(LANGUAGES), default="zh")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the indices, or one sentence and exit with 1."""
        with translation.override(LANGUAGES[options["lang"]]):
            try:
                found = self._report(options)
            except Refused as refused:
                raise CommandError(f"{refused.detail} [{refused.code}]") from refused
            except OSError as error:
                raise CommandError(f"{error.filename}: {error.strerror}") from error
            if options["json"]:
                self.stdout.write(
                    json.dumps(as_data(found), ensure_ascii=False, allow_nan=False, indent=2)
                )
            else:
                self.stdout.write(as_text(found))

    def _report(self, options: dict[str, Any]) -> Report:
        table = reading.regions(
            options["file"].read_bytes(),
            reading.Columns(
                resource=options["resource"],
                population=options["population"],
                area=options["area"],
                group=options["group"],
                income=options["income"],
                region=options["region"],
            ),
        )
        file = options["neighbours"]
        return report(table, reading.neighbours(file.read_bytes(), table) if file else None)
