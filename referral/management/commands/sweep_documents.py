"""Removes stored documents that no row names: what an upload left whose transaction did not commit."""

from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.core.management.base import BaseCommand
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from referral import documents
from referral.queries import referrals as queries

# An upload takes seconds; what is a day old and has no row will never have one.
AGE: Final = timedelta(days=1)
BATCH: Final = 500


class Command(BaseCommand):
    """`manage.py sweep_documents [--delete]`."""

    help = "Names stored documents without a row that are older than a day; --delete removes them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --delete."""
        parser.add_argument("--delete", action="store_true", help="remove them, not only say so")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Go through the storage in batches; each is compared with the rows of all facilities."""
        found = 0
        for batch in _batches(documents.stored(before=timezone.now() - AGE)):
            with scope.transaction_as(Actor.system()):
                known = queries.attachments_among(batch)
            for each in (each for each in batch if each not in known):
                found += 1
                self.stdout.write(each.hex)
                if options["delete"]:
                    documents.remove(each)
        done = "removed" if options["delete"] else "without a row; --delete removes them"
        self.stdout.write(f"{found} documents {done}.")


def _batches(ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    rest = iter(ids)
    while batch := list(islice(rest, BATCH)):
        yield batch
