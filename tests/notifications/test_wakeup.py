"""The wake-up through the broker: once in half a second, never in anybody's way."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.conf import settings as configured
from django.db import transaction
from kombu import Connection
from pytest_django.fixtures import Settings

from accounts.ids import uuid7
from notifications import outbox, tasks, wakeup, worker
from notifications.models import OutboxMessage

QUEUE = "celery"


@pytest.fixture
def broker() -> Iterator[redis.Redis]:
    """The real broker, empty."""
    client = redis.Redis.from_url(configured.REDIS_URL)
    client.delete(wakeup.FLAG, QUEUE)
    _forget()
    yield client
    client.delete(wakeup.FLAG, QUEUE)
    client.close()
    _forget()


def _forget() -> None:
    for cached in (wakeup._client, wakeup._broker):
        if hasattr(cached, "cache_clear"):
            cached.cache_clear()
    wakeup._breaker.until = 0.0
    wakeup._covered_until = 0.0


def test_many_commits_publish_one_task(broker: redis.Redis) -> None:
    """The flag lives half a second."""
    for _ in range(20):
        wakeup.wake()
    assert broker.llen(QUEUE) == 1
    assert 0 < broker.pttl(wakeup.FLAG) <= wakeup.FLAG_MS


def test_the_task_takes_the_flag_away_first(
    broker: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a commit during the drain wakes again."""
    seen: list[int] = []
    monkeypatch.setattr(worker, "drain", lambda: seen.append(broker.exists(wakeup.FLAG)))
    wakeup.wake()
    tasks.drain()
    assert seen == [0]
    wakeup.wake()
    assert broker.llen(QUEUE) == 2


@pytest.mark.django_db(transaction=True)
def test_the_wake_up_comes_after_the_commit(broker: redis.Redis) -> None:
    """Never before: the worker would find nothing."""
    with transaction.atomic():
        outbox.post("a.b", {}, [uuid7()], priority=2, subject=uuid7(), sequence=1)
        assert broker.llen(QUEUE) == 0
    assert broker.llen(QUEUE) == 1


def _silent_port() -> socket.socket:
    """Takes connections and never answers."""
    return socket.create_server(("127.0.0.1", 0), backlog=64)


@pytest.mark.django_db(transaction=True)
def test_a_dead_broker_costs_nothing_and_loses_nothing(settings: Settings) -> None:
    """Connection refused: the commit stands, quickly, without an exception."""
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    _forget()
    started = time.monotonic()
    for _ in range(20):
        with transaction.atomic():
            outbox.post("a.b", {}, [uuid7()], priority=2, subject=uuid7(), sequence=1)
    assert time.monotonic() - started < 1
    assert OutboxMessage.objects.count() == 20
    _forget()


def test_a_broker_that_hangs_costs_a_tenth_of_a_second_once(settings: Settings) -> None:
    """After that the breaker leaves it alone for a second."""
    with _silent_port() as port:
        settings.REDIS_URL = f"redis://127.0.0.1:{port.getsockname()[1]}/0"
        _forget()
        started = time.monotonic()
        for _ in range(50):
            wakeup.wake()
            wakeup.clear()
        assert time.monotonic() - started < 0.6
    _forget()


def test_a_broker_that_hangs_between_flag_and_task_is_no_different(
    broker: redis.Redis, settings: Settings
) -> None:
    """The publishing connection has the same short patience."""
    with _silent_port() as port:
        settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{port.getsockname()[1]}/0"
        _forget()
        started = time.monotonic()
        wakeup.wake()
        assert time.monotonic() - started < 1.0
    assert broker.exists(wakeup.FLAG)


def test_the_breaker_closes_again(broker: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its second the broker is tried again."""
    monkeypatch.setattr(wakeup, "PAUSE", 0.05)
    wakeup._breaker.trip()
    wakeup.wake()
    assert broker.llen(QUEUE) == 0
    time.sleep(0.06)
    wakeup.wake()
    assert broker.llen(QUEUE) == 1


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The times at which the broker was asked for from now on."""
    asked: list[float] = []
    client = redis.Redis.from_url(configured.REDIS_URL)

    def ask() -> redis.Redis:
        asked.append(time.time())
        return client

    monkeypatch.setattr(wakeup, "_client", ask)
    return asked


def test_a_hint_on_its_way_covers_what_is_committed_meanwhile(
    broker: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker is not asked again while the woken drain still gathers; nor for longer."""
    asked = _counted(monkeypatch)
    for _ in range(50):
        wakeup.wake()
    assert len(asked) == 1
    time.sleep(wakeup.COVERED + 0.01)
    wakeup.wake()
    assert len(asked) > 1
    assert broker.llen(QUEUE) == 1, "the flag still stands"


@pytest.mark.parametrize(("age", "again"), [(0.0, False), (0.3, True), (-3600.0, True)])
def test_a_hint_of_another_process_covers_only_while_it_is_fresh(
    broker: redis.Redis, monkeypatch: pytest.MonkeyPatch, age: float, again: bool
) -> None:
    """An old hint may have been served by now; a clock that runs ahead must not silence us."""
    broker.set(wakeup.FLAG, f"{time.time() - age:.3f}", px=wakeup.FLAG_MS)
    wakeup.wake()
    asked = _counted(monkeypatch)
    wakeup.wake()
    assert bool(asked) is again


def test_news_goes_before_the_sweeps_that_came_due_with_it(broker: redis.Redis) -> None:
    """All sweeps of a minute come due at once, and each may take a second; two tasks run at a time."""
    ticks: Any = configured.CELERY_BEAT_SCHEDULE.values()
    sweeps = [tick for tick in ticks if tick["task"] != wakeup.TASK]
    assert len(sweeps) > 5
    name = f"order-{uuid7()}"
    with Connection(configured.CELERY_BROKER_URL) as line, line.SimpleQueue(name) as queue:
        for tick in sweeps:
            queue.put(tick["task"], priority=tick["options"].get("priority", 0))
        queue.put(wakeup.TASK)
        first = queue.get(timeout=5)
        assert first.payload == wakeup.TASK
        first.ack()
        queue.clear()
