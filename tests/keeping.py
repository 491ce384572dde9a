"""Keeps one transaction open for all tests of a module, so that what they share is made once."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import TestCase
from pytest_django.plugin import DjangoDbBlocker

from tests.api import Api
from tests.factories import Person, World, as_system


def patiently() -> None:
    """Let this transaction stay idle while something is thought out; requests may not, for 5 seconds."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")


@contextmanager
def kept(blocker: DjangoDbBlocker) -> Iterator[None]:
    """Hold a transaction open, and roll it back at the end; each test puts back what it changes."""
    with blocker.unblock(), transaction.atomic(), settled():
        patiently()
        yield
        transaction.set_rollback(True)


@contextmanager
def settled() -> Iterator[None]:
    """Check the references of what is shared once, before the first test.

    Each test asks for a check when it ends. What was made before it would be looked at again every time, since
    a test that is undone undoes also that it was looked at: a second a test, with some thousand rows.
    """
    base: Any = TestCase
    enter = base._enter_atomics
    waiting = [connection]

    def entered(case: Any) -> Any:
        while waiting:
            waiting.pop().check_constraints()
        return enter.__func__(case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base, "_enter_atomics", classmethod(entered))
        yield


def as_made(world: World) -> World:
    """Return a world as it was made for a module, for one test: what the test adds or changes is its own.

    People who are first named in a test are undone with it, and so are not left in the world of the next.
    """
    people = [each for each in vars(world).values() if isinstance(each, Person)]
    as_system()
    return deepcopy(world, {id(each.api): Api(each.api.token) for each in people})
