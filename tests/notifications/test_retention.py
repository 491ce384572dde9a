"""What is forgotten by time, what never is, and how attempts lie by month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from accounts.ids import uuid7
from notifications import retention, worker
from notifications.models import (
    Attempt,
    DeliveryTask,
    MessageState,
    Notice,
    OutboxMessage,
    Side,
    TaskReason,
)
from tests.notifications.helpers import post

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
OLD, VERY_OLD = timedelta(days=91), timedelta(days=366)
TABLE = "notifications_attempt"


@pytest.fixture
def owner() -> Iterator[Any]:
    """The owner's cursor, in a transaction that is undone."""
    with connections["owner"].cursor() as cursor:
        yield cursor


def make(age: timedelta, **changes: Any) -> OutboxMessage:
    """Return an in-app message of an earlier day that was delivered then, and its notice read."""
    at, recipient = timezone.now() - age, uuid7()
    with time_machine.travel(at):
        # Its identifier is made by this clock, as that of a message of that day was.
        post(recipient)
    message = OutboxMessage.objects.get(recipient_id=recipient)
    copied = ("recipient_id", "topic", "payload", "subject", "sequence", "priority")
    Notice.objects.create(
        outbox=message,
        created_at=at,
        read_at=at,
        **{name: getattr(message, name) for name in copied},
    )
    delivered = {"state": MessageState.DONE, "done_at": at, "escalate_at": None}
    values = {"created_at": at, **delivered, **changes}
    OutboxMessage.objects.filter(pk=message.pk).update(**values)
    return message


def is_there(message: OutboxMessage) -> bool:
    return OutboxMessage.objects.filter(pk=message.pk).exists()


def test_what_has_arrived_is_forgotten_after_ninety_days_with_its_notice() -> None:
    old, new = make(OLD), make(timedelta(days=89))
    DeliveryTask.objects.create(
        message=old,
        holder_id=uuid7(),
        side=Side.RECIPIENT,
        reason=TaskReason.UNDELIVERED,
        closed_at=timezone.now(),
    )
    assert retention.forget().messages == 1
    assert (is_there(old), is_there(new)) == (False, True)
    assert list(Notice.objects.values_list("outbox_id", flat=True)) == [new.pk]
    assert not DeliveryTask.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"state": MessageState.PENDING, "done_at": None},
        {"state": MessageState.DEAD, "done_at": None},
        {"requires_ack": True, "escalate_at": datetime(2030, 1, 1, tzinfo=UTC)},
        {"done_at": datetime.now(UTC)},
    ],
)
def test_what_somebody_may_wait_for_stays(changes: dict[str, Any]) -> None:
    message = make(VERY_OLD, **changes)
    assert retention.forget().messages == 0
    assert is_there(message)


def test_what_people_still_have_work_with_stays() -> None:
    message = make(VERY_OLD)
    task = DeliveryTask.objects.create(
        message=message, holder_id=uuid7(), side=Side.ORIGIN, reason=TaskReason.UNACKNOWLEDGED
    )
    assert retention.forget().messages == 0
    task.closed_at = timezone.now()
    task.save()
    assert retention.forget().messages == 1


def test_what_nobody_has_read_stays_a_year() -> None:
    old, very_old = make(OLD), make(VERY_OLD)
    Notice.objects.update(read_at=None)
    assert retention.forget().messages == 1
    assert (is_there(old), is_there(very_old)) == (True, False)


def test_it_goes_on_behind_what_has_to_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    kept = [make(VERY_OLD, state=MessageState.DEAD, done_at=None) for _each in range(3)]
    gone = [make(OLD) for _each in range(3)]
    assert retention.forget().messages == 3
    assert [is_there(each) for each in kept] == [True] * 3
    assert [is_there(each) for each in gone] == [False] * 3


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_message_that_somebody_works_on_is_left_for_the_next_time() -> None:
    message = make(OLD)
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM notifications_outboxmessage WHERE id = %s FOR UPDATE", [message.pk]
        )
        assert retention.forget().messages == 0
    assert retention.forget().messages == 1


def parts(cursor: Any) -> list[str]:
    cursor.execute(
        "SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid"
        " WHERE inhparent = %s::regclass ORDER BY relname",
        [TABLE],
    )
    return [str(name).removeprefix(f"{TABLE}_") for (name,) in cursor.fetchall()]


def months_back(count: int) -> datetime:
    """Return the first moment of the month `count` months ago."""
    now = timezone.now().astimezone(UTC)
    month = now.year * 12 + now.month - 1 - count
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)


def divided(cursor: Any) -> None:
    """Lay the table out as it is after half a year: a part for each of the last six months, one for the next."""
    cursor.execute(f"DROP TABLE {TABLE}_before")
    for number in range(-1, 6):
        start, end = months_back(number), months_back(number - 1)
        if f"{start:%Y_%m}" not in parts(cursor):
            cursor.execute(
                "SELECT accounts_part(%s, %s, format('FOR VALUES FROM (%%L) TO (%%L)',"
                " accounts_uuid7_from(%s), accounts_uuid7_from(%s)), '{}')",
                [TABLE, f"{TABLE}_{start:%Y_%m}", start, end],
            )


def attempt(cursor: Any, at: datetime) -> UUID:
    """Insert an attempt of another day; returns its message."""
    message = uuid7()
    cursor.execute(
        f"INSERT INTO {TABLE} (id, message_id, number, at, result, code, milliseconds)"
        " SELECT overlay(accounts_uuid7_from(%s)::text placing right(accounts_uuid7()::text, 22) from 15)::uuid,"
        " %s, 1, %s, 'delivered', '', 5",
        [at, message, at],
    )
    return message


