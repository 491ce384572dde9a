"""The database backend of the application role; the owner's connections use Django's own (see ADR 0011)."""

from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection
from psycopg._preparing import PrepareManager


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
    """Django's own, whose connections keep their prepared statements."""

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
