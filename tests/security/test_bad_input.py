"""Whatever is sent, the answer is 4xx with the field named, never 500, and nothing in the database changes."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import orjson
import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from accounts import scope
from accounts.actors import Actor
from accounts.permissions import Role
from accounts.rest.problems import CONTENT_TYPE
from referral.models import Referral
from tests.security.forms import Form, forms, is_nullable, kinds_of
from tests.security.objects import JSON, Asked, Objects
from tests.security.routes import FILES, api_routes
from tests.security.world import Person

FORMS: Final = forms()
# A value of each JSON type; none of them is a text that any field takes by chance.
VALUES: Final[dict[str, Any]] = {
    "string": "☃ no such value",
    "integer": 7_777_777,
    "number": 0.5,
    "boolean": True,
    "array": [["x"]],
    "object": {"x": "y"},
    "null": None,
}
# Columns that only a move or the system writes (attack 3), and names that mean something to Python.
_OFFERED: Final = {name for form in FORMS for name in form.fields}
NEVER: Final = [
    *sorted({field.name for field in Referral._meta.get_fields()} - _OFFERED),
    *[
        "accepted_by",
        "is_staff",
        "is_superuser",
        "role",
        "facility_id",
        "user_id",
        "pk",
        "_state",
        "__class__",
        "__proto__",
    ],
    *[
        "constructor",
        "allowed_actions",
        "patient__name",
        "from_facility.id",
        "$where",
        "note[]",
        "NOTE",
        "備註",
    ],
    " note",
    "",
]


@cache
def _digests() -> str:
    """Return one statement that counts the rows of every table and digests what they hold."""
    with connection.cursor() as cursor:
        tables = sorted(connection.introspection.table_names(cursor))
    return " UNION ALL ".join(
        f"SELECT '{table}', count(*), sum(hashtextextended(t::text, 0))::text FROM {table} t"
        for table in tables
    )


def contents() -> dict[str, tuple[int, str | None]]:
    """Return the number of rows of every table, with a digest of what they hold."""
    with scope.transaction_as(Actor.system()), connection.cursor() as cursor:
        cursor.execute(_digests())
        return {table: (rows, digest) for table, rows, digest in cursor.fetchall()}


# Rows that this transaction has written or deleted, also those of savepoints that were undone.
_WRITES: Final = """SELECT sum(pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)
 + pg_stat_get_xact_tuples_deleted(oid)) FROM pg_class
 WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"""


def writes() -> int:
    """Return how many rows this transaction has tried to write; what was undone stays counted."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITES)
        return int(cursor.fetchone()[0])


class Sender:
    """Sends bodies to one write as somebody who may do it, and nothing is undone but what succeeded."""

    def __init__(self, form: Form, objects: Objects, client: Client) -> None:
        self.form, self.objects, self.client = form, objects, client
        self.person: Person = objects.world.who(form.relation, Role(form.role))
        self.path = objects.path(api_routes()[form.address], form.object)

    @property
    def good(self) -> dict[str, Any]:
        """Return a body that would be acted on."""
        body = self.objects.body(self.form.address, self.form.method, self.form.object)
        found: dict[str, Any] = orjson.loads(orjson.dumps(body))
        return found

    def send(self, body: bytes, kind: str = JSON, **headers: str) -> HttpResponse:
        """Send bytes; what the database would refuse at the commit of what was done, it refuses here."""
        answer = Asked(self.form.method, self.path, body, kind).send(
            self.client, self.person, **headers
        )
        if answer.status_code < 400:
            connection.check_constraints()
        return answer

    def refused(self, body: Any, field: str | None = None, status: int = 400) -> None:
        """Send a body that must be refused, and see that the field at fault is named."""
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        answer = self.send(raw)
        shown = answer.content.decode()
        assert answer.status_code == status or (answer.status_code == 422 and field), (
            raw[:200],
            shown,
        )
        assert answer.headers["Content-Type"] == CONTENT_TYPE, raw[:200]
        if field is not None:
            errors = orjson.loads(answer.content).get("errors", {})
            assert any(_names(name, field) for name in errors), (raw[:200], field, shown)

    def all_refused(self, values: dict[str, Any]) -> None:
        """Send wrong values of many fields at once, then alone each that the answer did not name."""
        if not values:
            return
        answer = self.send(orjson.dumps(self.good | values))
        assert answer.status_code in {400, 422}, (list(values), answer.content)
        assert answer.headers["Content-Type"] == CONTENT_TYPE, list(values)
        named = orjson.loads(answer.content).get("errors", {})
        for field, value in values.items():
            if not any(_names(name, field) for name in named):
                self.refused(self.replaced(field, value), field or "body")

    def texts(self) -> list[str]:
        """Return the fields that take text."""
        fields = self.form.fields.items()
        return [name for name, schema in fields if "string" in kinds_of(schema)]

    def replaced(self, field: str, value: Any) -> dict[str, Any]:
        """Return a good body but for one field, without the field that excludes it."""
        other = {"email": "url", "delivery": "since"}.get(field)
        return {name: kept for name, kept in self.good.items() if name != other} | {field: value}


