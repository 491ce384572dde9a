"""`manage.py rebuild_rollups`: derives all facts and counters of the rates anew from the referrals."""

from typing import Any

from django.core.management.base import BaseCommand

from insights import actions


class Command(BaseCommand):
    """Changes nothing when the counters are right; everybody reads the former ones until it is done."""

    help = "Derives all facts and counters of the rates anew; safe while the system runs."

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild, and say how far it has come."""
        done = 0
        for done in actions.rebuild():
            self.stderr.write(f"{done} referrals read")
        self.stdout.write(f"The counters are built anew from {done} referrals.")
