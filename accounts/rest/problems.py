"""Turns every failure into RFC 9457 problem+json with a stable code and a translated detail."""

import logging
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from accounts.errors import Refused

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
# Where the tables speak for themselves: a lock or statement that ran out of its time limit.
BUSY_STATES = frozenset({"55P03", "57014", "40P01", "40001"})
RETRY_AFTER_SECONDS = 1


class NotFound(exceptions.APIException):
    """The object is not there, or the caller may not know that it is: one answer for both."""

    status_code = 404
    default_code = "not-found"


_CODES = {
    "not_authenticated": "not-authenticated",
    "authentication_failed": "not-authenticated",
    "permission_denied": "no-permission",
    "method_not_allowed": "method-not-allowed",
    "not_acceptable": "not-acceptable",
    "unsupported_media_type": "unsupported-media-type",
    "throttled": "too-many-requests",
    "parse_error": "malformed-body",
    "invalid": "invalid",
    "not_found": "not-found",
}


def problem_body(
    status: int, code: str, detail: object, errors: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return problem details; `errors` maps a field's path to its texts."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": str(detail),
    }
    return {**body, "errors": errors} if errors else body


def problem(
    status: int,
    code: str,
    detail: object,
    *,
    errors: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem answer."""
    return Response(
        problem_body(status, code, detail, errors),
        status=status,
        headers=dict(headers or {}),
        content_type=CONTENT_TYPE,
    )


def _flatten(detail: Any, path: str = "") -> dict[str, list[str]]:
    """Turn nested field errors into one level: {"consent.method": ["…"]}."""
    if isinstance(detail, Mapping):
        flat: dict[str, list[str]] = {}
        for key, value in detail.items():
            name = "" if key == "non_field_errors" else str(key)
            flat.update(_flatten(value, ".".join(part for part in (path, name) if part)))
        return flat
    if isinstance(detail, list) and any(isinstance(item, (Mapping, list)) for item in detail):
        flat = {}
        for index, item in enumerate(detail):
            flat.update(_flatten(item, f"{path}[{index}]"))
        return flat
    texts = detail if isinstance(detail, list) else [detail]
    return {path or "body": [str(text) for text in texts]} if texts else {}


def _from_api_exception(error: exceptions.APIException) -> Response:
    if isinstance(error, exceptions.ValidationError):
        text = _("Some fields are missing or wrong.")
        return problem(400, "invalid", text, errors=_flatten(error.detail))
    if isinstance(error, NotFound):
        return problem(404, "not-found", _("There is no such object."))
    raw = error.get_codes()
    code = raw if isinstance(raw, str) else error.default_code
    headers: dict[str, str] = {}
    challenge = getattr(error, "auth_header", None)
    if challenge:
        headers["WWW-Authenticate"] = challenge
    wait = getattr(error, "wait", None)
    if wait is not None:
        headers["Retry-After"] = str(math.ceil(wait))
    errors = getattr(error, "errors", None)
    shown = _CODES.get(code, code)
    return problem(error.status_code, shown, error.detail, errors=errors, headers=headers)


def _from_database(error: DatabaseError | InterfaceError) -> Response | None:
    state = getattr(error.__cause__, "sqlstate", None)
    if isinstance(error, (OperationalError, InterfaceError)) or state in BUSY_STATES:
        logger.warning("database busy or away", extra={"sqlstate": state})
        return problem(
            503,
            "busy",
            _("The system is busy; nothing was changed. Please try again."),
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        )
    return None


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Answer a failure of any view and roll its transaction back; None lets a defect become a 500."""
    answer: Response | None = None
    if isinstance(error, Refused):
        answer = problem(error.kind.value, error.code, error.detail, errors=error.errors)
        answer.data = {**answer.data, **error.facts}
    elif isinstance(error, Http404):
        answer = _from_api_exception(NotFound())
    elif isinstance(error, PermissionDenied):
        answer = _from_api_exception(exceptions.PermissionDenied())
    elif isinstance(error, RequestDataTooBig):
        answer = problem(413, "body-too-large", _("A document has at most 20 MB."))
    elif isinstance(error, exceptions.APIException):
        answer = _from_api_exception(error)
    elif isinstance(error, (DatabaseError, InterfaceError)):
        answer = _from_database(error)
    if answer is not None:
        set_rollback()
    return answer
