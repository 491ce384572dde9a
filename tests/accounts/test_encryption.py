"""Encryption at rest: the database never sees a text, and a value opens only in its own row."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core import serializers
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts import keys
from accounts.encryption import CannotDecrypt, blind_index, blind_token, seal, unseal
from accounts.models import IdempotencyKey
from tests.facilities.factories import make_user

SECRET = "张三, 110101199003070000"
ONE, TWO = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))


@pytest.fixture
def key_ring(settings: Any) -> Iterator[Any]:
    """Return how to use other keys for the rest of the test."""

    def use(text: str) -> None:
        settings.FIELD_KEYS = text
        keys.field_keys.cache_clear()

    yield use
    keys.field_keys.cache_clear()


def stored(text: str | None = SECRET) -> IdempotencyKey:
    return IdempotencyKey.objects.create(
        user=make_user(),
        key="k",
        request_hash=bytes(32),
        status=200,
        body=text,
        created_at=timezone.now(),
    )


def raw(row: IdempotencyKey) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM accounts_idempotencykey WHERE id = %s", [row.pk])
        return bytes(cursor.fetchone()[0])


@given(st.text())
def test_what_is_sealed_opens(text: str) -> None:
    if any("\ud800" <= char <= "\udfff" for char in text):
        return
    assert unseal(seal(text, context="t.c:1"), context="t.c:1") == text


def test_two_seals_of_one_text_differ() -> None:
    assert len({seal(SECRET, context="x") for _each in range(50)}) == 50


def test_the_stored_form() -> None:
    token = seal(SECRET, context="t.c:1")
    assert token[0] == 1
    assert token[1] == keys.field_keys().active
    assert len(token) == 2 + 12 + len(SECRET.encode()) + 16
    key = keys.field_keys().by_id[token[1]]
    opened = AESGCM(key).decrypt(token[2:14], token[14:], token[:2] + b"t.c:1")
    assert opened.decode() == SECRET


@pytest.mark.parametrize("other", ["t.c:2", "t.d:1", "u.c:1", ""])
def test_it_opens_in_no_other_place(other: str) -> None:
    with pytest.raises(CannotDecrypt):
        unseal(seal(SECRET, context="t.c:1"), context=other)


def test_every_byte_counts() -> None:
    token = seal("x", context="t")
    for place in range(len(token)):
        altered = bytearray(token)
        altered[place] ^= 1
        with pytest.raises(CannotDecrypt):
            unseal(bytes(altered), context="t")
    for length in range(len(token)):
        with pytest.raises(CannotDecrypt):
            unseal(token[:length], context="t")


def test_keys_are_turned_over(key_ring: Any) -> None:
    key_ring(f"1:{ONE}")
    old = seal(SECRET, context="t")
    key_ring(f"1:{ONE},2:{TWO}")
    new = seal(SECRET, context="t")
    assert (old[1], new[1]) == (1, 2)
    assert unseal(old, context="t") == unseal(new, context="t") == SECRET
    key_ring(f"2:{TWO}")
    assert unseal(new, context="t") == SECRET
    with pytest.raises(CannotDecrypt, match="not configured"):
        unseal(old, context="t")
    key_ring(f"1:{TWO}")
    with pytest.raises(CannotDecrypt):
        unseal(old, context="t")


@pytest.mark.parametrize(
    "text",
    ["", "x", f"0:{ONE}", f"256:{ONE}", f"-1:{ONE}", f"a:{ONE}", "1:", "1:short", "1:!!!!", ONE],
)
def test_bad_keys_stop_the_start(text: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        keys.parse_field_keys(text)


def test_the_last_key_seals() -> None:
    ring = keys.parse_field_keys(f"7:{ONE}, 3:{TWO}")
    assert (ring.active, set(ring.by_id)) == (3, {3, 7})


def test_blind_indexes() -> None:
    found = blind_index("x", purpose="a")
    assert len(found) == 32
    assert found == blind_index("x", purpose="a")
    assert found != blind_index("x", purpose="b")
    assert blind_index("bc", purpose="a") != blind_index("c", purpose="ab")
    assert b"x" * 8 not in blind_index("x" * 8, purpose="a")
    assert all(0 <= blind_token(str(n), purpose="a") < 2**63 for n in range(200))


def test_the_database_has_no_text(db: None) -> None:
    row = stored()
    assert row.body == SECRET
    for part in ("张三", "110101199003070000"):
        assert part.encode() not in raw(row)
    assert IdempotencyKey.objects.get(pk=row.pk).body == SECRET


def test_null_and_empty(db: None) -> None:
    empty, none = stored(""), stored(None)
    assert IdempotencyKey.objects.get(pk=none.pk).body is None
    assert IdempotencyKey.objects.get(pk=empty.pk).body == ""
    assert len(raw(empty)) == 30


def test_a_value_copied_to_another_row_does_not_open(db: None) -> None:
    first, second = stored(), stored("李四")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_idempotencykey SET body = %s WHERE id = %s", [raw(first), second.pk]
        )
    swapped = IdempotencyKey.objects.get(pk=second.pk)
    with pytest.raises(CannotDecrypt):
        _ = swapped.body
    assert IdempotencyKey.objects.get(pk=first.pk).body == SECRET


def test_it_is_opened_only_when_read(db: None) -> None:
    row = stored()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_idempotencykey SET body = 'x' WHERE id = %s", [row.pk])
    broken = IdempotencyKey.objects.get(pk=row.pk)
    assert broken.status == 200
    with pytest.raises(CannotDecrypt):
        _ = broken.body


def test_what_nobody_opened_is_written_back_untouched(db: None) -> None:
    row = stored()
    before = raw(row)
    unopened = IdempotencyKey.objects.get(pk=row.pk)
    unopened.save()
    assert raw(row) == before
    unopened.status = 201
    unopened.save(update_fields=["status"])
    assert raw(row) == before
    _ = unopened.body
    unopened.save(update_fields=["body"])
    assert raw(row) != before
    assert IdempotencyKey.objects.get(pk=row.pk).body == SECRET


def test_deferred(db: None, django_assert_num_queries: Any) -> None:
    row = stored()
    later = IdempotencyKey.objects.defer("body").get(pk=row.pk)
    with django_assert_num_queries(1):
        assert later.body == SECRET
    with django_assert_num_queries(0):
        assert later.body == SECRET


def test_nothing_is_written_past_the_encryption(db: None) -> None:
    row = stored()
    before = raw(row)
    rows = IdempotencyKey.objects.filter(pk=row.pk)
    row.body = "plain"
    for write in (
        lambda: rows.update(body="plain"),
        lambda: IdempotencyKey.objects.bulk_update([row], ["body"]),
        lambda: list(IdempotencyKey.objects.filter(body=SECRET)),
    ):
        with pytest.raises(TypeError, match="through its instance only"), transaction.atomic():
            write()
    assert raw(row) == before


def test_many_at_once(db: None) -> None:
    user = make_user()
    made = [
        IdempotencyKey(
            user=user,
            key=str(number),
            request_hash=bytes(32),
            status=200,
            body=f"{SECRET}{number}",
            created_at=timezone.now(),
        )
        for number in range(3)
    ]
    IdempotencyKey.objects.bulk_create(made)
    found = IdempotencyKey.objects.filter(user=user).order_by("key")
    assert [row.body for row in found] == [f"{SECRET}{number}" for number in range(3)]


def test_a_dump_has_no_text(db: None) -> None:
    row = stored()
    assert row.body == SECRET
    for fresh in (row, IdempotencyKey.objects.get(pk=row.pk)):
        dump = serializers.serialize("json", [fresh])
        assert "张三" not in dump
        assert json.dumps("张三")[1:-1] not in dump
        assert "110101199003070000" not in dump


def test_it_shows_itself_to_no_one(db: None) -> None:
    assert SECRET not in repr(stored())
    assert "张三" not in str(stored())
