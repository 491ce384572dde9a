"""Writes many rows with one small statement: each column travels as one array, or once where all rows say the same."""

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
    columns = {field: [getattr(row, field.attname) for row in rows] for field in fields}
    # Most columns of a file are empty or the same throughout: those are prepared, sent and read once.
    same = {field: told[0] for field, told in columns.items() if _is_one(field, told, key)}
    varied = [field for field in fields if field not in same]
    at = {field: f"c{index}" for index, field in enumerate(varied)}
    chosen = (_selected(field, at[field]) if field in at else _once(field) for field in fields)
    statement = (
        f"INSERT INTO {quote(meta.db_table)} ({', '.join(names.values())}) "  # noqa: S608 - names of a model
        f"SELECT {', '.join(chosen)} FROM unnest({', '.join(map(_parameter, varied))}) "
        f"AS sent({', '.join(at.values())}) "
        f"ON CONFLICT ({', '.join(names[name] for name in key)}) "
        f"DO UPDATE SET {sets}"
    )
    once = [field.get_prep_value(told) for field, told in same.items()]
    several = [_column(field, columns[field]) for field in varied]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*once, *several])


def _is_one(field: models.Field[Any, Any], told: Sequence[Any], key: Sequence[str]) -> bool:
    """Say whether all rows say the same in a column; those of the key say how many rows there are."""
    if field.name in key or isinstance(field, ArrayField):
        return False
    first = told[0]
    # By type as well: to Python, true is one.
    return all(each is first or (type(each) is type(first) and each == first) for each in told)


def _once(field: models.Field[Any, Any]) -> str:
    return f"%s::{_type(field)}"


def _type(field: models.Field[Any, Any]) -> str:
    """Return a column's type without its length: the column itself checks that."""
    return str(field.rel_db_type(connection)).split("(")[0]


def _parameter(field: models.Field[Any, Any]) -> str:
    if isinstance(field, ArrayField):
        return "%s::text[]"
    return f"%s::{_type(field)}[]"


def _selected(field: models.Field[Any, Any], column: str) -> str:
    if isinstance(field, ArrayField):
        return f"string_to_array({column}, E'\\x1f')"
    return column


def _column(field: models.Field[Any, Any], told: Sequence[Any]) -> list[Any]:
    if isinstance(field, ArrayField):
        return [_SEPARATOR.join(each) for each in told]
    return [field.get_prep_value(each) for each in told]
