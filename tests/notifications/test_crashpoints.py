"""The hook that kills a process does so only where it is allowed to, and only where it was asked."""

from __future__ import annotations

import os
import signal

import pytest
from pytest_django.fixtures import Settings

from notifications import crashpoints


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Who would have been killed how."""
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: killed.append((pid, number)))
    crashpoints._arrivals.clear()
    return killed


def test_it_kills_this_process_at_the_named_place(
    killed: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """And at no other."""
    settings.CRASH_POINTS = True
    monkeypatch.setenv("CRASH_AT", "before_send")
    crashpoints.reach("after_send")
    assert killed == []
    crashpoints.reach("before_send")
    assert killed == [(os.getpid(), signal.SIGKILL)]


def test_it_can_wait_for_the_third_arrival(
    killed: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """`name:3`."""
    settings.CRASH_POINTS = True
    monkeypatch.setenv("CRASH_AT", "before_send:3")
    for expected in (0, 0, 1):
        crashpoints.reach("before_send")
        assert len(killed) == expected


@pytest.mark.parametrize("allowed", [False, None])
def test_where_it_is_not_allowed_it_does_nothing(
    killed: list[tuple[int, int]],
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    allowed: bool | None,
) -> None:
    """A stray variable in production stops nobody."""
    settings.CRASH_POINTS = allowed
    monkeypatch.setenv("CRASH_AT", "before_send")
    crashpoints.reach("before_send")
    assert killed == []
