"""Gives a repeated request its first answer, in the transaction that made it (reliability D4)."""

import hashlib
import re
from collections.abc import Callable

import orjson
from django.core.files.uploadedfile import UploadedFile
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from accounts.models import IdempotencyKey
from accounts.rest_defaults.rendering import dumps

HEADER = "Idempotency-Key"
KEPT_HEADERS = ("ETag", "Location")
CSRF_FIELD = "csrfmiddlewaretoken"
# As the OpenAPI document says (accounts.rest.schema).
KEY = re.compile(r"[!-~]{1,200}")


_CLAIM = """INSERT INTO accounts_idempotencykey
 (id, user_id, key, request_hash, status, headers, created_at)
 VALUES (%s, %s, %s, %s, 0, '{}', %s) ON CONFLICT (user_id, key) DO NOTHING"""
_KEEP = """UPDATE accounts_idempotencykey SET status = %s, headers = %s::jsonb, body = %s
 WHERE id = %s"""


def _file_digest(value: object) -> str:
    """Stand in for an uploaded file by its name and the SHA-256 of its content."""
    if not isinstance(value, UploadedFile):
        raise TypeError(f"{type(value).__name__} is no part of a body")
    content = hashlib.sha256()
    for chunk in value.chunks():
        content.update(chunk)
    value.seek(0)
    return f"{value.name} {content.hexdigest()}"


def _request_hash(request: Request, by: Actor) -> bytes:
    options = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
    body = orjson.dumps(request.data, default=_file_digest, option=options)
    # The post is part of the request: whoever has lost it, or its role, has lost the old answer too.
    post = f"{by.facility_id} {by.role} {by.for_user_id or ''}".rstrip()
    return hashlib.sha256(f"{request.method} {request.path} {post}\n".encode() + body).digest()


def _replay(row: IdempotencyKey, request_hash: bytes) -> Response:
    if bytes(row.request_hash) != request_hash:
        raise Refused(
            "idempotency-key-reused",
            _("This Idempotency-Key was used for another request."),
            kind=Kind.UNPROCESSABLE,
        )
    body = orjson.loads(row.body) if row.body else None
    return Response(body, status=row.status, headers={**row.headers, "Idempotent-Replay": "true"})


def _claim(row: IdempotencyKey) -> bool:
    """Insert the key before the work; a second request waits here until the first has ended."""
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM, [row.id, row.user_id, row.key, bytes(row.request_hash), row.created_at]
        )
        return bool(cursor.rowcount == 1)


def _keep(row: IdempotencyKey) -> None:
    body = IdempotencyKey._meta.get_field("body").pre_save(row, add=False)
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [row.status, dumps(row.headers).decode(), body, row.id])


def _key_of(request: Request) -> str | None:
    key = request.headers.get(HEADER)
    if key is not None and not KEY.fullmatch(key):
        text = _("The Idempotency-Key must be 1 to 200 printable characters.")
        raise serializers.ValidationError({HEADER: [text]})
    return key


def run(request: Request, by: Actor, perform: Callable[[], Response]) -> Response:
    """Run `perform` once for each key of a user; without a key just run it.

    A refusal rolls the claim back with everything else: nothing was written, and the client may mend
    and repeat. Raises Refused for a key that came with another body, or from another post.
    """
    key = _key_of(request)
    user_id = by.user_id
    if key is None or user_id is None:
        return perform()
    row = IdempotencyKey(
        user_id=user_id,
        key=key,
        request_hash=_request_hash(request, by),
        created_at=timezone.now(),
    )
    if not _claim(row):
        earlier = IdempotencyKey.objects.get(user_id=user_id, key=key)
        return _replay(earlier, bytes(row.request_hash))
    answer = perform()
    row.status = answer.status_code
    row.headers = {name: answer[name] for name in KEPT_HEADERS if name in answer}
    row.body = None if answer.data is None else dumps(answer.data).decode()
    _keep(row)
    return answer


def once(
    request: HttpRequest, by: Actor, key: str, perform: Callable[[], str], *, part: str = ""
) -> str:
    """Do what a page's form asks and return the address to show; the same form sent again leads there only.

    Unlike a key of the REST door, other words are another request: whoever went back and wrote something
    else means it. A form without a key, and whoever acts without a user, is not known again. Call it in
    the transaction of the work, which takes the claim with it where the work is refused. `part` names one of
    several things that a form asks for, each in a transaction of its own.
    """
    if not key or by.user_id is None:
        return perform()
    said = _form_hash(request, by, part)
    row = IdempotencyKey(
        user_id=by.user_id,
        key=f"form:{said.hex()}",
        request_hash=said,
        created_at=timezone.now(),
    )
    if not _claim(row):
        earlier = IdempotencyKey.objects.get(user_id=row.user_id, key=row.key)
        return str(earlier.headers["Location"])
    address = perform()
    row.status, row.headers = 302, {"Location": address}
    _keep(row)
    return address


def _form_hash(request: HttpRequest, by: Actor, part: str) -> bytes:
    """Return the digest of a form: where it was posted, at which post, and all its words, its key among them."""
    words = sorted(pair for pair in request.POST.lists() if pair[0] != CSRF_FIELD)
    post = f"{by.facility_id} {by.role} {by.for_user_id or ''}"
    return hashlib.sha256(orjson.dumps([request.path, post, words, part])).digest()
