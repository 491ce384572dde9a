"""Writes and reads rows by statements whose text is made once; for the few paths that are hot.

Model.save and query sets build their SQL anew each time, which costs four times the statement itself.
Everything else uses the ORM.
"""

from functools import cache
from typing import Any, TypeVar

from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)


def known(kind: type[Row], **values: Any) -> Row:
    """Return a stored row of which only some columns were read; any other is read when asked for."""
    fields = [f.attname for f in kind._meta.concrete_fields if f.attname in values]
    return kind.from_db(connection.alias, fields, [values[name] for name in fields])


@cache
def _insert(kind: type[models.Model], count: int) -> tuple[str, tuple[models.Field[Any, Any], ...]]:
    fields = tuple(kind._meta.local_concrete_fields)
    columns = ", ".join(f'"{field.column}"' for field in fields)
    row = f"({', '.join(['%s'] * len(fields))})"
    rows = ", ".join([row] * count)
    table = kind._meta.db_table
    return f'INSERT INTO "{table}" ({columns}) VALUES {rows}', fields  # noqa: S608 - names of ours


def insert(first: models.Model, *more: models.Model) -> None:
    """Insert new rows of one model, with the values that Model.save would write."""
    rows = (first, *more)
    statement, fields = _insert(type(first), len(rows))
    values = [
        field.get_db_prep_save(field.pre_save(row, add=True), connection)
        for row in rows
        for field in fields
    ]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
    for row in rows:
        row._state.adding = False
        row._state.db = connection.alias
