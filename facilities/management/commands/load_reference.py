"""`manage.py load_reference`: writes the regions of GB/T 2260; idempotent."""

from typing import Any

from django.core.management.base import BaseCommand

from facilities.actions.reference import load_regions


class Command(BaseCommand):
    """Loads facts that the directory needs before the first facility."""

    help = "Load or bring up to date the administrative regions (GB/T 2260)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, and say how many rows there are."""
        self.stdout.write(f"regions: {load_regions()}")
