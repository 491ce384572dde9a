"""`manage.py demo`: acts a day of referrals through the API of the running system."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from scenarios.demo import run
from scenarios.demo.client import Stopped

LANGUAGES = {"zh": "zh-hans", "en": "en"}


class Command(BaseCommand):
    """May run again and again: every run brings new patients."""

    help = "Act a day of scenario pudong through the HTTP API of the running system."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--lang", choices=sorted(LANGUAGES), default="zh")
        parser.add_argument(
            "--url", default=settings.PUBLIC_URL, help="default: PUBLIC_URL or PORT"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        language = LANGUAGES[options["lang"]]
        with translation.override(language):
            try:
                run.act(options["url"], language=language, show=self._show)
            except Stopped as trouble:
                raise CommandError(str(trouble)) from trouble

    def _show(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
