"""Leases: who may claim and settle what, two workers at once, frozen ones, and a clean end."""

from __future__ import annotations

import threading
import time
from uuid import UUID

import pytest
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from accounts.ids import uuid7
from notifications import leases, worker
from notifications.channels.contract import Message
from notifications.leases import Try
from notifications.models import (
    Attempt,
    AttemptResult,
    OutboxMessage,
    Subscription,
)
from tests.notifications.helpers import (
    Fake,
    drain_elsewhere,
    fresh,
    queued,
    set_row,
    subscribe,
)

pytestmark = pytest.mark.django_db(transaction=True)


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
    thread = threading.Thread(target=drain_elsewhere, kwargs={"stop": stop})
    thread.start()
    begun = time.monotonic()
    while not fake.sent and time.monotonic() - begun < 5:
        time.sleep(0.005)
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
    threads = [threading.Thread(target=drain_elsewhere) for _ in range(2)]
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