def where(cursor: Any, message: UUID) -> str:
    """Return in which part the attempt of a message lies."""
    cursor.execute(f"SELECT tableoid::regclass::text FROM {TABLE} WHERE message_id = %s", [message])
    row = cursor.fetchone()
    return str(row[0]).removeprefix(f"{TABLE}_") if row else ""


def test_attempts_lie_by_month_and_go_with_it(owner: Any) -> None:
    divided(owner)
    days = [months_back(number) + timedelta(days=3) for number in range(6)]
    made = [attempt(owner, day) for day in days]
    assert [where(owner, each) for each in made] == [f"{day:%Y_%m}" for day in days]
    owner.execute("SELECT notifications_drop_attempts(90)")
    limit = timezone.now() - timedelta(days=90)
    kept = [months_back(number - 1) > limit for number in range(6)]
    assert kept[:3] == [True] * 3
    assert kept[5] is False
    assert owner.fetchone() == (kept.count(False),)
    assert [bool(where(owner, each)) for each in made] == kept


def test_nobody_can_ask_for_less_than_ninety_days(owner: Any) -> None:
    divided(owner)
    made = attempt(owner, months_back(2))
    owner.execute("SELECT notifications_drop_attempts(0)")
    assert where(owner, made)


def test_the_last_moment_of_a_month_and_the_first_of_the_next(owner: Any) -> None:
    divided(owner)
    turn = months_back(1)
    last, first = attempt(owner, turn - timedelta(milliseconds=1)), attempt(owner, turn)
    assert where(owner, last) == f"{months_back(2):%Y_%m}"
    assert where(owner, first) == f"{turn:%Y_%m}"


def test_what_no_month_was_made_for_is_caught(owner: Any) -> None:
    far = months_back(-20)
    late = attempt(owner, far)
    assert where(owner, late) == "other"
    # Its month stays in the part that caught it, the others are made.
    owner.execute("SELECT accounts_months_ahead(%s, 22, '{}')", [TABLE])
    assert where(owner, late) == "other"
    assert f"{far:%Y_%m}" not in parts(owner)
    assert f"{months_back(-21):%Y_%m}" in parts(owner)


def test_the_next_months_are_made_once() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT notifications_months_ahead()")
        cursor.execute("SELECT notifications_months_ahead()")
        assert cursor.fetchone() == (0,)
        ahead = {f"{months_back(-number):%Y_%m}" for number in (2, 3)}
        assert ahead <= set(parts(cursor))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT accounts_split('notifications_outboxmessage', '{}')",
        "SELECT accounts_merge('notifications_attempt')",
        "SELECT accounts_part('notifications_attempt', 'mine', 'DEFAULT', '{}')",
        "SELECT accounts_months_ahead('audit_event', 1, ARRAY['DROP TABLE audit_event'])",
        "DROP TABLE notifications_attempt_other",
        "DELETE FROM notifications_attempt_before",
        "SELECT * FROM notifications_attempt_before",
    ],
)
def test_the_application_may_neither_part_nor_reach_the_parts(statement: str) -> None:
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_delivery_goes_on_across_the_turn_of_a_month() -> None:
    post(uuid7())
    message = OutboxMessage.objects.get()
    with time_machine.travel(months_back(-2) + timedelta(hours=1)):
        worker.drain()
    message.refresh_from_db()
    assert message.state == MessageState.DONE
    with connection.cursor() as cursor:
        assert where(cursor, message.pk) == f"{months_back(-2):%Y_%m}"
    assert Attempt.objects.get().message_id == message.pk


def test_one_attempt_is_looked_for_in_one_part() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN SELECT * FROM {TABLE} WHERE id = %s", [uuid7()])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert plan.startswith("Index Scan")
    assert "Append" not in plan


def contents(cursor: Any) -> list[Any]:
    cursor.execute(f"SELECT * FROM {TABLE} ORDER BY id")
    return list(cursor.fetchall())


def rights(cursor: Any, table: str) -> list[Any]:
    cursor.execute(
        "SELECT grantee::regrole::text, privilege_type FROM pg_class, aclexplode(relacl)"
        " WHERE oid = %s::regclass AND privilege_type <> 'MAINTAIN' ORDER BY 1, 2",
        [table],
    )
    return list(cursor.fetchall())


def test_the_way_there_and_back_keeps_rows_rights_and_indexes(owner: Any) -> None:
    """What the migrations do to a table that is in use, in both directions."""
    for number in (0, 1, 3):
        attempt(owner, months_back(number) + timedelta(days=1))
    before, who = contents(owner), rights(owner, TABLE)
    owner.execute("SELECT accounts_merge(%s)", [TABLE])
    owner.execute("SELECT relkind FROM pg_class WHERE oid = %s::regclass", [TABLE])
    assert owner.fetchone() == ("r",)
    assert (contents(owner), rights(owner, TABLE)) == (before, who)
    owner.execute("SELECT indexdef FROM pg_indexes WHERE tablename = %s ORDER BY 1", [TABLE])
    plain = owner.fetchall()
    assert len(plain) == 2
    owner.execute("SELECT accounts_months_bound(%s)", [TABLE])
    owner.execute(f"ALTER TABLE {TABLE} VALIDATE CONSTRAINT {TABLE}_first_part")
    owner.execute("SELECT accounts_split(%s, '{}')", [TABLE])
    assert (contents(owner), rights(owner, TABLE)) == (before, who)
    assert rights(owner, f"{TABLE}_before") == [
        each for each in rights(owner, f"{TABLE}_before") if each[0] == "referral_owner"
    ]
    owner.execute("SELECT indexdef FROM pg_indexes WHERE tablename = %s ORDER BY 1", [TABLE])
    assert [row[0].replace(" ONLY", "") for row in owner.fetchall()] == [row[0] for row in plain]
