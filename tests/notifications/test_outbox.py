"""Posting: one row for each endpoint, in the caller's transaction, by two statements."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.ids import uuid7
from notifications import outbox, wakeup
from notifications.models import ChannelKind, MessageState, OutboxMessage, Priority
from notifications.payloads import UnsafePayload, checked
from tests.notifications.helpers import post, subscribe

pytestmark = pytest.mark.django_db


def test_one_statement_for_any_number_of_endpoints() -> None:
    people = [uuid7() for _ in range(5)]
    for each in people:
        subscribe(each, "https://a.example/1")
        subscribe(each, "https://a.example/2")
    with CaptureQueriesContext(connection) as captured:
        outbox.post("referral.accepted", {}, people, priority=2, subject=uuid7(), sequence=1)
    assert len(captured) == 1
    assert OutboxMessage.objects.count() == 15


def test_every_recipient_gets_a_notice_and_what_it_subscribed_to() -> None:
    """Topics: exact, a family, everything; not others', not switched-off ones."""
    one, two = uuid7(), uuid7()
    exact = subscribe(one, "https://a.example", topics=["referral.accepted"])
    family = subscribe(one, "https://a.example", topics=["referral.*"])
    everything = subscribe(two, "https://a.example", topics=["*"])
    subscribe(one, "https://a.example", topics=["episode.closed", "referral.declined"])
    subscribe(one, "https://a.example", active=False)
    subscribe(uuid7(), "https://a.example")
    post(one, two, one, topic="referral.accepted")
    rows = OutboxMessage.objects.all()
    assert {(row.recipient_id, row.channel, row.subscription_id) for row in rows} == {
        (one, "in_app", None),
        (two, "in_app", None),
        (one, "webhook", exact.id),
        (one, "webhook", family.id),
        (two, "webhook", everything.id),
    }
    assert len({row.event_id for row in rows}) == 1


def test_a_row_starts_due_and_with_its_deadline() -> None:
    """Urgent: 15 minutes until a person is told; routine: a day."""
    subject, origin = uuid7(), uuid7()
    for priority in Priority:
        post(uuid7(), priority=priority, subject=subject, sequence=7, origin=origin)
    for row in OutboxMessage.objects.all():
        assert row.escalate_at is not None
        patience = row.escalate_at - row.created_at
        expected = (
            timedelta(hours=24) if row.priority == Priority.ROUTINE else timedelta(minutes=15)
        )
        assert abs(patience - expected) < timedelta(seconds=5)
        assert (row.state, row.attempts, row.subject, row.sequence) == ("pending", 0, subject, 7)
        assert row.origin_id == origin


def test_nothing_for_nobody() -> None:
    """No recipients, no row, no statement."""
    with CaptureQueriesContext(connection) as captured:
        outbox.post("referral.accepted", {}, [], priority=2, subject=uuid7(), sequence=1)
    assert not captured.captured_queries


def test_the_same_event_is_queued_once() -> None:
    """A sweep that runs twice names its event and so tells once."""
    event, recipient = uuid7(), uuid7()
    subscribe(recipient, "https://a.example")
    for _ in range(3):
        post(recipient, event_id=event)
    assert OutboxMessage.objects.count() == 2
    post(recipient)
    assert OutboxMessage.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_transaction_tells_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither row nor wake-up."""
    woken: list[int] = []
    monkeypatch.setattr(wakeup, "wake", lambda: woken.append(1))
    with transaction.atomic():
        outbox.post("a.b", {}, [uuid7()], priority=2, subject=uuid7(), sequence=1)
        transaction.set_rollback(True)
    assert not OutboxMessage.objects.exists()
    assert not woken
    post(uuid7())
    assert woken == [1]


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_it_refuses() -> None:
    """Else the message could be there without what it tells."""
    with pytest.raises(RuntimeError):
        outbox.post("a.b", {}, [uuid7()], priority=2, subject=uuid7(), sequence=1)


def test_the_database_refuses_what_makes_no_sense() -> None:
    """Constraints hold without Django: unknown state, done without a time, channel without endpoint."""
    post(uuid7())
    for change in (
        {"state": "lost"},
        {"state": MessageState.DONE},
        {"channel": ChannelKind.WEBHOOK},
    ):
        with pytest.raises(Exception, match="violates check"), transaction.atomic():
            OutboxMessage.objects.update(**change)


SAFE = {
    "referral_id": UUID(int=1),
    "patient_ids": [UUID(int=2), str(UUID(int=3))],
    "created_at": datetime(2026, 1, 2, tzinfo=UTC),
    "due_on": date(2026, 1, 2),
    "seen_at": "2026-01-02T03:04:05+08:00",
    "state": "information_requested",
    "urgency": "same-day",
    "version": 12,
    "overdue": True,
    "department_id": None,
}


def test_a_safe_payload_passes_as_json() -> None:
    """UUIDs and times as text."""
    safe = checked("referral.accepted", SAFE)
    assert safe["referral_id"] == str(UUID(int=1))
    assert safe["patient_ids"] == [str(UUID(int=2)), str(UUID(int=3))]
    assert safe["created_at"] == "2026-01-02T00:00:00+00:00"
    assert safe["due_on"] == "2026-01-02"
    assert (safe["version"], safe["overdue"], safe["department_id"]) == (12, True, None)


UNSAFE = [
    {"name": "张三"},
    {"name": "zhangsan"},
    {"reason": "hiv"},
    {"state": "张三"},
    {"state": "Zhang San"},
    {"state": "a" * 41},
    {"state": "a-b-c-d-e-f-g"},
    {"state": ["x"]},
    {"state": {"x": "y"}},
    {"state": "x\ny"},
    {"diagnosis": "I10"},
    {"resident_id": "310101199001011234"},
    {"resident_id": 310101199001011234},
    {"id": "no uuid"},
    {"patient_ids": "310101199001011234"},
    {"patient_ids": ["310101199001011234"]},
    {"patient_ids": [str(UUID(int=1))] * 51},
    {"phone": 13800138000},
    {"phone": "13800138000"},
    {"created_at": "yesterday at Zhang's"},
    {"created_at": 1700000000},
    {"created_at": "2026-13-45"},
    {"weight": 61.5},
    {"张三": 1},
    {"Name": 1},
    {"x" * 41: 1},
    {f"key{number}": number for number in range(25)},
    {"blob": b"x"},
]


@pytest.mark.parametrize("payload", UNSAFE, ids=range(len(UNSAFE)))
def test_anything_else_is_refused_loudly(payload: dict[str, object]) -> None:
    """Names, words, numbers that identify, nesting: refused before a row is written."""
    with pytest.raises(UnsafePayload) as refusal:
        post(uuid7(), payload=payload)
    for value in payload.values():
        assert not isinstance(value, str) or value not in str(refusal.value), "never the value"
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("topic", ["", "张三", "A.b", "a b", "a..b", "a." + "b" * 90])
def test_a_topic_is_a_dotted_word(topic: str) -> None:
    """Topics leave the system too."""
    with pytest.raises(UnsafePayload):
        post(uuid7(), topic=topic)
