"""`manage.py check_migrations`: fails on a migration that is not safe while the old version still serves."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django_migration_linter import MigrationLinter

from config.translations import APPS


class Command(BaseCommand):
    help = "Runs the migration linter over our own apps, as the owner role."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        linter = MigrationLinter(
            str(settings.BASE_DIR),
            include_apps=[app for app in APPS if (settings.BASE_DIR / app / "migrations").is_dir()],
            database="owner",
            no_cache=True,
            quiet=["ok", "ignore"],
            # A first migration makes tables that nobody uses yet.
            ignore_initial_migrations=True,
            all_warnings_as_errors=True,
        )
        linter.lint_all_migrations()
        linter.print_summary()
        if linter.has_errors:
            raise CommandError(
                "A migration is unsafe under traffic: split it into steps that old and new code can both run with."
            )
