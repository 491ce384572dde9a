"""Tells the delivery that there is work, through the broker; a hint that may be lost without harm."""

from __future__ import annotations

import logging
import time
from functools import cache

import redis
from celery import current_app
from django.conf import settings
from kombu import Connection
from kombu.exceptions import KombuError
from kombu.pools import producers

FLAG = "outbox:wake"
FLAG_MS = 1000
# A woken drain waits so many seconds before it claims: a busy moment's commits come together, and
# whatever is committed in most of this time needs no hint of its own.
GATHER = 0.25
COVERED = 0.8 * GATHER
PATIENCE = 0.1
PAUSE = 1.0
TASK = "notifications.tasks.drain"

logger = logging.getLogger(__name__)


class _Breaker:
    """Leaves a broken broker alone for PAUSE seconds, so that requests do not queue up for it."""

    def __init__(self) -> None:
        self.until = 0.0

    def open(self) -> bool:
        return time.monotonic() < self.until

    def trip(self) -> None:
        self.until = time.monotonic() + PAUSE


_breaker = _Breaker()
# Until when (wall clock: another process may have woken) the drain on its way sees every commit.
_covered_until = 0.0


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
        retry=None,
    )


@cache
def _broker() -> Connection:
    """The broker as Celery knows it, but with our short patience: this runs inside requests."""
    patience = {
        "socket_timeout": PATIENCE,
        "socket_connect_timeout": PATIENCE,
        "max_retries": 0,
        "connect_retries_timeout": PATIENCE,
    }
    return Connection(
        settings.CELERY_BROKER_URL,
        transport_options={**settings.CELERY_BROKER_TRANSPORT_OPTIONS, **patience},
    )


def wake() -> None:
    """Publish the drain task unless one is on its way.

    Never raises and never takes longer than a few times PATIENCE: whatever
    happens to the broker, beat and `manage.py relay` find the rows anyway.
    """
    global _covered_until  # noqa: PLW0603 - one hint for all threads of this process
    now = time.time()
    if _breaker.open() or 0 < _covered_until - now <= COVERED:
        return
    try:
        # Sets the flag unless it is there, and tells since when it is: one question instead of two.
        waving = _client().set(FLAG, f"{now:.3f}", nx=True, get=True, px=FLAG_MS)
        if waving is None:
            with producers[_broker()].acquire(block=True, timeout=PATIENCE) as producer:
                current_app.send_task(
                    TASK, producer=producer, ignore_result=True, retry=False, expires=10
                )
            _covered_until = now + COVERED
        else:
            _covered_until = float(waving) + COVERED
    except (redis.RedisError, KombuError, OSError) as error:
        _breaker.trip()
        logger.warning("outbox wake-up failed", extra={"error": type(error).__name__})


def clear() -> None:
    """Take the flag away before draining, so that a later commit wakes again; never raises."""
    if _breaker.open():
        return
    try:
        _client().delete(FLAG)
    except (redis.RedisError, OSError) as error:
        _breaker.trip()
        logger.warning("outbox flag not cleared", extra={"error": type(error).__name__})
