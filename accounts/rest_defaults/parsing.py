"""Reads JSON bodies within limits: size, depth, no NUL, no field twice, numbers that fit."""

import json
from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

MAX_BYTES = 256 * 1024
MAX_DEPTH = 12


class TooLarge(APIException):
    """The body is larger than any form of ours."""

    status_code = 413
    default_code = "body-too-large"
    default_detail = _("The body is larger than 256 KiB.")


class Malformed(ParseError):
    """The body cannot be read; `errors` names the field at fault where it is known."""

    def __init__(self, detail: str | Promise, path: str = "") -> None:
        """Keep the path beside the text."""
        super().__init__(str(detail))
        self.errors = {path: [str(detail)]} if path else {}


class _Object(dict[str, Any]):
    """A JSON object that remembers a field that was given twice, where readers differ in what they see."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        names = [name for name, _value in pairs] if len(self) < len(pairs) else []
        self.twice = next((name for name in names if names.count(name) > 1), None)


def _within(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _check(value: object, depth: int, path: str = "") -> None:
    """Refuse what is too deep or holds a NUL; the field at fault is named."""
    if depth > MAX_DEPTH:
        raise Malformed(_("The body is nested too deeply."), path)
    if isinstance(value, str) and "\x00" in value:
        raise Malformed(_("The body contains a NUL character."), path)
    if isinstance(value, dict):
        for key, item in value.items():
            _check(key, depth, path)
            _check(item, depth + 1, _within(path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check(item, depth + 1, f"{path}[{index}]")


def _refuse_twice(value: object, path: str = "") -> None:
    """Refuse an object that says a field twice, wherever it lies."""
    if isinstance(value, _Object):
        if value.twice is not None:
            raise Malformed(_("This field is given more than once."), _within(path, value.twice))
        for key, item in value.items():
            _refuse_twice(item, _within(path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_twice(item, f"{path}[{index}]")


class JsonParser(BaseParser):
    """Parses one JSON object of at most 256 KiB and 12 levels."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return the object; raises ParseError (400) or TooLarge (413)."""
        raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise TooLarge
        try:
            value = orjson.loads(raw)
        except (orjson.JSONDecodeError, RecursionError) as error:
            raise Malformed(_("The body is not valid JSON.")) from error
        if not isinstance(value, dict):
            raise Malformed(_("The body must be a JSON object."))
        _check(value, 1)
        # Once more, now that it is known to be shallow, for what orjson forgets: fields given twice.
        _refuse_twice(json.loads(raw, object_pairs_hook=_Object, parse_int=str, parse_float=str))
        return value
