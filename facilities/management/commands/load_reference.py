"""`manage.py load_reference`: writes the regions of GB/T 2260 and the working days; idempotent."""

from typing import Any

from django.core.management.base import BaseCommand

from facilities.actions.reference import load_holidays, load_regions


class Command(BaseCommand):
    """Loads facts that the directory needs before the first facility."""

    help = (
        "Load or bring up to date the regions (GB/T 2260) and the calendar of working days (调休)."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, and say how many rows there are."""
        self.stdout.write(f"regions: {load_regions()}")
        self.stdout.write(f"holidays and working weekends: {load_holidays()}")
