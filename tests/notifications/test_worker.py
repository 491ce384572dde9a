"""Delivering: what arrives, in which order, and who does not hold up whom."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.ids import uuid7
from notifications import worker
from notifications.channels import in_app
from notifications.channels.contract import Message
from notifications.models import (
    Attempt,
    MessageState,
    Notice,
    OutboxMessage,
    Subscription,
)
from tests.notifications.helpers import (
    Fake,
    Receiver,
    drain_elsewhere,
    post,
    queued,
    subscribe,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_notice_arrives_in_the_inbox(facility: UUID) -> None:
    """In-app: the notice, the attempt, the settled row."""
    post(facility, payload={"state": "accepted"}, sequence=3)
    report = worker.drain()
    assert report.delivered == 1
    notice = Notice.objects.get()
    assert (notice.recipient_id, notice.payload, notice.sequence) == (
        facility,
        {"state": "accepted"},
        3,
    )
    row = OutboxMessage.objects.get()
    assert (row.state, row.attempts, row.lease_until, row.escalate_at) == ("done", 1, None, None)
    assert row.done_at is not None
    attempt = Attempt.objects.get()
    assert (attempt.message_id, attempt.number, attempt.result) == (row.id, 1, "delivered")


def test_a_burst_of_notices_is_one_claim_and_one_write(
    facility: UUID, django_assert_max_num_queries: Any
) -> None:
    """Seven statements and the frames of three transactions, however many notices wait."""
    for _ in range(worker.BATCH - 1):
        post(facility)
    with django_assert_max_num_queries(11):
        assert worker.drain().delivered == worker.BATCH - 1
    assert Notice.objects.count() == Attempt.objects.count() == worker.BATCH - 1


def test_more_than_one_claim_takes_is_delivered_by_one_drain(facility: UUID) -> None:
    """A full claim asks again."""
    for _ in range(2 * worker.BATCH + 1):
        post(facility)
    assert worker.drain().delivered == 2 * worker.BATCH + 1


def test_a_notice_that_cannot_be_written_stops_nobody(
    facility: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole claim is rolled back and written one by one; only the guilty one is tried again."""
    for name in ("a.one", "a.guilty", "a.two"):
        post(facility, topic=name)
    real = in_app.write

    def write(messages: Sequence[Message]) -> None:
        real(messages)
        if any(each.topic == "a.guilty" for each in messages):
            connection.cursor().execute("SELECT 1 / 0")

    monkeypatch.setattr(in_app, "write", write)
    report = worker.drain()
    assert (report.delivered, report.failed) == (2, 1)
    assert set(Notice.objects.values_list("topic", flat=True)) == {"a.one", "a.two"}
    guilty = OutboxMessage.objects.get(topic="a.guilty")
    assert (guilty.state, guilty.crashes) == ("pending", 1)
    assert Attempt.objects.get(message_id=guilty.id).code == "DataError"


def test_a_webhook_arrives_signed(receiver: Receiver, hook: Subscription) -> None:
    """The receiver verifies the signature with the library of the specification."""
    message = queued(hook, sequence=5)
    worker.drain()
    assert receiver.ids == [str(message.id)]
    assert receiver.bodies == [
        {
            "type": "referral.accepted",
            "id": str(message.id),
            "seq": 5,
            "timestamp": message.created_at.isoformat(),
            "data": {"state": "accepted"},
        }
    ]


def test_nothing_due_is_one_claim(django_assert_max_num_queries: Any) -> None:
    """The tick of each second is cheap: escalation and claim, both on partial indexes."""
    with django_assert_max_num_queries(6):
        assert worker.drain() == worker.Report()


def test_urgent_goes_first_then_the_older(fake: Fake, facility: UUID) -> None:
    """Priority, then next_at."""
    hooks = [subscribe(facility, "https://a.example/", topics=[f"a.t{n}"]) for n in range(4)]
    order = []
    for number, priority in enumerate([2, 1, 2, 0]):
        order.append(queued(hooks[number], topic=f"a.t{number}", priority=priority))
    for _ in range(4):
        worker.drain(limit=1)
    assert [each.id for each in fake.sent] == [order[n].id for n in (3, 1, 0, 2)]


def test_what_concerns_one_object_is_sent_in_order(fake: Fake, hook: Subscription) -> None:
    """One at a time for one subject and endpoint, though several threads are free."""
    fake.seconds = 0.02
    subject = uuid7()
    for sequence in range(1, 7):
        queued(hook, subject=subject, sequence=sequence)
    worker.drain()
    assert [each.sequence for each in fake.sent] == [1, 2, 3, 4, 5, 6]
    assert fake.most_at_once == 1


def test_one_endpoint_gets_two_at_once_at_most(fake: Fake, hook: Subscription) -> None:
    """No stampede."""
    fake.seconds = 0.05
    for _ in range(5):
        queued(hook)
    worker.drain()
    assert fake.most_at_once == worker.PER_ENDPOINT


def test_a_slow_receiver_does_not_hold_up_the_others(fake: Fake, facility: UUID) -> None:
    """While one takes a second, forty others are served."""
    slow = subscribe(facility, "https://slow.example/", topics=["a.slow"])
    fake.slow, fake.seconds = {slow.id}, 1.0
    for _ in range(2):
        queued(slow, topic="a.slow", priority=0)
    for number in range(40):
        queued(
            subscribe(facility, "https://q.example/", topics=[f"a.q{number}"]), topic=f"a.q{number}"
        )
    thread = threading.Thread(target=drain_elsewhere)
    thread.start()
    time.sleep(0.8)
    quick = OutboxMessage.objects.exclude(subscription=slow).filter(state=MessageState.DONE).count()
    thread.join()
    assert quick == 40
    assert not OutboxMessage.objects.exclude(state=MessageState.DONE).exists()


@pytest.mark.parametrize(
    "statement", ["UPDATE notifications_attempt SET code = ''", "DELETE FROM notifications_attempt"]
)
def test_attempts_are_append_only(hook: Subscription, statement: str) -> None:
    """The application role may read and add."""
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_a_drain_must_not_run_inside_a_transaction() -> None:
    """Else nothing it sends would be settled when the transaction is rolled back."""
    with transaction.atomic(), pytest.raises(RuntimeError):
        worker.drain()
