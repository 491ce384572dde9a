"""Lets the savepoints of a connection wait for the next statement, and leaves out those that nothing needs.

Nearly every request of the tests runs inside a test's own transaction, where each atomic block of the product
becomes a savepoint that is made, and released or gone back to, in a trip to the database of its own. In a test
of rights that was more than half of all trips, most of them around nothing. Here what stands between two
statements is sent in one trip before the second, without the blocks that were left again meanwhile.

The database meets the same statements in the same savepoints. Who looks at them (CaptureQueriesContext), makes
a savepoint by hand or stands in a transaction that has failed finds everything as Django does it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Final
from weakref import WeakKeyDictionary

import pytest
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from psycopg import errors, pq

MADE: Final = 'SAVEPOINT "{0}"'
RELEASED: Final = 'RELEASE SAVEPOINT "{0}"'
UNDONE: Final = 'ROLLBACK TO SAVEPOINT "{0}"; RELEASE SAVEPOINT "{0}"'


class Waiting:
    """What a connection has not been told yet, in order."""

    def __init__(self) -> None:
        """Have told everything."""
        self.steps: list[tuple[str, str]] = []

    def make(self, sid: str) -> None:
        """Begin a block."""
        self.steps.append((MADE, sid))

    def release(self, sid: str) -> None:
        """End a block whose effects stay; one in which nothing was said was never there."""
        if self.steps and self.steps[-1] == (MADE, sid):
            self.steps.pop()
        else:
            self.steps.append((RELEASED, sid))

    def undo(self, sid: str) -> None:
        """End a block whose effects go, and with it whatever waits since it began."""
        if (MADE, sid) in self.steps:
            del self.steps[self.steps.index((MADE, sid)) :]
        else:
            # All that waited before it was told with it: what waits now came later, and is inside.
            self.steps = [(UNDONE, sid)]

    def tell(self, connection: BaseDatabaseWrapper) -> None:
        """Send what waits, past Django: nobody counts it."""
        steps, self.steps = self.steps, []
        raw: Any = connection.connection
        if not steps or raw is None or raw.closed:
            return
        told = "; ".join(kind.format(sid) for kind, sid in steps).encode()
        if not raw.autocommit and raw.pgconn.transaction_status == pq.TransactionStatus.IDLE:
            # The driver would begin the transaction with the first statement.
            told = raw._get_tx_start_command() + b"; " + told
        with connection.wrap_database_errors:
            answer = raw.pgconn.exec_(told)
            if answer.status != pq.ExecStatus.COMMAND_OK:
                raise errors.error_from_result(answer, encoding="utf-8")


class Late:
    """The ways of Django's connections by which savepoints come and go, each with its later counterpart."""

    def __init__(self) -> None:
        """Know no connection yet."""
        self._waiting: WeakKeyDictionary[BaseDatabaseWrapper, Waiting] = WeakKeyDictionary()
        self._by_hand: set[str] = set()
        # Gone back to and released in one: Django asks for the release too.
        self._done: set[str] = set()
        base: Any = BaseDatabaseWrapper
        self._make = base._savepoint
        self._undo = base._savepoint_rollback
        self._release = base._savepoint_commit
        self._make_by_hand = transaction.savepoint

    def of(self, connection: BaseDatabaseWrapper) -> Waiting:
        """Return what waits on a connection."""
        return self._waiting.setdefault(connection, Waiting())

    def _may_wait(self, connection: BaseDatabaseWrapper) -> bool:
        """Say whether a step may wait: nobody counts statements, and the transaction has not failed.

        One that has failed takes nothing but the way back; once that waits, the rest may wait behind it.
        """
        raw: Any = connection.connection
        failed = raw.pgconn.transaction_status == pq.TransactionStatus.INERROR
        back = any(kind == UNDONE for kind, _sid in self.of(connection).steps)
        return not connection.queries_logged and (back or not failed)

    def make(self, connection: BaseDatabaseWrapper, sid: str) -> None:
        """Begin a block."""
        if self._may_wait(connection):
            self.of(connection).make(sid)
        else:
            self._make(connection, sid)

    def make_by_hand(self, using: str | None = None) -> str:
        """Make a savepoint to which somebody may go back again and again."""
        sid = self._make_by_hand(using)
        connection: Any = transaction.get_connection(using)
        self.of(connection).tell(connection)
        self._by_hand.add(sid)
        return sid

    def release(self, connection: BaseDatabaseWrapper, sid: str) -> None:
        """End a block whose effects stay."""
        if sid in self._done:
            self._done.remove(sid)
        elif self._may_wait(connection):
            self.of(connection).release(sid)
        else:
            self._release(connection, sid)

    def undo(self, connection: BaseDatabaseWrapper, sid: str) -> None:
        """End a block whose effects go."""
        if sid in self._by_hand:
            self._undo(connection, sid)
            return
        self._done.add(sid)
        if connection.queries_logged:
            with connection.cursor() as cursor:
                cursor.execute(UNDONE.format(sid))
        else:
            self.of(connection).undo(sid)

    def told_first(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """Return a method of a cursor before which everything is told."""

        @wraps(method)
        def sent(cursor: CursorWrapper, *args: Any, **words: Any) -> Any:
            self.of(cursor.db).tell(cursor.db)
            return method(cursor, *args, **words)

        return sent

    def told_before_cursor(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """Return a way to a cursor before which everything is told: COPY goes past Django's methods."""

        @wraps(method)
        def opened(connection: BaseDatabaseWrapper) -> Any:
            self.of(connection).tell(connection)
            return method(connection)

        return opened

    def at_the_end(self, method: Callable[..., Any], *, stays: bool) -> Callable[..., Any]:
        """Return an end of a transaction, with which blocks end; what was undone is undone before it stays."""

        @wraps(method)
        def ended(connection: BaseDatabaseWrapper) -> Any:
            waiting = self.of(connection)
            if stays and any(kind == UNDONE for kind, _sid in waiting.steps):
                waiting.tell(connection)
            waiting.steps = []
            return method(connection)

        return ended


def of_a_connection(step: Callable[[BaseDatabaseWrapper, str], None]) -> Callable[..., None]:
    """Return a step as a method of connections, which a method of somebody else's is not."""

    def method(connection: BaseDatabaseWrapper, sid: str) -> None:
        step(connection, sid)

    return method


@contextmanager
def late() -> Iterator[None]:
    """Let savepoints wait on all connections of this process."""
    base, way = BaseDatabaseWrapper, Late()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transaction, "savepoint", way.make_by_hand)
        patch.setattr(base, "_savepoint", of_a_connection(way.make))
        patch.setattr(base, "_savepoint_commit", of_a_connection(way.release))
        patch.setattr(base, "_savepoint_rollback", of_a_connection(way.undo))
        patch.setattr(base, "cursor", way.told_before_cursor(base.cursor))
        patch.setattr(base, "commit", way.at_the_end(base.commit, stays=True))
        patch.setattr(base, "rollback", way.at_the_end(base.rollback, stays=False))
        patch.setattr(base, "close", way.at_the_end(base.close, stays=False))
        for name in ("execute", "executemany"):
            patch.setattr(CursorWrapper, name, way.told_first(getattr(CursorWrapper, name)))
        yield
