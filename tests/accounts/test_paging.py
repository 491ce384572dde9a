"""Pages by keyset: a cursor that is not one of the list's own is refused, whatever it holds."""

import base64
from itertools import product
from typing import Any

import orjson
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from accounts.models import User
from accounts.rest import keyset
from tests.facilities.factories import make_user
from tests.factories import World


def cursor(*values: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


UUID_1 = "01900000-0000-7000-8000-000000000001"
TIME = "2026-01-01T00:00:00+08:00"
GARBAGE = [
    "x",
    "!!!!",
    "\x00",
    "中文",
    "=",
    "a" * 500,
    cursor(),
    cursor(1),
    cursor(True),
    cursor(False, TIME),
    cursor(False, TIME, UUID_1, 1),
    cursor("no", TIME, UUID_1),
    cursor(False, None, UUID_1),
    cursor(False, TIME, None),
    cursor(False, "yesterday", UUID_1),
    cursor(False, "2026-01-01", UUID_1),
    cursor(False, "2026-01-01T00:00:00", UUID_1),
    cursor(False, "2026-13-01T00:00:00+08:00", UUID_1),
    cursor(False, 5, UUID_1),
    cursor(False, [TIME], UUID_1),
    cursor(False, {"a": 1}, UUID_1),
    cursor(False, TIME, "x"),
    cursor(False, TIME, -1),
    cursor(False, TIME, 1.5),
    cursor(False, TIME, [UUID_1]),
    base64.urlsafe_b64encode(b"[false, 1e999, 1]").decode(),
    base64.urlsafe_b64encode(b'{"0": false}').decode(),
    base64.urlsafe_b64encode(b"[" * 300).decode(),
    base64.urlsafe_b64encode(b"\xff\xfe").decode(),
]


def test_garbage_is_refused(world: World) -> None:
    for text in GARBAGE:
        answer = world.doctor.api.get("/referrals/", {"cursor": text})
        assert (answer.status, answer.code) == (400, "invalid"), text
        assert answer.body["errors"]


IN_THE_INBOX = [
    cursor(False, "abc", TIME, UUID_1),
    cursor(False, -1, TIME, UUID_1),
    cursor(False, 10**12, TIME, UUID_1),
    base64.urlsafe_b64encode(f'[false, 1e999, "{TIME}", "{UUID_1}"]'.encode()).decode(),
    base64.urlsafe_b64encode(f'[false, NaN, "{TIME}", "{UUID_1}"]'.encode()).decode(),
]


def test_garbage_in_the_inbox(world: World) -> None:
    for text in IN_THE_INBOX:
        answer = world.office.api.get("/referrals/", {"box": "inbox", "cursor": text})
        assert (answer.status, set(answer.body["errors"])) == (400, {"cursor"}), text
    for number in (0, 2):
        text = cursor(False, number, TIME, UUID_1)
        assert world.office.api.get("/referrals/", {"box": "inbox", "cursor": text}).status == 200


def test_garbage_in_other_lists(world: World) -> None:
    bad = (cursor(False, "\x00", UUID_1), cursor(False, "a"), cursor(False), "x")
    for path, text in product(("/facilities/", "/patients/"), bad):
        answer = world.doctor.api.get(path, {"cursor": text})
        assert answer.status == 400, (path, text)


def names(page: Any) -> list[str]:
    return [row.username for row in page.rows]


def ask(url: str = "/x/?limit=2") -> Any:
    return Request(APIRequestFactory().get(url))


def test_a_walk_over_equal_values_meets_each_row_once(db: None) -> None:
    for number in range(7):
        make_user(f"u{number}", full_name="同名")
    rows = User.objects.filter(username__startswith="u")
    for order in (("full_name", "username"), ("-full_name", "-username")):
        met, text = [], None
        while True:
            page = keyset(rows, request=ask(), order=order, limit=2, cursor=text)
            met += names(page)
            if page.next is None:
                break
            text = page.next.partition("cursor=")[2]
        assert met == sorted(met, reverse=order[0].startswith("-"))
        assert len(met) == len(set(met)) == 7


def test_an_empty_list_has_no_neighbours(db: None) -> None:
    page = keyset(User.objects.none(), request=ask(), order=("username", "id"))
    assert (page.rows, page.next, page.previous) == ([], None, None)


def test_a_full_last_page_has_no_next(db: None) -> None:
    for number in range(4):
        make_user(f"u{number}")
    rows = User.objects.filter(username__startswith="u")
    first = keyset(rows, request=ask(), order=("username", "id"), limit=2)
    assert first.next is not None
    text = first.next.partition("cursor=")[2]
    last = keyset(rows, request=ask(), order=("username", "id"), limit=2, cursor=text)
    assert (names(last), last.next) == (["u2", "u3"], None)
    assert last.previous is not None
