"""Takes a second factor off where no security administrator can: the first start, a facility without one."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.actors import Actor
from facilities.actions import access
from facilities.queries import access as queries


class Command(BaseCommand):
    """`manage.py remove_second_factor USERNAME`."""

    help = (
        "Remove the second factor of USERNAME and end their sessions; written into the audit trail."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the user's name."""
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        """Remove it or say that there is no such user."""
        user_id = queries.user_named(options["username"])
        if user_id is None:
            raise CommandError(f"There is no user named {options['username']}.")
        access.remove_factor(user_id, by=Actor.system(), now=timezone.now())
        self.stdout.write("The second factor is removed.")
