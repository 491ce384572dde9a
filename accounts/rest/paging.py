"""Pages lists by keyset: the cursor names the last row, and no page costs more than the first."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import orjson
from django.core.exceptions import ValidationError as FieldError
from django.db.models import F, Model, OrderBy, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.serializers import StrictSerializer

DEFAULT_LIMIT = 50
MAX_LIMIT = 200

Row = TypeVar("Row", bound=Model)


class PageQuery(StrictSerializer):
    """The parameters that every list takes."""

    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT)
    cursor = serializers.CharField(max_length=500, required=False)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """The rows of a page and the URLs of its neighbours."""

    rows: list[Row]
    next: str | None
    previous: str | None


@dataclass(frozen=True, slots=True)
class _Cursor:
    values: list[Any]
    backwards: bool


def _bad_cursor() -> serializers.ValidationError:
    return serializers.ValidationError({"cursor": [_("This cursor is not one of this list.")]})


def _decode(text: str, fields: list[Any]) -> _Cursor:
    try:
        raw = orjson.loads(base64.urlsafe_b64decode(text.encode() + b"=="))
        backwards, values = raw[0], raw[1:]
        if not isinstance(backwards, bool) or len(values) != len(fields):
            raise ValueError(text)
        parsed = [_value(field, value) for field, value in zip(fields, values, strict=True)]
    except (ArithmeticError, ValueError, TypeError, LookupError, FieldError) as error:
        raise _bad_cursor() from error
    return _Cursor(parsed, backwards)


def _value(field: Any, raw: Any) -> Any:
    """Return a value that the column could hold: the validators know its range and its length."""
    value = field.to_python(raw)
    if value is None or (isinstance(value, str) and "\x00" in value):
        raise ValueError(field.name)
    if isinstance(value, datetime) and timezone.is_naive(value):
        raise ValueError(field.name)
    field.run_validators(value)
    return value


def _encode(row: Model, names: list[str], *, backwards: bool) -> str:
    values = [getattr(row, name) for name in names]
    return base64.urlsafe_b64encode(orjson.dumps([backwards, *values])).rstrip(b"=").decode()


def _url(request: Request, cursor: str) -> str:
    query = request.query_params.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


def keyset(
    queryset: QuerySet[Row],
    *,
    request: Request,
    order: tuple[str, ...],
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
    ways: Sequence[Q] = (),
) -> Page[Row]:
    """Return one page of `queryset` in `order`, whose columns are not null and unique together.

    All columns go one way ("-a", "-id" or "a", "id"), so that PostgreSQL compares them as one row
    and walks an index. With `ways`, only the rows that any of these conditions finds are in the list, each
    with an index of its own in that order. Raises ValidationError for a cursor of another list.
    """
    descending = order[0].startswith("-")
    names = [name.removeprefix("-") for name in order]
    fields = [queryset.model._meta.get_field(name) for name in names]
    position = _decode(cursor, fields) if cursor else None
    backwards = position is not None and position.backwards
    downwards = descending != backwards
    if position is not None:
        lookup = TupleLessThan if downwards else TupleGreaterThan
        queryset = queryset.filter(lookup(Tuple(*(F(name) for name in names)), position.values))
    along = [F(name).desc() if downwards else F(name).asc() for name in names]
    rows = list(_first(queryset, along, limit + 1, ways))
    more = len(rows) > limit
    rows = rows[:limit]
    if backwards:
        rows.reverse()
    has_next = bool(rows) and (more or backwards)
    has_previous = bool(rows) and (more if backwards else position is not None)
    return Page(
        rows,
        _url(request, _encode(rows[-1], names, backwards=False)) if has_next else None,
        _url(request, _encode(rows[0], names, backwards=True)) if has_previous else None,
    )


def _first(
    rows: QuerySet[Row], along: list[OrderBy], most: int, ways: Sequence[Q]
) -> QuerySet[Row]:
    """Return the first rows of a list, still one statement where it is walked in several ways.

    Asked for this or that at once, PostgreSQL reads and sorts the whole list: no index has the order of an OR. A
    row may be met in two ways, so what the ways find is put together before it is cut off.
    """
    if ways:
        first, *others = (rows.filter(way).order_by(*along).values("pk")[:most] for way in ways)
        rows = rows.filter(pk__in=first.union(*others))
    return rows.order_by(*along)[:most]


def page_answer(page: Page[Any], results: list[dict[str, Any]]) -> Response:
    """Return the answer of a list."""
    return Response({"results": results, "next": page.next, "previous": page.previous})
