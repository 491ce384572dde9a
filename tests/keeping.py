"""Keeps one transaction open for all tests of a module, so that what they share is made once."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from pytest_django.plugin import DjangoDbBlocker


def patiently() -> None:
    """Let this transaction stay idle while something is thought out; requests may not, for 5 seconds."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")


@contextmanager
def kept(blocker: DjangoDbBlocker) -> Iterator[None]:
    """Hold a transaction open, and roll it back at the end; each test puts back what it changes."""
    with blocker.unblock(), transaction.atomic():
        patiently()
        yield
        transaction.set_rollback(True)
