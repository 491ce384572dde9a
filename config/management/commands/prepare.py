"""`manage.py prepare`: everything `make run` needs before it serves, in one process, with a line a step."""

import sys
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from config.launch import files
from config.launch.steps import step

SCENARIO = "pudong"


class Command(BaseCommand):
    help = "Brings assets, schema, reference data and the scenario up to date; each step is idempotent."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "sign_ins", type=Path, help="private file that takes the scenario's words"
        )

    def handle(self, *_args: Any, sign_ins: Path, **_options: Any) -> None:
        log = sys.stderr
        with step("Bringing translations and static files"):
            call_command("compile_translations", stdout=log)
            call_command("collectstatic", interactive=False, verbosity=0, stdout=log)
        with step("Migrating the database"):
            call_command("setup_database", stdout=log)
        with step("Loading regions and departments"):
            call_command("load_reference", stdout=log)
        with step(f"Loading the scenario {SCENARIO}"):
            words = StringIO()
            call_command("load_scenario", SCENARIO, stdout=words)
            files.write_private(sign_ins, words.getvalue())
