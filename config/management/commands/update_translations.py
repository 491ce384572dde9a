"""`manage.py update_translations`: adds the texts that the catalogues lack, and says what is still to do."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config import translations


class Command(BaseCommand):
    help = (
        "Brings the catalogues in line with code and templates; new texts stand there untranslated."
    )
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        added = translations.update(settings.BASE_DIR)
        left = translations.problems(settings.BASE_DIR)
        self.stdout.write(
            "\n".join([*left, f"{added} texts added, {len(left)} to translate or correct."])
        )
