"""Writes and reads rows by statements whose text is made once; for the few paths that are hot.

Model.save and query sets build their SQL anew each time, which costs four times the statement itself.
Everything else uses the ORM.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from django.db import connection, models
from django.db.models import query

# Of the moment in which a text is made, and so never part of one that is kept.
MOMENTS: Final = (date, datetime, timedelta)
# Private in Django, and in the stubs as of a later version.
_populators: Final[Any] = query.get_related_populators
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


class Kept(Generic[Row]):
    """A query whose text is made once from a query set about stand-ins, and asked about others ever after.

    To make the text of a wide query set takes ten times as long as to run it. The rule of what is read stays
    in the query set; everything in it but the stand-ins is the same for every question. What comes back are
    the same rows, with their related ones and annotations. Raises ValueError for a query set that carries a
    moment, which would be old the next time.
    """

    def __init__(self, rows: "models.QuerySet[Row]", stand_ins: Sequence[UUID]) -> None:
        compiler: Any = rows.order_by().query.get_compiler(connection=connection)
        self._text, parameters = compiler.as_sql()
        if any(isinstance(each, MOMENTS) for each in parameters):
            raise ValueError("A query set that is kept may not carry a moment.")
        places = {each: place for place, each in enumerate(stand_ins)}
        self._slots = [
            (places.get(each) if isinstance(each, UUID) else None, each) for each in parameters
        ]
        info, select = compiler.klass_info, compiler.select
        columns = info["select_fields"]
        self._start, self._end = columns[0], columns[-1] + 1
        self._kind: type[Row] = info["model"]
        self._names = [select[at][0].target.attname for at in columns]
        self._related = _populators(info, select, connection.alias)
        self._annotations = dict(compiler.annotation_col_map or {})
        self._converters = compiler.get_converters([expression for expression, *_rest in select])

    def ask(self, values: Sequence[UUID | None]) -> list[Row]:
        """Return the rows of the query with `values` in the places of the stand-ins."""
        parameters = [each if place is None else values[place] for place, each in self._slots]
        with connection.cursor() as cursor:
            cursor.execute(self._text, parameters)
            return [self._row(list(found)) for found in cursor.fetchall()]

    def _row(self, found: list[Any]) -> Row:
        for at, (converters, expression) in self._converters.items():
            for convert in converters:
                found[at] = convert(found[at], expression, connection)
        row = self._kind.from_db(connection.alias, self._names, found[self._start : self._end])
        for each in self._related:
            each.populate(found, row)
        for name, at in self._annotations.items():
            setattr(row, name, found[at])
        return row
