"""Prints a bearer token for a user, for development and scripts."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import tokens
from accounts.models import User


class Command(BaseCommand):
    """`manage.py issue_token USERNAME`."""

    help = "Print a bearer token for USERNAME; it is stored hashed and shown only here."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the user's name and an optional label."""
        parser.add_argument("username")
        parser.add_argument("--label", default="issued on the command line")

    def handle(self, *args: Any, **options: Any) -> None:
        """Issue the token or say that there is no such active user."""
        user = User.objects.filter(username=options["username"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user named {options['username']}.")
        self.stdout.write(tokens.issue(user, label=options["label"]))
