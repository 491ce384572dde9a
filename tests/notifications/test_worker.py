"""Delivering: claim, send, settle; who may settle what; nothing given up silently."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from accounts.ids import uuid7
from notifications import leases, worker
from notifications.channels import registry
from notifications.channels.contract import DeliveryError, Message, Receipt
from notifications.leases import SCHEDULE, Try
from notifications.models import (
    Attempt,
    AttemptResult,
    DeliveryTask,
    MessageState,
    Notice,
    OutboxMessage,
    Priority,
    Subscription,
)
from tests.notifications.helpers import Receiver, age, make_due, post, queued, subscribe

pytestmark = pytest.mark.django_db(transaction=True)


class Fake:
    """A channel that does what a test says; `remote` as the real webhook."""

    remote: ClassVar[bool] = True

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.errors: list[Exception] = []
        self.seconds = 0.0
        self.slow: set[UUID | None] = set()
        self.at_once = 0
        self.most_at_once = 0
        self.lock = threading.Lock()

    def send(self, message: Message, *, deadline: float) -> Receipt:
        """Remember, wait, fail or not."""
        with self.lock:
            self.sent.append(message)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            error = self.errors.pop(0) if self.errors else None
        if not self.slow or message.subscription_id in self.slow:
            time.sleep(self.seconds)
        with self.lock:
            self.at_once -= 1
        if error is not None:
            raise error
        return Receipt(200)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Stands in for the webhook channel."""
    fake, real = Fake(), registry.channel
    monkeypatch.setattr(worker, "channel", lambda name: fake if name == "webhook" else real(name))
    return fake


@pytest.fixture
def hook(facility: UUID) -> Subscription:
    """A webhook that leads nowhere, for the fake."""
    return subscribe(facility, "https://a.example/")


def fresh(message: OutboxMessage) -> OutboxMessage:
    """As the database has it."""
    return OutboxMessage.objects.get(id=message.id)


