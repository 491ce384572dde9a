"""The manners of the REST door: strict input, problems, paging, idempotency, default deny."""

from accounts.rest.paging import Page, PageQuery, keyset, page_answer
from accounts.rest.problems import NotFound
from accounts.rest.serializers import (
    EmptySerializer,
    PageSerializer,
    ProblemSerializer,
    StrictSerializer,
    TextField,
)
from accounts.rest.views import ApiView

__all__ = [
    "ApiView",
    "EmptySerializer",
    "NotFound",
    "Page",
    "PageQuery",
    "PageSerializer",
    "ProblemSerializer",
    "StrictSerializer",
    "TextField",
    "keyset",
    "page_answer",
]
