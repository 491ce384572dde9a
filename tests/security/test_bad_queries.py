"""Query parameters, cursors and headers that mean harm: 4xx or the plain answer, never 500."""

import base64
import itertools
import random
from typing import Any, Final
from urllib.parse import quote

import orjson
import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.permissions import Role
from accounts.rest.problems import CONTENT_TYPE
from tests.security.forms import document
from tests.security.matrix import rows
from tests.security.objects import Asked, Objects
from tests.security.routes import api_routes
from tests.security.test_bad_input import contents
from tests.security.world import RELATIONS, ROLES, Person

# Of each address the line by which somebody reads.
READS: Final = list(
    {
        row.address: row
        for row in rows()
        if row.method == "GET" and any("+" in cell for cell in row.cells)
    }.values()
)
# Names by which frameworks were led astray: look-ups, connectors, attributes, nesting, templates.
STEMS: Final = [
    "status",
    "patient",
    "password",
    "token",
    "id",
    "pk",
    "user",
    "origin",
    "from_facility",
    "to_facility",
    "episode",
    "number",
]
ENDINGS: Final = [
    "__password",
    "__exact",
    "__gt",
    "__isnull",
    "__regex",
    "__in",
    "__contains",
    ".b",
    "[]",
    "[0]",
    "[$ne]",
    "--",
    ":",
    "/",
    "\\",
    "'",
    '"',
    ";",
    "%00",
]
SINGLE: Final = [
    "_connector",
    "_negated",
    "__class__",
    "__init__",
    "__proto__",
    "constructor",
    "a.b",
    "x__password",
    "ordering",
    "order_by",
    "fields",
    "include",
    "expand",
    "format",
    "_",
    "$where",
    "page",
    "offset",
    "page_size",
    "limit[]",
    "cursor[]",
    "LIMIT",
    "Limit",
    "ｌｉｍｉｔ",
    "null",
    "undefined",
    "true",
    "0",
    "-1",
    "{{7*7}}",
    "${7*7}",
    "*",
]
VALUES: Final = (
    "",
    " ",
    "x" * 5000,
    "\x00",
    "a\x00b",
    "-1",
    "0",
    "201",
    "9" * 400,
    "1e9",
    "NaN",
    "0x10",
    "１２",
    "[]",
    "{}",
    "null",
    "true",
    "👩🏽‍⚕️",
    "'; DROP TABLE referral_referral; --",
    "%",
    "_",
    "\\",
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "2026-01-01T00:00:00",
    "00000000-0000-0000-0000-000000000000",
    "{01234567-89ab-cdef-0123-456789abcdef}",
    "../../etc/passwd",
)
RAW: Final = ("%", "%ff", "%ed%a0%80", "%C0%80", "%u0041", "+", "&&&", "=", "a=b=c", ";", "#")


def _names() -> list[str]:
    """Return 500 names of parameters that no list has, the same in every run."""
    made = [f"{stem}{ending}" for stem, ending in itertools.product(STEMS, ENDINGS)]
    chance = random.Random(20261122)
    while len(made) + len(SINGLE) < 500:
        made.append("".join(chance.choices("abcdefghij_.[]$%éß漢👍-+ ", k=chance.randint(1, 30))))
    return [*SINGLE, *made][:500]


NAMES: Final = _names()


def reader(objects: Objects, address: str) -> Person:
    """Return somebody who may read an address."""
    row = next(row for row in READS if row.address == address)
    for relation, cell in zip(RELATIONS, row.cells, strict=True):
        if "+" in cell:
            return objects.world.who(relation, ROLES[cell.index("+")])
    raise AssertionError(address)


def asked(objects: Objects, client: Client, address: str, query: str) -> HttpResponse:
    """Ask for a list with a raw query string."""
    row = next(row for row in READS if row.address == address)
    path = objects.path(api_routes()[address], row.object)
    answer = Asked("GET", f"{path}?{query}").send(client, reader(objects, address))
    if answer.status_code != 200:
        assert answer.headers["Content-Type"] == CONTENT_TYPE, (address, query)
    return answer


def test_five_hundred_names_are_no_parameters(objects: Objects, client: Client) -> None:
    """None of them reaches a query; each is refused by its own name (attack 25)."""
    assert len(set(NAMES)) > 490
    for name in NAMES:
        answer = asked(objects, client, "referral-list", f"{quote(name)}=1")
        assert answer.status_code == 400, (name, answer.getvalue())
        assert len(orjson.loads(answer.content)["errors"]) == 1, name


@pytest.mark.parametrize("address", [row.address for row in READS])
def test_no_read_takes_a_parameter_that_it_does_not_know(
    address: str, objects: Objects, client: Client
) -> None:
    names = dict.fromkeys(NAMES)
    answer = asked(objects, client, address, "&".join(f"{quote(name)}=1" for name in names))
    assert answer.status_code == 400
    # Each by its own name, so none of them is known.
    assert set(orjson.loads(answer.content)["errors"]) == set(names)
    twice = asked(objects, client, address, "limit=1&limit=2")
    assert twice.status_code == 400


def _parameters(address: str) -> list[str]:
    """Return the query parameters of a list, as the document names them."""
    template = "/" + api_routes()[address].template.replace("<uuid:", "{").replace(
        "<slug:", "{"
    ).replace(">", "}")
    parameters = document()["paths"][template]["get"]["parameters"]
    return [each["name"] for each in parameters if each["in"] == "query"]


LISTS: Final = [row.address for row in READS if "limit" in _parameters(row.address)]


