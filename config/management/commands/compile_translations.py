"""`manage.py compile_translations`: compiles the catalogues that changed, without GNU gettext."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config import translations


class Command(BaseCommand):
    help = "Compiles locale/*/LC_MESSAGES/*.po where they are newer than their .mo."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        for path in translations.compile_all(settings.BASE_DIR):
            self.stdout.write(f"wrote {path}")