def set_row(message: OutboxMessage, sql: str) -> None:
    """Change a row behind the worker's back."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE notifications_outboxmessage SET {sql} WHERE id = %s", [message.id])


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


def test_a_webhook_arrives_signed(receiver: Receiver, hook: Subscription) -> None:
    """The receiver verifies the signature with the library of the specification."""
    message = queued(hook, sequence=5)
    # This hook fixture leads nowhere: send it to the receiver instead.
    hook.address = receiver.url
    hook.save(update_fields=["address"])
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
    thread = threading.Thread(target=_drain_elsewhere)
    thread.start()
    time.sleep(0.8)
    quick = OutboxMessage.objects.exclude(subscription=slow).filter(state=MessageState.DONE).count()
    thread.join()
    assert quick == 40
    assert not OutboxMessage.objects.exclude(state=MessageState.DONE).exists()


def _drain_elsewhere(**options: Any) -> None:
    try:
        worker.drain(**options)
    finally:
        connection.close()


def test_a_failure_is_tried_again_by_the_schedule(fake: Fake, hook: Subscription) -> None:
    """0, 5 s, 30 s, … with jitter; the last step for ever; each attempt kept."""
    message = queued(hook)
    for number in range(1, len(SCHEDULE) + 3):
        fake.errors = [DeliveryError("status", receipt=Receipt(500, 3, b"x" * 32))]
        worker.drain()
        row = fresh(message)
        assert (row.state, row.attempts, row.lease_until) == ("pending", number, None)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT extract(epoch FROM next_at - now())::float8"
                " FROM notifications_outboxmessage"
            )
            (wait,) = cursor.fetchone()
        step = SCHEDULE[min(number, len(SCHEDULE) - 1)]
        assert step * 0.9 - 2 <= wait <= step * 1.1
        make_due()
    worker.drain()
    assert fresh(message).state == "done"
    assert len({each.id for each in fake.sent}) == 1
    kept = list(Attempt.objects.order_by("number").values_list("number", "result", "status"))
    assert kept[0] == (1, "failed", 500)
    assert kept[-1] == (len(kept), "delivered", 200)


def test_jitter_spreads(hook: Subscription) -> None:
    """Two waits are not alike."""
    assert len({leases.backoff(3) for _ in range(20)}) > 10
    assert all(270 <= leases.backoff(3) <= 330 for _ in range(50))


def test_retry_after_is_honoured_and_pauses_the_endpoint(fake: Fake, hook: Subscription) -> None:
    """What the receiver asks for, when it is longer than our own schedule."""
    message, other = queued(hook), queued(hook)
    fake.errors = [DeliveryError("status", retry_after=600, silent=True)]
    worker.drain(limit=1)
    worker.drain()
    assert len(fake.sent) == 1, "the other one waits too"
    hook.refresh_from_db()
    assert hook.paused_until is not None
    for row in (fresh(message), fresh(other)):
        assert timedelta(seconds=590) < row.next_at - row.created_at < timedelta(seconds=700)
    assert fresh(other).attempts == 0


def test_an_endpoint_that_answers_again_is_trusted_again(fake: Fake, hook: Subscription) -> None:
    """Failures in a row are forgotten with the first success."""
    queued(hook)
    for expected in (1, 2):
        fake.errors = [DeliveryError("connection", silent=True)]
        worker.drain()
        hook.refresh_from_db()
        assert hook.failures == expected
        make_due()
    worker.drain()
    hook.refresh_from_db()
    assert (hook.failures, hook.paused_until) == (0, None)


def test_a_permanent_error_is_given_to_people_at_both_ends(fake: Fake, hook: Subscription) -> None:
    """`permanent` is a field of the exception."""
    origin = uuid7()
    message = queued(hook, origin=origin)
    fake.errors = [DeliveryError("address_not_https", permanent=True)]
    assert worker.drain().dead == 1
    assert fresh(message).state == "dead"
    tasks = DeliveryTask.objects.all()
    assert {(each.holder_id, each.side, each.reason) for each in tasks} == {
        (hook.recipient_id, "recipient", "refused"),
        (origin, "origin", "refused"),
    }
    worker.drain()
    assert len(fake.sent) == 1


def test_410_switches_the_endpoint_off_and_pages_people(fake: Fake, hook: Subscription) -> None:
    """What else waits for it is given to people too, not dropped."""
    first, second = queued(hook), queued(hook)
    fake.errors = [DeliveryError("gone", permanent=True, gone=True)]
    worker.drain(limit=1)
    worker.drain()
    hook.refresh_from_db()
    assert (hook.active, hook.gone_at is not None) == (False, True)
    assert {fresh(first).state, fresh(second).state} == {"dead"}
    assert set(DeliveryTask.objects.values_list("message_id", "reason")) == {
        (first.id, "endpoint_gone"),
        (second.id, "endpoint_gone"),
    }
    assert len(fake.sent) == 1


@pytest.mark.parametrize(
    ("priority", "patience"),
    [
        (Priority.EMERGENCY, timedelta(minutes=15)),
        (Priority.URGENT, timedelta(minutes=15)),
        (Priority.ROUTINE, timedelta(hours=24)),
    ],
)
def test_what_does_not_arrive_in_time_becomes_work_for_people(
    fake: Fake, hook: Subscription, priority: Priority, patience: timedelta
) -> None:
    """At both ends, once; and it is still tried; when it arrives the work is closed."""
    origin = uuid7()
    message = queued(hook, priority=priority, origin=origin)
    fake.errors = [DeliveryError("status") for _ in range(9)]
    age(message, patience - timedelta(seconds=30))
    assert worker.drain().escalated == 0
    age(message, timedelta(seconds=60))
    make_due()
    assert worker.drain().escalated == 1
    assert worker.drain().escalated == 0
    tasks = DeliveryTask.objects.filter(closed_at=None, reason="undelivered")
    assert {each.holder_id for each in tasks} == {hook.recipient_id, origin}
    tries = len(fake.sent)
    fake.errors = []
    make_due()
    worker.drain()
    assert len(fake.sent) == tries + 1
    assert fresh(message).state == "done"
    assert not DeliveryTask.objects.filter(closed_at=None).exists()


def test_a_receiver_that_says_yes_and_forgets_is_found_out(fake: Fake, facility: UUID) -> None:
    """Where an acknowledgement is required, 2xx is not the end."""
    hook = subscribe(facility, "https://a.example/", requires_ack=True)
    message = queued(hook, priority=Priority.URGENT)
    worker.drain()
    assert fresh(message).state == "done"
    age(message, timedelta(minutes=16))
    assert worker.drain().escalated == 1
    assert DeliveryTask.objects.get().reason == "unacknowledged"


def test_a_message_that_raises_is_buried_after_five_and_stops_nobody(
    fake: Fake, hook: Subscription, facility: UUID
) -> None:
    """Poison of the mild kind."""
    poison = queued(hook, sequence=1)
    for number in range(worker.MAX_CRASHES):
        fake.errors = [KeyError("a defect")]
        post(facility)
        worker.drain(limit=1) if number == 0 else worker.drain()
        make_due(id=poison.id)
    worker.drain()
    row = fresh(poison)
    assert (row.state, row.crashes) == ("dead", worker.MAX_CRASHES - 1)
    assert DeliveryTask.objects.get(message=poison).reason == "poison"
    assert not OutboxMessage.objects.exclude(id=poison.id).exclude(state="done").exists()


def test_a_message_that_kills_its_worker_is_buried_after_five(
    fake: Fake, hook: Subscription
) -> None:
    """Each claim that ended without a word counts; then it is not even tried."""
    poison = queued(hook)
    for _ in range(worker.MAX_CRASHES):
        assert len(leases.claim(1)) == 1
        set_row(poison, "lease_until = now() - interval '1 second'")
    assert worker.drain().dead == 1
    assert fake.sent == []
    assert DeliveryTask.objects.get().reason == "poison"


def test_neighbours_of_a_killer_are_not_blamed(fake: Fake, hook: Subscription) -> None:
    """After a crash each suspect is tried alone, so that only the guilty one crashes again."""
    rows = [queued(hook) for _ in range(6)]
    leases.claim(10)
    for row in rows:
        set_row(row, "lease_until = now() - interval '1 second'")
    fake.seconds = 0.02
    worker.drain()
    assert fake.most_at_once == 1
    assert {fresh(row).state for row in rows} == {"done"}


def test_an_unknown_channel_stops_nobody(
    fake: Fake, hook: Subscription, facility: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row of a channel that this version does not have."""
    message = queued(hook)
    post(facility, topic="b.c")
    real = registry.channel

    def broken(name: str) -> Any:
        if name == "webhook":
            raise KeyError(name)
        return real(name)

    monkeypatch.setattr(worker, "channel", broken)
    worker.drain()
    assert fresh(message).state == "pending"
    assert OutboxMessage.objects.get(topic="b.c", channel="in_app").state == "done"


