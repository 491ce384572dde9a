"""A cursor is text from outside: whatever it decodes to, the answer is 400 and never a defect."""

import base64
from typing import Any, Final

import orjson
import pytest
from django.test import Client

from accounts.permissions import Role
from tests.security.objects import Objects

ID: Final = "00000000-0000-7000-8000-000000000000"
NOW: Final = "2026-01-01T00:00:00Z"


def _cursor(*values: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([False, *values])).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/api/v1/facilities/", ("\x00", ID)),
        ("/api/v1/alliances/", ("a\x00b", ID)),
        ("/api/v1/referrals/?box=inbox", (1e30, NOW, ID)),
        ("/api/v1/referrals/?box=inbox", (10**9, NOW, ID)),
        ("/api/v1/referrals/?box=inbox", (-(10**9), NOW, ID)),
    ],
    ids=repr,
)
def test_a_forged_cursor_is_refused(
    path: str, values: tuple[Any, ...], objects: Objects, client: Client
) -> None:
    person = objects.world.who("receiver", Role.HOSPITAL_DOCTOR)
    joint = "&" if "?" in path else "?"
    answer = client.get(f"{path}{joint}cursor={_cursor(*values)}", headers=person.headers)
    assert answer.status_code == 400
    assert "cursor" in answer.json()["errors"]
