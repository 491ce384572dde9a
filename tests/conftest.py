"""What every test stands on: a database that exists already, no network beyond this machine, an empty broker."""

import functools
import gc
import ipaddress
import os
import socket
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.test import TransactionTestCase
from pytest_django.plugin import DjangoDbBlocker

from referral import clocks, documents
from referral.criteria import held
from tests import savepoints
from tests.factories import World
from tests.servers import OWN_SUPERUSER
from tests.standing import STANDING

_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex


def pytest_configure() -> None:
    """Hash passwords fast: the product's own way takes a quarter of a second each, on purpose."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_xdist_auto_num_workers() -> int:
    """Run one process more than there are processors: each waits now and then, for a page above all."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish() -> None:
    """Let the collector forget what was loaded, as the web server does: it is there until the end.

    Then let it begin: tests/servers.py has stopped it, since a quarter of the collection went into looking.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)
    gc.enable()


# A table at a time and only where something is: TRUNCATE of every table, which Django would do, takes half a
# second a test. As superuser and without triggers, because the application may not empty append-only tables.
_EMPTY = """
DO $$
DECLARE
    place regclass;
    filled boolean;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR place IN
        SELECT oid::regclass FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
            AND relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission')
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', place) INTO filled;
        IF filled AND pg_relation_size(place) > 10000000 THEN
            EXECUTE format('TRUNCATE %s CASCADE', place);
        ELSIF filled THEN
            EXECUTE format('DELETE FROM %s', place);
        END IF;
    END LOOP;
END $$
"""


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The plugin tests/servers.py has made this worker's database: nothing to make, nothing to drop."""
    with (
        psycopg.connect(os.environ[OWN_SUPERUSER], autocommit=True) as superuser,
        pytest.MonkeyPatch.context() as patch,
    ):
        superuser.execute("SET lock_timeout = '10s'")

        def empty(_case: TransactionTestCase) -> None:
            superuser.execute(_EMPTY)

        # Private in Django, and the only place where a transactional test is cleaned up.
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield
    with django_db_blocker.unblock():
        connections.close_all()


@pytest.fixture(scope="session", autouse=True)
def _late_savepoints() -> Iterator[None]:
    """Send savepoints with the statement that follows them."""
    with savepoints.late():
        yield


@pytest.fixture(scope="session", autouse=True)
def _files_are_examined_once() -> Iterator[None]:
    """Let a file that was found clean be clean: each examination starts a program, a quarter of a second.

    Each kind of file is still examined for real by each process; a refusal always is.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "_examined", functools.cache(documents._examined))
        yield


def _is_local(family: int, address: Any) -> bool:
    if family not in (socket.AF_INET, socket.AF_INET6):
        return True
    try:
        return ipaddress.ip_address(address[0]).is_loopback
    except ValueError:
        return str(address[0]) == "localhost"


def _guarded(self: socket.socket, address: Any) -> None:
    if not _is_local(self.family, address):
        raise RuntimeError(f"A test tried to reach {address[0]}: tests stay on this machine.")
    _connect(self, address)


def _guarded_ex(self: socket.socket, address: Any) -> int:
    if not _is_local(self.family, address):
        raise RuntimeError(f"A test tried to reach {address[0]}: tests stay on this machine.")
    return _connect_ex(self, address)


@pytest.fixture(autouse=True)
def _no_rules_of_another_test() -> None:
    """Forget the time limits that a process keeps for some seconds: each test has a database of its own."""
    clocks.forget()
    held.forget()


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Let sockets reach the loopback address only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _guarded)
        patch.setattr(socket.socket, "connect_ex", _guarded_ex)
        yield


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Choose the database before the test's transaction begins."""
    STANDING.choose(item)


@pytest.fixture(scope="session", autouse=True)
def _second_database(
    _own_database: None,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    _late_savepoints: None,
) -> Iterator[None]:
    """Let a world stand in a database of its own."""
    with django_db_blocker.unblock():
        STANDING.build()
    yield
    with django_db_blocker.unblock():
        STANDING.close()


@pytest.fixture
def standing(db: None) -> World:
    """Return the world that stands in the database."""
    return STANDING.world()


@pytest.fixture
def world(standing: World) -> World:
    """Return a world that is undone after the test."""
    return standing
