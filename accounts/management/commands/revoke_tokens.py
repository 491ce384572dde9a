"""Ends every bearer token of a user at once, for a lost device or a person who leaves."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import tokens
from accounts.models import User


class Command(BaseCommand):
    """`manage.py revoke_tokens USERNAME`."""

    help = "End every bearer token of USERNAME; the next request with one is answered with 401."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the user's name."""
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        """Revoke what is in force and say how much that was."""
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no user named {options['username']}.")
        count = tokens.revoke_all(user, now=timezone.now())
        self.stdout.write(f"{count} tokens revoked")
