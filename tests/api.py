"""A client of the REST door for tests: signs in by token, sends JSON, returns the answer in plain parts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.test import Client

API: Final = "/api/v1"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API answered."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str]
    content: bytes

    @property
    def code(self) -> str:
        """The stable code of a problem, empty for anything else."""
        return str(self.body.get("code", ""))

    @property
    def results(self) -> list[dict[str, Any]]:
        """The rows of a list."""
        rows: list[dict[str, Any]] = self.body["results"]
        return rows

    @property
    def ids(self) -> list[UUID]:
        """The ids of the rows of a list."""
        return [UUID(row["id"]) for row in self.results]


@dataclass(slots=True)
class Api:
    """A client of the REST door that signs in by token, if it has one."""

    token: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    client: Client = field(default_factory=Client)

    def get(
        self,
        path: str,
        query: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """GET a path below /api/v1, or a whole URL from a page's `next`."""
        return self.send("GET", path, query=query, headers=headers)

    def post(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        if_match: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """POST a JSON object below /api/v1."""
        named = {"Idempotency-Key": key, "If-Match": if_match}
        given = {name: value for name, value in named.items() if value is not None}
        return self.send("POST", path, body=body or {}, headers={**given, **(headers or {})})

    def patch(self, path: str, body: Mapping[str, Any], *, if_match: str | None = None) -> Answer:
        """PATCH a JSON object below /api/v1."""
        headers = {} if if_match is None else {"If-Match": if_match}
        return self.send("PATCH", path, body=body, headers=headers)

    def put(self, path: str, body: Mapping[str, Any]) -> Answer:
        """PUT a JSON object below /api/v1."""
        return self.send("PUT", path, body=body)

    def upload(self, path: str, file: Any, *, key: str | None = None, **words: str) -> Answer:
        """POST one file, with what else the form holds, as multipart/form-data."""
        headers = self._all({} if key is None else {"Idempotency-Key": key})
        return _answer(self.client.post(f"{API}{path}", {"file": file, **words}, headers=headers))

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send any method; a body of bytes is sent as it is."""
        url = path if path.startswith("http") else f"{API}{path}"
        data = body if isinstance(body, bytes) or body is None else json.dumps(body, default=str)
        return _answer(
            self.client.generic(
                method,
                url,
                data or b"",
                "application/json",
                query_params=dict(query) if query else None,
                headers=self._all(headers or {}),
            )
        )

    def _all(self, headers: Mapping[str, str]) -> dict[str, str]:
        signed = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return {**signed, **self.headers, **headers}


def _answer(response: Any) -> Answer:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    is_json = "json" in response.headers.get("Content-Type", "")
    body = json.loads(content) if content and is_json else {}
    return Answer(response.status_code, body, response.headers, content)
