"""Speaks to the REST API as the people of the scenario do, and stops at the first unexpected answer."""

import http.client
import json
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

API = "/api/v1"
PATIENCE = 30.0

Answer = dict[str, Any]


class Stopped(Exception):
    """The demonstration cannot go on; the text says why in one sentence."""


class Client:
    """One connection to the running system; every call says who makes it."""

    def __init__(self, url: str, tokens: Mapping[str, str], *, language: str) -> None:
        """Take the system's address and the bearer token of each person by user name."""
        parts = urlsplit(url)
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        self.url, self.prefix = url, parts.path.rstrip("/")
        self._line = kind(parts.netloc, timeout=PATIENCE)
        self._tokens, self._language = tokens, language
        self.requests = 0

    def close(self) -> None:
        """Hang up."""
        self._line.close()

    def check_ready(self) -> None:
        """Raise Stopped unless the system runs and is ready."""
        status, body = self._send("GET", "/readyz", {}, None)
        if status != http.HTTPStatus.OK:
            text = _("The system at %(url)s is not ready (%(why)s): wait a moment and try again.")
            raise Stopped(text % {"url": self.url, "why": body.decode(errors="replace")[:200]})

    def get(self, who: str, path: str) -> Answer:
        """Read; raises Stopped unless the answer is 200."""
        return self.call(who, "GET", path)

    def post(
        self, who: str, path: str, body: Answer | None = None, *, version: int | None = None
    ) -> Answer:
        """Write once; with `version` only if the record is still at it. Raises Stopped."""
        return self.call(who, "POST", path, body or {}, version=version)

    def call(
        self,
        who: str,
        method: str,
        path: str,
        body: Answer | None = None,
        *,
        version: int | None = None,
    ) -> Answer:
        """Send one request of a person and return the JSON of its answer; raises Stopped."""
        headers = {
            "Authorization": f"Bearer {self._tokens[who]}",
            "Accept": "application/json",
            "Accept-Language": self._language,
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
            headers["Idempotency-Key"] = str(uuid.uuid4())
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        data = None if body is None else json.dumps(body).encode()
        status, text = self._send(method, API + path, headers, data)
        if status not in {200, 201}:
            words = {"who": who, "call": f"{method} {path}", "status": status}
            said = text.decode(errors="replace")[:500]
            raise Stopped(_("%(who)s: %(call)s was answered by %(status)s.") % words + f"\n{said}")
        answer: Answer = json.loads(text)
        return answer

    def _send(
        self, method: str, path: str, headers: Mapping[str, str], data: bytes | None
    ) -> tuple[int, bytes]:
        self.requests += 1
        try:
            self._line.request(method, self.prefix + path, data, dict(headers))
            answer = self._line.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            text = _("Nothing answers at %(url)s: start the system with `make run` first.")
            raise Stopped(text % {"url": self.url}) from error
