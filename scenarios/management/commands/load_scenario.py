"""`manage.py load_scenario NAME`: brings a scenario into the system and prints how to sign in."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from scenarios import files, loader, sign_ins


class Command(BaseCommand):
    """Idempotent: a second run changes nothing and prints the same sign-ins."""

    help = "Load a scenario from its data file; print the sign-ins it made."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help=f"One of: {', '.join(files.names())}.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            scenario = files.read(options["name"])
            made = loader.load(scenario)
        except files.BadScenario as trouble:
            raise CommandError(f"The scenario cannot be loaded.\n{trouble}") from trouble
        labels = dict.fromkeys(scenario.more_sign_ins, "") | dict(scenario.sign_ins)
        users = loader.users_of(scenario, labels)
        given = sign_ins.ensure(Path(settings.DATA_DIR), users, labels)
        if made.facilities or made.residents:
            self.stdout.write(
                f"Scenario {scenario.name}: {made.facilities} facilities, {made.users} users, "
                f"{made.residents} patients made; every person and facility in it is invented."
            )
        self.stdout.write("Sign in as:")
        for each in (each for each in given if each.label):
            password = each.password or "(the password its owner chose)"
            self.stdout.write(
                f"  {each.label:<17} {each.username:<16} {password}   {each.full_name}"
            )
