"""kill -9 at named points: nothing promised is lost, each retry carries the same id; planted bugs are caught."""

from __future__ import annotations

import os
import signal

import pytest

from tests.faults.ground import Ground, Hook, answer_of, until

pytestmark = pytest.mark.faults

COUNT = 8


@pytest.mark.parametrize("point", ["before_send", "after_send", "before_settle"])
def test_a_killed_relay_loses_nothing(ground: Ground, hook: Hook, point: str) -> None:
    """Fault 2 and 3: after the lease another one delivers, under the same id."""
    assert answer_of(ground.produce(hook, COUNT)) == 0
    assert answer_of(ground.relay(CRASH_AT=f"{point}:5")) == -signal.SIGKILL
    assert not ground.drained(), "a control: it died in the middle"
    ground.relay()
    until(ground.drained, why="the second relay delivers everything")
    hook.check(set(ground.acked()))
    assert len(ground.acked()) == COUNT


def test_a_producer_killed_after_its_commit_loses_nothing(ground: Ground, hook: Hook) -> None:
    """Fault 1: what was committed is told, also where nobody got an answer any more."""
    assert answer_of(ground.produce(hook, COUNT, CRASH_AT="after_commit:4")) == -signal.SIGKILL
    assert len(ground.acked()) == 3
    ground.relay()
    until(ground.drained, why="the relay delivers everything")
    hook.check(set(ground.acked()))
    assert len({subject for _, subject in hook.received}) == 4
    assert hook.changes_without_message() == set()


def test_a_frozen_relay_cannot_undo_what_another_did(ground: Ground, hook: Hook) -> None:
    """Fault 4: SIGSTOP beyond the lease, then SIGCONT."""
    assert answer_of(ground.produce(hook, COUNT)) == 0
    hook.delay = 0.1
    zombie = ground.relay()
    until(lambda: hook.received, why="the first relay works")
    os.kill(zombie.pid or 0, signal.SIGSTOP)
    assert not ground.drained(), "a control: it froze in the middle"
    ground.relay()
    until(ground.drained, why="the other takes over after the lease")
    os.kill(zombie.pid or 0, signal.SIGCONT)
    zombie.terminate()
    assert answer_of(zombie) == 0, "SIGTERM ends it cleanly"
    hook.check(set(ground.acked()))


# Positive controls: the same runs with a planted bug must fail.


def test_the_test_catches_settle_before_send(ground: Ground, hook: Hook) -> None:
    """Settled, killed, never sent."""
    answer_of(ground.produce(hook, COUNT))
    relay = ground.relay(CRASH_AT="before_send:5", PLANT="settle_before_send")
    assert answer_of(relay) == -signal.SIGKILL
    ground.relay(PLANT="settle_before_send")
    until(ground.drained, why="everything counts as settled")
    with pytest.raises(AssertionError, match="I3"):
        hook.check(set(ground.acked()))


def test_the_test_catches_a_lease_without_end(ground: Ground, hook: Hook) -> None:
    """Claimed by the dead, for ever."""
    answer_of(ground.produce(hook, COUNT))
    relay = ground.relay(CRASH_AT="before_send:5", PLANT="no_lease_expiry")
    assert answer_of(relay) == -signal.SIGKILL
    ground.relay(PLANT="no_lease_expiry")
    with pytest.raises(AssertionError, match="in vain"):
        until(ground.drained, seconds=4)
    with pytest.raises(AssertionError, match=r"I3|settled|I11"):
        hook.check(set(ground.acked()))


def test_the_test_catches_an_outbox_after_the_commit(ground: Ground, hook: Hook) -> None:
    """Committed, killed, never told."""
    producer = ground.produce(hook, COUNT, CRASH_AT="after_commit:7", PLANT="outbox_after_commit")
    assert answer_of(producer) == -signal.SIGKILL
    assert len(hook.changes_without_message()) == 1
