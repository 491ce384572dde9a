"""The database backend of the application role; the owner's connections use Django's own (see ADR 0011)."""

import select
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection
from psycopg._preparing import PrepareManager
from psycopg_pool import ConnectionPool


def demand_alive(connection: "Connection[Any]") -> None:
    """Raise OperationalError where the server has ended this connection since it was last used.

    A server that stops says so and hangs up; then there is something to read on a line where nothing was
    asked. Only then is it asked, for asking at every request is a round trip more, a twentieth of it.
    """
    line = select.poll()
    line.register(connection.pgconn.socket, select.POLLIN)
    if line.poll(0):
        ConnectionPool.check_connection(connection)


class KeptStatements(PrepareManager):
    """Prepared statements that a rollback leaves alone: every refused request ends in one.

    psycopg forgets them then, since what a rollback undoes may be a table; the application role has no right
    to make one, and PostgreSQL itself keeps what was prepared inside a transaction that is undone.
    """

    def clear(self) -> bool:
        """Keep them."""
        return False

    def forget(self) -> None:
        """Let the server drop them before the next statement."""
        super().clear()


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, whose connections keep their prepared statements and are looked at, not asked, before use."""

    @property
    def pool(self) -> "ConnectionPool[Any] | None":
        """Return the pool of this process, if the settings say that it has one."""
        pool: ConnectionPool[Any] | None = super().pool
        if pool is not None and pool._check is not None:
            pool._check = demand_alive
        return pool

    def get_new_connection(self, conn_params: dict[str, Any]) -> "Connection[Any]":
        """Return a connection of psycopg or of its pool; one that comes back from the pool stays as it is."""
        connection: Connection[Any] = super().get_new_connection(conn_params)
        if not isinstance(connection._prepared, KeptStatements):
            kept = KeptStatements()
            kept.prepare_threshold = connection._prepared.prepare_threshold
            kept.prepared_max = connection._prepared.prepared_max
            connection._prepared = kept
        return connection

    def _rollback(self) -> None:
        """Forget all plans after an error that no data explains, such as a plan which a migration outdated."""
        if self.errors_occurred and self.connection is not None:
            self.connection._prepared.forget()
        super()._rollback()  # type: ignore[misc]  # not in the stubs
