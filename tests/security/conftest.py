"""One world for all tests of a module, in a transaction that is rolled back at its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from tests.security.objects import Objects
from tests.security.world import ROLES, build


def patiently() -> None:
    """Let this transaction stay idle while something is thought out; requests may not, for 5 seconds."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")


@contextmanager
def kept(blocker: DjangoDbBlocker) -> Iterator[None]:
    """Hold one transaction open for all tests of a module, and roll it back at the end."""
    with blocker.unblock(), transaction.atomic():
        patiently()
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def objects(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: Any
) -> Iterator[Objects]:
    """The world with everybody in it and an object in each state; each test puts back what it changes."""
    media: Path = tmp_path_factory.mktemp("media")
    with override_settings(MEDIA_ROOT=media), kept(django_db_blocker):
        made = Objects(build(ROLES))
        # Checked once, here. What is deferred inside a savepoint that is rolled back is deferred again, so
        # every test would check the whole world anew.
        connection.check_constraints()
        yield made
