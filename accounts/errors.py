"""The one exception by which an action refuses, whatever the edge that called it."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from django.utils.translation import gettext_lazy as _


class Kind(Enum):
    """Why an action refuses; the API maps each kind to the HTTP status that is its value."""

    INVALID = 400
    FORBIDDEN = 403
    NOT_FOUND = 404
    CONFLICT = 409
    STALE = 412
    UNPROCESSABLE = 422


class Refused(Exception):
    """An action did not happen: `code` is stable and for machines, `detail` is for people."""

    def __init__(
        self,
        code: str,
        detail: object,
        *,
        kind: Kind = Kind.CONFLICT,
        errors: Mapping[str, Sequence[str]] | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep the lazy translation as it is, so that the reader's language decides.

        `facts` are further members of the problem, for machines: what stands in the way.
        """
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.kind = kind
        self.errors = {field: list(texts) for field, texts in (errors or {}).items()}
        self.facts = dict(facts or {})


def not_found() -> Refused:
    """Return the one answer for what is not there and what the caller may not see."""
    return Refused("not-found", _("There is no such object."), kind=Kind.NOT_FOUND)