def _names(error: str, field: str) -> bool:
    return error == field or error.startswith((f"{field}.", f"{field}["))


@pytest.fixture(scope="module")
def before(objects: Objects) -> dict[str, tuple[int, str | None]]:
    """What the database holds before the first test, and so before every one."""
    return contents()


@pytest.fixture(params=FORMS, ids=str)
def sender(
    request: pytest.FixtureRequest,
    objects: Objects,
    client: Client,
    before: dict[str, tuple[int, str | None]],
) -> Iterator[Sender]:
    """One write after the other; each leaves the database as it was.

    Where not one row was written, also none that was undone, there is nothing to compare.
    """
    written = writes()
    yield Sender(request.param, objects, client)
    if writes() != written:
        assert contents() == before


def test_the_good_body_is_good(sender: Sender) -> None:
    """Were it refused anyway, the tests below would prove nothing."""
    with transaction.atomic():
        answer = sender.send(orjson.dumps(sender.good))
        transaction.set_rollback(True)
    assert 200 <= answer.status_code < 300, answer.content


def test_missing_fields_are_named(sender: Sender) -> None:
    for field in sender.form.required:
        body = sender.good
        body.pop(field, None)
        sender.refused(body, field)
    for field in sender.form.required:
        sender.refused(b"{}", field)
        sender.refused(b"", field)


def test_unknown_fields_are_named(sender: Sender) -> None:
    """So no column can be written that the form does not offer (attack 3)."""
    sender.all_refused({field: "x" for field in NEVER if field not in sender.form.fields})


def test_wrong_types_are_named(sender: Sender) -> None:
    for kind, value in VALUES.items():
        fields = sender.form.fields.items()
        sender.all_refused({name: value for name, schema in fields if kind not in _good(schema)})


def _good(schema: dict[str, Any]) -> set[str]:
    good = kinds_of(schema) | ({"null"} if is_nullable(schema) else set())
    return good | ({"integer"} if "number" in good else set())


def test_over_long_and_malformed_texts_are_named(sender: Sender) -> None:
    for field, schema in sender.form.fields.items():
        if "string" not in kinds_of(schema):
            continue
        most = schema.get("maxLength")
        sender.refused(sender.replaced(field, "长" * ((most or 3000) + 1)), field)
        if most is None:
            for text in ("☃", "0000-00-00", "9999-99-99T99:99:99Z", "{}", "../../x", "' OR 1=1"):
                sender.refused(sender.replaced(field, text), field)


def test_control_characters_are_named(sender: Sender) -> None:
    for char in "\x00\x01\x08\x0b\x1b\x1f":
        sender.all_refused(dict.fromkeys(sender.texts(), f"文{char}字"))


