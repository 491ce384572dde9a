"""The broker dies, forgets everything and comes back: submitting and delivering do not notice."""

from __future__ import annotations

import signal
import time

import pytest
import redis

from tests.faults.ground import PASSWORD, Ground, Hook, answer_of, kill_broker, until

pytestmark = pytest.mark.faults


def forget(ground: Ground) -> None:
    """FLUSHALL."""
    with redis.Redis.from_url(ground.broker.url) as client:
        client.flushall()


def test_traffic_goes_on_while_the_broker_dies_and_forgets(ground: Ground, hook: Hook) -> None:
    """Fault 5: no failed change, 100 ms more at most, everything delivered by the relay."""
    ground.relay()
    producer = ground.produce(hook, 60, PAUSE="0.03")
    until(lambda: len(ground.acked()) >= 10)
    forget(ground)
    until(lambda: len(ground.acked()) >= 20)
    kill_broker(ground.broker)
    until(lambda: len(ground.acked()) >= 40)
    ground.broker.start(password=PASSWORD, wanted_port=str(ground.broker.port))
    forget(ground)
    assert answer_of(producer) == 0, "no change failed"
    until(ground.drained, why="the relay needs no broker")
    hook.check(set(ground.acked()))
    times = sorted(ground.acked().values())
    assert len(times) == 60
    assert times[-2] < 500, "a dead broker costs a request a tenth of a second at most"


def test_celery_loses_nothing_though_killed_and_its_broker_emptied(
    ground: Ground, hook: Hook
) -> None:
    """Fault 6: children killed in the middle, then the whole worker, then every task forgotten."""
    worker = ground.celery(CRASH_AT="after_send:3")
    assert answer_of(ground.produce(hook, 12)) == 0
    until(lambda: len(hook.received) > len({sent for sent, _ in hook.received}), why="a crash")
    ground.kill(worker)
    forget(ground)
    assert answer_of(ground.produce(hook, 5)) == 0
    forget(ground)
    ground.celery()
    until(ground.drained, why="beat finds the rows without any task")
    hook.check(set(ground.acked()))
    assert len(ground.acked()) == 17
    kill_broker(ground.broker)
    ground.broker.start(password=PASSWORD, wanted_port=str(ground.broker.port))
    assert answer_of(ground.produce(hook, 3)) == 0
    until(ground.drained, seconds=30, why="the worker consumes again after the broker's death")
    hook.check(set(ground.acked()))


def test_celery_ends_cleanly(ground: Ground, hook: Hook) -> None:
    """SIGTERM: what is being sent is settled."""
    hook.delay = 0.2
    worker = ground.celery()
    answer_of(ground.produce(hook, 6))
    until(lambda: hook.received)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
    leased = "SELECT count(*) FROM notifications_outboxmessage WHERE lease_until IS NOT NULL"
    assert ground.ask(leased) == [(0,)]
    time.sleep(0.1)
