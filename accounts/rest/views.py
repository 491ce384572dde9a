"""The base of every API view: who acts, strict input, idempotent writes."""

import threading
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from accounts.permissions import Permission
from accounts.rest import idempotency


class _Forms(threading.local):
    """Keeps one instance of each form a thread: DRF copies every declared field when it makes one."""

    def __init__(self) -> None:
        self.made: dict[tuple[type[Any], bool], serializers.Serializer[Any]] = {}

    def get(self, kind: type[serializers.Serializer[Any]], *, json: bool) -> Any:
        if (kind, json) not in self.made:
            self.made[kind, json] = kind(context={"json": json})
        return self.made[kind, json]


_forms = _Forms()


def _checked(kind: type[serializers.Serializer[Any]], data: Any, *, json: bool) -> dict[str, Any]:
    validated: dict[str, Any] = _forms.get(kind, json=json).run_validation(data)
    return validated


class ApiView(APIView):
    """A view of the REST door; `required` names the right each method needs, and no other runs."""

    required: ClassVar[Mapping[str, Permission]] = {}
    # For the OpenAPI document: a POST that only reads takes no Idempotency-Key; methods whose answer
    # carries an ETag; methods whose 201 carries a Location; reads and deletions that a state may forbid; methods
    # that are told in the query or the body about what the caller may not know.
    only_reads: ClassVar[bool] = False
    versioned: ClassVar[frozenset[str]] = frozenset()
    located: ClassVar[frozenset[str]] = frozenset()
    conflicting: ClassVar[frozenset[str]] = frozenset()
    naming: ClassVar[frozenset[str]] = frozenset()
    queryset = None

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """Let no browser or proxy keep an answer: nearly all of them are about patients."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer["Cache-Control"] = "no-store"
        return answer

    @property
    def actor(self) -> Actor:
        """Who calls."""
        actor = self.request.auth
        assert isinstance(actor, Actor)
        return actor

    def body(self, form: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """Return the validated body; raises ValidationError with the fields named."""
        data = self.request.data
        return _checked(form, data, json=type(data) is dict)

    def query(self, form: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """Return the validated query parameters; an unknown or repeated one is an error."""
        parameters = self.request.query_params
        repeated = [name for name, values in parameters.lists() if len(values) > 1]
        if repeated:
            text = [_("This parameter is given more than once.")]
            raise serializers.ValidationError(dict.fromkeys(repeated, text))
        if any("\x00" in value for value in parameters.values()):
            raise serializers.ValidationError([_("A parameter contains a NUL character.")])
        return _checked(form, parameters.dict(), json=False)

    def idempotent(self, perform: Callable[[], Response]) -> Response:
        """Run a write once for each Idempotency-Key."""
        return idempotency.run(self.request, self.actor, perform)

    def expected_version(self) -> int | None:
        """Return the version that If-Match names, None without one; an unreadable one is stale."""
        header = self.request.headers.get("If-Match")
        if header is None or header.strip() == "*":
            return None
        text = header.strip().removeprefix("W/").strip('"')
        if text.isascii() and text.isdigit() and len(text) < 10:
            return int(text)
        raise Refused("stale-version", _("The record has changed."), kind=Kind.STALE)