def test_emoji_are_text(sender: Sender) -> None:
    """They are taken where text is, or refused by name; composed, astral and right-to-left ones alike."""
    for text in ("👩🏽‍⚕️ 好", "𠮷野家", "\u202eabc\u202d", "e\u0301"):
        left = sender.texts()
        named: set[str] | None = None
        while left and (named := _named_of_all(sender, left, text)):
            left = [field for field in left if field not in named]
        if left and named is None:
            # Refused together for something else: then each has to be right alone.
            for field in left:
                assert _named_of_all(sender, [field], text) is not None, (field, text)


def _named_of_all(sender: Sender, fields: list[str], text: str) -> set[str] | None:
    """Send a text in several fields at once; return those refused by name, none if all were taken.

    Returns None where it was refused and none of them was named.
    """
    with transaction.atomic():
        alone = sender.replaced(fields[0], text)
        body = alone if len(fields) == 1 else sender.good | dict.fromkeys(fields, text)
        answer = sender.send(orjson.dumps(body))
        transaction.set_rollback(True)
    if answer.status_code < 300:
        return set()
    errors = orjson.loads(answer.content).get("errors", {})
    named = {field for field in fields if any(_names(name, field) for name in errors)}
    return named if answer.status_code in {400, 422} and named else None


def test_huge_deep_and_broken_bodies_are_refused(sender: Sender) -> None:
    sender.refused(b'{"note": "' + b"x" * 1_048_576 + b'"}', status=413)
    sender.refused(b'{"note": ' + b"[" * 1000 + b"]" * 1000 + b"}")
    sender.refused(b'{"note": ' + b'{"a":' * 1000 + b"1" + b"}" * 1001)
    for raw in (
        b"[]",
        b"null",
        b'"x"',
        b"1",
        b"{",
        b"{'note': 1}",
        b'{"note": NaN}',
        b'{"note": Infinity}',
        b'{"note": -Infinity}',
        b'{"note": "\\ud800"}',
        b'{"note": "\\udfff\\ud800"}',
        b'{"note": "\xff\xfe"}',
        b"\xef\xbb\xbf{}x",
        '{"note": "x"}'.encode("utf-16"),
        b"{}{}",
        b"a=1",
        b"\x00",
    ):
        sender.refused(raw)


def test_numbers_beyond_every_column_are_refused(sender: Sender) -> None:
    for number in (b"9" * 400, b"-" + b"9" * 40, b"1e999", b"1e-999", b"0." + b"1" * 400):
        for fields in (list(sender.form.fields), ["no_such_field"]):
            if fields:
                pairs = (b'"%s": %s' % (field.encode(), number) for field in fields)
                sender.refused(b"{%s}" % b", ".join(pairs))


def test_a_field_given_twice_is_named(sender: Sender) -> None:
    """Two readers of one body must not see two values."""
    for field in [*sender.form.fields, "no_such_field"][:3]:
        raw = orjson.dumps(sender.good)[:-1] + (b"," if sender.good else b"")
        name = field.encode()
        sender.refused(raw + b'"%s": "a", "%s": "b"}' % (name, name), field)
    sender.refused(b'{"no_such_field": {"a": 1, "a": 2}}', "no_such_field")


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/json-patch+json",
        "nonsense",
    ],
)
def test_other_media_types_are_refused(kind: str, objects: Objects, client: Client) -> None:
    before = contents()
    for form in FORMS:
        sender = Sender(form, objects, client)
        answer = sender.send(orjson.dumps(sender.good) or b"x", kind)
        assert answer.status_code == 415, (str(form), answer.content)
        assert answer.headers["Content-Type"] == CONTENT_TYPE
    assert contents() == before


def test_every_write_is_tried() -> None:
    """Every POST and PATCH of the document has somebody here who may do it; files have tests of their own."""
    tried = {(form.address, form.method) for form in FORMS}
    all_of_them = {
        (name, method)
        for name, route in api_routes().items()
        for method in route.methods
        if method in {"POST", "PATCH"}
    }
    assert all_of_them - tried == {(address, "POST") for address in FILES}
