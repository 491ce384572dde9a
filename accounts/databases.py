"""Says which database reads go to: the primary, or inside `reading` the replica (ADR 0032); writes never move."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

PRIMARY: Final = DEFAULT_DB_ALIAS
REPLICA: Final = "replica"

_PATIENTLY: Final = (
    "SET LOCAL statement_timeout = '60s'; SET LOCAL idle_in_transaction_session_timeout = '60s'"
)

_in_use: ContextVar[str] = ContextVar("database_of_reads", default=PRIMARY)


class Router:
    """Django's question for every statement of a model, where a replica is set.

    It never leaves the answer to Django, whose default is the database that a row came from: a row of the
    replica would be saved there, and what hangs on it read there after the scope has ended.
    """

    def db_for_read(self, model: object, **hints: Any) -> str:
        """Return the database of reads."""
        return _in_use.get()

    def db_for_write(self, model: object, **hints: Any) -> str:
        """Return the primary: a replica takes no writes."""
        return PRIMARY

    def allow_relation(self, one: object, other: object, **hints: Any) -> bool:
        """Let rows of both be related: they are of the same database."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """Keep migrations away from the replica, which gets them by itself."""
        return db != REPLICA


def in_use() -> str:
    """Return the alias of the database that reads go to here and now."""
    return _in_use.get()


def connection() -> BaseDatabaseWrapper:
    """Return the connection for a read in SQL, where django.db.connection would always be the primary's."""
    return connections[_in_use.get()]


def take_time() -> None:
    """Let the running transaction of a worker take longer than the database grants to who waits for a page."""
    with connection().cursor() as cursor:
        cursor.execute(_PATIENTLY)


@contextmanager
def reading(alias: str) -> Iterator[None]:
    """Send the reads of the block to a database; what is looked up later than the block goes elsewhere."""
    before = _in_use.set(alias)
    try:
        yield
    finally:
        _in_use.reset(before)
