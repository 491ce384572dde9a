"""Tells the OpenAPI document what every operation of the REST door has in common: headers and problems."""

from typing import Any, Final

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from accounts.replica import BEARS, HEADER
from accounts.rest.problems import CONTENT_TYPE, RETRY_AFTER_SECONDS
from accounts.rest.serializers import ProblemSerializer
from accounts.rest.views import ApiView

WRITES: Final = frozenset({"POST", "PUT", "PATCH"})
TEXT: Final = {"schema": {"type": "string"}, "required": True}
# Why an operation may refuse; `errors` of a 400 and of some 422 name the fields.
PROBLEMS: Final = {
    400: "The body, a parameter or a header is malformed or breaks a rule.",
    401: "Nobody is signed in, or the token is not in force.",
    403: "The role or the facility may not do this.",
    404: "It is not there, or the caller may not know that it is.",
    409: "The present state does not allow this.",
    412: "If-Match names a version that is no longer the present one.",
    413: "The body is too large.",
    415: "The body is of another media type.",
    422: "A rule of the workflow is not met, or the Idempotency-Key came with another body.",
    503: "The system is busy; nothing was changed.",
}
PROBLEM_HEADERS: Final[dict[int, dict[str, Any]]] = {
    401: {"WWW-Authenticate": TEXT},
    503: {
        "Retry-After": {
            "schema": {"type": "integer", "minimum": RETRY_AFTER_SECONDS},
            "required": True,
        }
    },
}
FACILITY: Final = OpenApiParameter(
    "X-Facility",
    OpenApiTypes.UUID,
    OpenApiParameter.HEADER,
    description="The facility to act for; the first post unless given.",
)
BEHALF: Final = OpenApiParameter(
    "X-On-Behalf-Of",
    OpenApiTypes.UUID,
    OpenApiParameter.HEADER,
    description="The colleague for whom the caller acts under a delegation; 403 without one.",
)
KEY: Final = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="The same key and body get the first answer again; another body gets 422.",
)
IF_MATCH: Final = OpenApiParameter(
    "If-Match",
    {"type": "string", "pattern": '^(W/)?"[0-9]{1,9}"$'},
    OpenApiParameter.HEADER,
    description="The ETag that was seen; 412 if the object has changed since.",
)
READ_AFTER: Final = OpenApiParameter(
    HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description=(
        "Where a replica is set: how new the answer must be, as the header of the same name of the caller's last "
        "write said; 0/0 for any. Without it the primary answers."
    ),
)


class StrictForm(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Says of every strict form that it takes no field but its own."""

    target_class = "accounts.rest.serializers.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """Return the usual schema, closed."""
        form: dict[str, Any] = auto_schema._map_serializer(
            self.target, direction, bypass_extensions=True
        )
        return {"type": "object", **form, "additionalProperties": False}


class DoorSchema(AutoSchema):
    """Adds to each operation of an ApiView the headers it heeds and the problems it may answer."""

    def get_override_parameters(self) -> list[Any]:
        """Return the headers that are not in any form."""
        found = [*super().get_override_parameters()]
        view = self.view
        if isinstance(view, ApiView):
            found += [FACILITY, BEHALF]
            if self.method == "POST" and not view.only_reads:
                found.append(KEY)
            if self._heeds_versions(view):
                found.append(IF_MATCH)
            if self.method == "GET" and hasattr(getattr(view, "get", None), BEARS):
                found.append(READ_AFTER)
        return found

    def get_operation(self, *args: Any, **options: Any) -> dict[str, Any] | None:
        """Return the operation with the headers of its answers and every problem it may answer."""
        operation: dict[str, Any] | None = super().get_operation(*args, **options)
        view = self.view
        if operation is None or not isinstance(view, ApiView):
            return operation
        for status, answer in operation["responses"].items():
            headers = self._headers_of(view, int(status))
            if headers:
                answer["headers"] = {**headers, **answer.get("headers", {})}
        form = self.resolve_serializer(ProblemSerializer, "response").ref
        for number in self._problems(view):
            problem = {
                "description": PROBLEMS[number],
                "content": {CONTENT_TYPE: {"schema": form}},
            }
            if number in PROBLEM_HEADERS:
                problem["headers"] = PROBLEM_HEADERS[number]
            operation["responses"][str(number)] = problem
        return operation

    def _heeds_versions(self, view: ApiView) -> bool:
        return self.method in WRITES & view.versioned and "{" in self.path

    def _headers_of(self, view: ApiView, status: int) -> dict[str, Any]:
        """Return the headers of a success: the version, where it lies if it is new, whether it is a replay."""
        headers: dict[str, Any] = {}
        if self.method in view.versioned:
            headers["ETag"] = TEXT
        if status == 201 and self.method in view.located:
            headers["Location"] = TEXT
        if self.method == "POST" and not view.only_reads:
            headers["Idempotent-Replay"] = {"schema": {"const": "true"}}
        return headers

    def _problems(self, view: ApiView) -> list[int]:
        found = [400, 401, 403, 503]
        if "{" in self.path or self.method in view.naming:
            found.append(404)
        if self.method in WRITES:
            found += [409, 413, 415, 422]
        elif self.method in view.conflicting:
            found.append(409)
        if self._heeds_versions(view):
            found.append(412)
        return sorted(found)
