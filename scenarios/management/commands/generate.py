"""`manage.py generate --referrals N`: fills a realistic invented network, for measurements and reports."""

import time
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from scenarios.generation import network, run


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError("say a whole number above 0")
    return int(text)


class Command(BaseCommand):
    """The same seed, facilities and minute give the same network; ciphertexts differ, as they must."""

    help = "Fill an invented network of facilities, people and patients with years of referrals."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--referrals", type=_positive, required=True, metavar="N")
        parser.add_argument("--facilities", type=_positive, metavar="M", help="default: by N")
        parser.add_argument("--seed", type=_positive, default=1, metavar="S")
        parser.add_argument("--days", type=_positive, default=run.DAYS, help="default: 3 years")

    def handle(self, *args: Any, **options: Any) -> None:
        referrals = options["referrals"]
        facilities = options["facilities"] or run.facilities_for(referrals)
        if facilities < network.LEAST:
            raise CommandError(f"A network needs at least {network.LEAST} facilities.")
        now = timezone.now().replace(second=0, microsecond=0)
        plan = run.Plan(referrals, facilities, options["seed"], now, options["days"])
        begun, shown = time.monotonic(), 0.0
        try:
            for written in run.generate(plan):
                spent = time.monotonic() - begun
                if spent - shown >= 1 or written in {0, referrals}:
                    shown = spent
                    self.stdout.write(f"{written:,} of {referrals:,} referrals, {spent:.0f} s")
                    self.stdout.flush()
        except run.CannotGenerate as trouble:
            raise CommandError(str(trouble)) from trouble
        self.stdout.write(f"Done: {facilities:,} facilities, {time.monotonic() - begun:.1f} s.")
