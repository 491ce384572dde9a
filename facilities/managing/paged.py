"""Pages a list of settings by keyset, as lists of referrals are."""

from typing import Any, Final

from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from accounts.rest import keyset
from accounts.rest.paging import Page as Rows

PAGE_SIZE: Final = 50


def rows_of(
    request: HttpRequest, rows: QuerySet[Any], order: tuple[str, ...], *, size: int = PAGE_SIZE
) -> Rows[Any]:
    """Return the page of a list that the address asks for; 400 for a cursor of another list."""
    cursor = request.GET.get("cursor") or None
    try:
        return keyset(rows, request=Request(request), order=order, limit=size, cursor=cursor)
    except ValidationError as error:
        raise BadRequest("not a cursor of this list") from error
