"""`manage.py check_translations`: fails when a text has no complete translation."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import translations


class Command(BaseCommand):
    help = (
        "Fails when a text of code or templates is missing, untranslated or fuzzy in a catalogue."
    )
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        if lines := translations.problems(settings.BASE_DIR):
            raise CommandError(
                "\n".join([*lines, f"{len(lines)} texts: say manage.py update_translations."])
            )
