"""What does not arrive: retries, permanent errors, poison, and work for people at both ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from accounts.ids import uuid7
from notifications import leases, worker
from notifications.channels import registry
from notifications.channels.contract import DeliveryError, Receipt
from notifications.leases import SCHEDULE
from notifications.models import (
    Attempt,
    DeliveryTask,
    OutboxMessage,
    Priority,
    Subscription,
)
from tests.notifications.helpers import (
    Fake,
    age,
    fresh,
    make_due,
    post,
    queued,
    set_row,
    subscribe,
)

pytestmark = pytest.mark.django_db(transaction=True)


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


def test_an_ordinary_failure_clears_the_suspicion(fake: Fake, hook: Subscription) -> None:
    """Crashes count in a row: a worker killed now and then buries nothing."""
    message = queued(hook)
    for _ in range(2 * worker.MAX_CRASHES):
        leases.claim(1)
        set_row(message, "lease_until = now() - interval '1 second'")
        fake.errors = [DeliveryError("status")]
        worker.drain()
        make_due()
        assert (fresh(message).state, fresh(message).crashes) == ("pending", 0)


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
