"""Copies rows into tables, always through staging tables: COPY cannot write under row-level security."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.backends.utils import CursorWrapper
from psycopg import sql

LINES_AT_ONCE: Final = 200
# A bulk load may take longer than a request: these limits are the web's, not ours.
UNLIMITED: Final = """SELECT set_config(name, '0', true) FROM unnest(ARRAY['statement_timeout',
 'lock_timeout', 'idle_in_transaction_session_timeout']) AS name"""


def unlimited() -> None:
    """Lift the web's time limits for the running transaction."""
    with connection.cursor() as cursor:
        cursor.execute(UNLIMITED)


@dataclass(slots=True)
class Table:
    """Rows of one table as tuples of some of its columns; the others stay null."""

    model: type[models.Model]
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    def add(self, *values: Any) -> None:
        """Add a row."""
        self.rows.append(values)


def copy_table(table: Table) -> None:
    """Insert rows by COPY through a staging table, in the scope that is set."""
    name = table.model._meta.db_table
    _copy_in(name, table.columns, table.rows)


def copy_models(rows: Sequence[models.Model]) -> None:
    """Insert model instances of one kind by COPY, each value prepared by its own field."""
    if not rows:
        return
    fields = rows[0]._meta.concrete_fields
    wrapper = connections[DEFAULT_DB_ALIAS]
    values = (
        [field_.get_db_prep_save(field_.pre_save(row, True), wrapper) for field_ in fields]
        for row in rows
    )
    _copy_in(rows[0]._meta.db_table, [str(field_.column) for field_ in fields], values)


def _copy_in(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    table, stage = sql.Identifier(name), sql.Identifier(f"stage_{name}")
    listed = sql.Composed([sql.Identifier(column) for column in columns]).join(", ")
    with connection.cursor() as cursor:
        _run(
            cursor,
            "CREATE TEMP TABLE IF NOT EXISTS {s} (LIKE {t} INCLUDING DEFAULTS)",
            s=stage,
            t=table,
        )
        _run(cursor, "TRUNCATE {s}", s=stage)
        copy_rows(cursor, sql.SQL("{} ({})").format(stage, listed), rows)
        _run(cursor, "INSERT INTO {t} ({c}) SELECT {c} FROM {s}", s=stage, t=table, c=listed)
        _run(cursor, "TRUNCATE {s}", s=stage)


def _run(cursor: CursorWrapper, statement: str, **names: sql.Composable) -> None:
    cursor.execute(sql.SQL(statement).format(**names).as_string(cursor.connection))


def copy_rows(cursor: CursorWrapper, target: sql.Composable, rows: Iterable[Sequence[Any]]) -> None:
    """Copy rows of values into a table."""
    statement = sql.SQL("COPY {} FROM STDIN").format(target)
    with cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def copy_lines(cursor: CursorWrapper, table: str, lines: Iterable[str]) -> None:
    """Copy lines of COPY's text format; only ids, codes, numbers and times, so nothing to escape."""
    rest = iter(lines)
    with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
        while batch := "".join(islice(rest, LINES_AT_ONCE)):
            copy.write(batch)
