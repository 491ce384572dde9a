"""Writes many rows with one small statement: each column travels as one array."""

from collections.abc import Sequence
from typing import Any, Final

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

# Joins the elements of an array column, since PostgreSQL's arrays of arrays must be even.
_SEPARATOR: Final = "\x1f"


def upsert(rows: Sequence[models.Model], *, key: Sequence[str], changed: Sequence[str]) -> None:
    """Insert rows of one model; one that exists by `key` gets the `changed` fields instead.

    Several times faster than `bulk_create`, which sends every value as a parameter of its own.
    Texts of array columns may not hold U+001F. Takes at least one row.
    """
    meta = rows[0]._meta
    fields = [field for field in meta.concrete_fields if not field.generated]
    quote = connection.ops.quote_name
    names = {field.name: quote(str(field.column)) for field in fields}
    sets = ", ".join(f"{names[name]} = EXCLUDED.{names[name]}" for name in changed)
    chosen = (_selected(field, index) for index, field in enumerate(fields))
    statement = (
        f"INSERT INTO {quote(meta.db_table)} ({', '.join(names.values())}) "  # noqa: S608 - names of a model
        f"SELECT {', '.join(chosen)} FROM unnest({', '.join(map(_parameter, fields))}) "
        f"AS sent({', '.join(f'c{index}' for index in range(len(fields)))}) "
        f"ON CONFLICT ({', '.join(names[name] for name in key)}) "
        f"DO UPDATE SET {sets}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [_column(field, rows) for field in fields])


def _parameter(field: models.Field[Any, Any]) -> str:
    if isinstance(field, ArrayField):
        return "%s::text[]"
    # A type without its length: the column itself checks that.
    return f"%s::{str(field.rel_db_type(connection)).split('(')[0]}[]"


def _selected(field: models.Field[Any, Any], index: int) -> str:
    if isinstance(field, ArrayField):
        return f"string_to_array(c{index}, E'\\x1f')"
    return f"c{index}"


def _column(field: models.Field[Any, Any], rows: Sequence[models.Model]) -> list[Any]:
    if isinstance(field, ArrayField):
        return [_SEPARATOR.join(getattr(row, field.attname)) for row in rows]
    return [field.get_prep_value(getattr(row, field.attname)) for row in rows]