@pytest.mark.parametrize("address", LISTS)
def test_bad_values_are_refused_or_find_nothing_new(
    address: str, objects: Objects, client: Client
) -> None:
    everything = {row["id"] for row in _results(asked(objects, client, address, "limit=200"))}
    # Whose numbers are asked for is no filter: others' are not there.
    allowed = {200, 400} | ({404} if address.startswith("indicator") else set())
    for name in _parameters(address):
        for value in VALUES:
            answer = asked(objects, client, address, f"{name}={quote(value)}")
            assert answer.status_code in allowed, (name, value, answer.content)
            if answer.status_code == 400:
                assert set(orjson.loads(answer.content)["errors"]) <= {name, "body"}
            elif answer.status_code == 200:
                assert {row["id"] for row in _results(answer)} <= everything, (name, value)
    for raw in RAW:
        assert asked(objects, client, address, raw).status_code in {200, 400}, raw


def _results(answer: HttpResponse) -> list[dict[str, Any]]:
    rows_: list[dict[str, Any]] = orjson.loads(answer.content)["results"]
    return [row if "id" in row else {"id": orjson.dumps(row)} for row in rows_]


def _cursor(*values: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(list(values))).rstrip(b"=").decode()


NOW: Final = "2026-01-01T00:00:00+00:00"
ID: Final = "01234567-89ab-7def-8123-456789abcdef"
CURSORS: Final = (
    "x",
    "====",
    "é",
    "\x00",
    _cursor(),
    _cursor(False),
    _cursor(False, NOW),
    _cursor(False, NOW, ID, ID),
    _cursor("no", NOW, ID),
    _cursor(1, NOW, ID),
    _cursor(None, NOW, ID),
    _cursor(False, None, ID),
    _cursor(False, NOW, None),
    _cursor(False, "\x00", ID),
    _cursor(False, "\x00", "\x00"),
    _cursor(False, "2026-01-01T00:00:00", ID),
    _cursor(False, "2026-01-01", ID),
    _cursor(False, "0001-01-01T00:00:00+14:00", ID),
    _cursor(False, "9999-12-31T23:59:59-14:00", ID),
    _cursor(False, 9_999_999_999_999, ID),
    _cursor(False, -1, NOW, ID),
    _cursor(False, 99_999, NOW, ID),
    _cursor(False, 2**63 - 1, NOW, ID),
    _cursor(False, 1.5, NOW, ID),
    _cursor(False, True, NOW, ID),
    _cursor(False, [NOW], {"a": ID}),
    _cursor(False, NOW, "'; --"),
    _cursor(False, "长" * 5000, ID),
    base64.urlsafe_b64encode(b"[[[[").decode(),
    base64.urlsafe_b64encode(b"[" * 400).decode(),
    base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    base64.urlsafe_b64encode(b'{"a": 1}').decode(),
    base64.urlsafe_b64encode(b'"text"').decode(),
    base64.urlsafe_b64encode(b"[false, 1" + b"0" * 300 + b', "x"]').decode(),
)


@pytest.mark.parametrize("address", LISTS)
def test_bad_cursors_are_refused_by_name(address: str, objects: Objects, client: Client) -> None:
    """A cursor of another list may by chance be one of this; then it only names a place in it."""
    for cursor in CURSORS:
        answer = asked(objects, client, address, f"cursor={quote(cursor)}")
        assert answer.status_code in {200, 400}, (cursor, answer.content)
        if answer.status_code == 400:
            assert set(orjson.loads(answer.content)["errors"]) <= {"cursor", "body"}
    assert asked(objects, client, address, "cursor=x").status_code == 400


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("X-Facility", ["x", "0", "é", "{}", "a" * 9000, "' OR 1=1", "../"]),
        ("Accept", ["", "text/html", "*/*;q=x", "application/json; indent=99999", "x" * 9000]),
        ("Accept-Language", ["", "xx", "en;q=9", "x" * 9000, "zh-hans,en,;;;"]),
        ("If-None-Match", ["x", '"1"', "*"]),
        ("Range", ["bytes=0-", "bytes=9-1"]),
        ("Cookie", ["sessionid=x", "sessionid=" + "x" * 5000, "=;=", "sessionid=\u00e9"]),
    ],
)
def test_bad_headers_are_refused_or_ignored(
    header: str, values: list[str], objects: Objects, client: Client
) -> None:
    for value in values:
        person = reader(objects, "referral-list")
        path = objects.path(api_routes()["referral-detail"], "submitted")
        answer = Asked("GET", path).send(client, person, **{header: value})
        assert answer.status_code in {200, 403, 406}, (value, answer.content)


@pytest.mark.parametrize("key", ["", " ", "\t", "x" * 201, "é\x01", "a\x7fb", "\x00"])
def test_bad_idempotency_keys_are_refused_by_name(
    key: str, objects: Objects, client: Client
) -> None:
    before = contents()
    person = objects.world.who("receiver", Role.HOSPITAL_DOCTOR)
    accept = objects.ask("referral-accept", "POST", "submitted")
    answer = accept.send(client, person, **{"Idempotency-Key": key})
    assert answer.status_code == 400
    assert list(orjson.loads(answer.content)["errors"]) == ["Idempotency-Key"]
    assert contents() == before


@pytest.mark.parametrize("version", ["", "x", '"', '"-1"', '"1.0"', '"9999999999"', 'W/"0"', "é"])
def test_a_version_that_is_not_the_present_one_is_stale(
    version: str, objects: Objects, client: Client
) -> None:
    before = contents()
    person = objects.world.who("receiver", Role.HOSPITAL_DOCTOR)
    accept = objects.ask("referral-accept", "POST", "submitted")
    answer = accept.send(client, person, **{"If-Match": version})
    assert answer.status_code == 412, answer.content
    assert contents() == before