def test_a_secret_that_does_not_open_is_kept_for_later(fake: Fake, hook: Subscription) -> None:
    """A missing key is our trouble, not the message's: retried, nothing sent."""
    message = queued(hook)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE notifications_subscription SET secret = 'garbage'::bytea")
    worker.drain()
    assert fresh(message).state == "pending"
    assert Attempt.objects.get().code == "endpoint_unreadable"
    assert fake.sent == []


def test_what_waits_for_a_switched_off_endpoint_is_not_sent(fake: Fake, hook: Subscription) -> None:
    """Its owner switched it off: no task either."""
    message = queued(hook)
    Subscription.objects.update(active=False)
    worker.drain()
    assert fresh(message).state == "dead"
    assert fake.sent == []
    assert not DeliveryTask.objects.exists()


def test_a_drain_must_not_run_inside_a_transaction() -> None:
    """Else nothing it sends would be settled when the transaction is rolled back."""
    with transaction.atomic(), pytest.raises(RuntimeError):
        worker.drain()


# Leases


def test_an_expired_lease_is_claimed_by_another(hook: Subscription) -> None:
    """And not before."""
    message = queued(hook)
    (first,) = leases.claim(10)
    assert leases.claim(10) == []
    set_row(message, "lease_until = now() - interval '1 millisecond'")
    (second,) = leases.claim(10)
    assert second.id == first.id
    assert (second.attempts, second.crashes) == (2, 1)
    assert second.lease_owner != first.lease_owner


def test_a_zombie_cannot_undo_what_a_later_owner_did(hook: Subscription) -> None:
    """Failure is fenced by the lease's owner; success is final whoever says it."""
    message = queued(hook)
    (zombie,) = leases.claim(10)
    set_row(message, "lease_until = now() - interval '1 second'")
    (owner,) = leases.claim(10)
    late = Try(zombie, AttemptResult.FAILED, 1.0, "timeout")
    assert leases.failed(late, wait=0) is False
    assert leases.dead(late) is False
    leases.give_back([zombie])
    row = fresh(message)
    assert (row.state, row.lease_owner) == ("pending", owner.lease_owner)
    assert row.lease_until is not None, "the owner still has its lease"
    leases.delivered([Try(owner, AttemptResult.DELIVERED, 1.0)])
    assert leases.failed(late, wait=0) is False
    assert fresh(message).state == "done"


