"""`manage.py setup_database`: migrates as the owner role and grants the application role what it needs, no more."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connections, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

# Any number, the same in every start: two starts at once migrate one after the other.
_LOCK = 5_108_204_417
_READ_ONLY_TABLES = ("django_migrations", "audit_chainhead", "audit_chaincut")


class Command(BaseCommand):
    """Idempotent; safe to run at every start and from several machines at once."""

    help = "Migrates the database as its owner and grants the application role its rights."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate and grant under one advisory lock."""
        owner = connections["owner"]
        role = connections["default"].settings_dict["USER"]
        try:
            with owner.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
                try:
                    call_command(
                        "migrate",
                        database="owner",
                        interactive=False,
                        verbosity=options["verbosity"],
                        stdout=self.stdout,
                    )
                    if role != owner.settings_dict["USER"]:
                        with transaction.atomic(using="owner"):
                            _grant(cursor, role)
                finally:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
        except DatabaseError as error:
            reason = str(error).strip().splitlines()[0]
            raise CommandError(
                f"The database could not be set up ({reason}): see docs/operations.md."
            ) from error


def _grant(cursor: CursorWrapper, role: str) -> None:
    """Give the role rows, never tables: append-only tables take no UPDATE and no DELETE, not even by mistake."""
    name = sql.Identifier(role)
    schema = sql.Identifier("public")
    for words in (
        "GRANT USAGE ON SCHEMA {schema} TO {role}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    ):
        _execute(cursor, sql.SQL(words).format(schema=schema, role=name))
    # A right to a partition would go round what the whole refuses.
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'"
        " AND relnamespace = 'public'::regnamespace"
    )
    for (part,) in cursor.fetchall():
        statement = sql.SQL("REVOKE ALL ON {part} FROM {role}")
        _execute(cursor, statement.format(part=sql.Identifier(part), role=name))
    existing = set(connections["owner"].introspection.table_names(cursor))
    narrowed = [(table, "UPDATE, DELETE") for table in settings.APPEND_ONLY_TABLES]
    narrowed += [(table, "INSERT, UPDATE, DELETE") for table in _READ_ONLY_TABLES]
    for table, rights in narrowed:
        if table in existing:
            statement = sql.SQL("REVOKE " + rights + " ON {table} FROM {role}")
            _execute(cursor, statement.format(table=sql.Identifier(table), role=name))


def _execute(cursor: CursorWrapper, statement: sql.Composed) -> None:
    cursor.execute(statement.as_string(cursor.connection))