def test_success_of_a_zombie_counts(hook: Subscription) -> None:
    """The receiver has it: sending again would only be noise."""
    message = queued(hook)
    (zombie,) = leases.claim(10)
    set_row(message, "lease_until = now() - interval '1 second'")
    (owner,) = leases.claim(10)
    leases.delivered([Try(zombie, AttemptResult.DELIVERED, 1.0)])
    assert leases.failed(Try(owner, AttemptResult.FAILED, 1.0), wait=0) is False
    assert fresh(message).state == "done"


def test_unsent_rows_are_given_back_before_the_lease_gets_short(
    fake: Fake, hook: Subscription, settings: Settings
) -> None:
    """What might outlive its lease is not begun, and the claim is not counted."""
    settings.OUTBOX_LEASE, settings.WEBHOOK_DEADLINE = 1.0, 0.7
    fake.seconds = 0.5
    rows = [queued(hook, subject=UUID(int=1), sequence=number) for number in range(1, 4)]
    report = worker.drain(limit=3)
    assert (report.delivered, report.given_back) == (1, 2)
    for row in rows[1:]:
        assert (fresh(row).attempts, fresh(row).lease_until) == (0, None)


def test_a_send_beyond_every_limit_is_written_off(
    fake: Fake, hook: Subscription, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that does not come back (a name server that hangs) does not hold the worker."""
    settings.WEBHOOK_DEADLINE = 0.1
    monkeypatch.setattr(worker, "GRACE", 0.1)
    fake.seconds = 1.5
    message = queued(hook)
    started = time.monotonic()
    assert worker.drain().failed == 1
    assert time.monotonic() - started < 1.2
    assert Attempt.objects.get().code == "timeout"
    assert fresh(message).lease_until is None


def test_stopping_settles_what_flies_and_gives_back_the_rest(
    fake: Fake, hook: Subscription
) -> None:
    """SIGTERM of the relay."""
    fake.seconds = 0.3
    for number in range(1, 6):
        queued(hook, subject=UUID(int=1), sequence=number)
    stop = threading.Event()
    thread = threading.Thread(target=_drain_elsewhere, kwargs={"stop": stop})
    thread.start()
    time.sleep(0.15)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    states = list(OutboxMessage.objects.order_by("sequence").values_list("state", "lease_until"))
    assert states[0] == ("done", None)
    assert {lease for _, lease in states} == {None}
    assert ("pending", None) in states


def test_two_workers_at_once_send_nothing_twice(fake: Fake, facility: UUID) -> None:
    """SKIP LOCKED over two real connections, 120 messages."""
    fake.seconds = 0.003
    for number in range(40):
        hook = subscribe(facility, "https://a.example/", topics=[f"a.t{number}"])
        for _ in range(3):
            queued(hook, topic=f"a.t{number}")
    threads = [threading.Thread(target=_drain_elsewhere) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    ids = [each.id for each in fake.sent]
    assert len(ids) == 120
    assert len(set(ids)) == 120
    assert not OutboxMessage.objects.exclude(state="done").exists()
    assert Attempt.objects.count() == 120


def test_claims_of_two_connections_never_overlap(hook: Subscription) -> None:
    """Even while one of them has not committed yet."""
    for _ in range(10):
        queued(hook)
    other: list[Message] = []

    def claim() -> None:
        try:
            other.extend(leases.claim(5))
        finally:
            connection.close()

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(leases.CLAIM, {"lease": 20, "me": uuid7(), "limit": 5})
        mine = {row[0] for row in cursor.fetchall()}
        thread = threading.Thread(target=claim)
        thread.start()
        thread.join(5)
        assert not thread.is_alive(), "it does not wait for the lock"
    assert len(mine) == 5
    assert len(other) == 5
    assert not mine & {each.id for each in other}


def test_the_clock_of_this_machine_decides_nothing(
    hook: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leases and signature times come from the database, also when our clock is a day off."""
    message = queued(hook)
    monkeypatch.setattr(time, "time", lambda: 0.0)
    (claimed,) = leases.claim(1)
    assert abs((claimed.now() - message.created_at).total_seconds()) < 5
    assert 18 < claimed.lease_left() <= 20
