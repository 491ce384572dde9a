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
FLAG_MS = 500
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
    """Publish the drain task unless one was published within the last half second.

    Never raises and never takes longer than a few times PATIENCE: whatever
    happens to the broker, beat and `manage.py relay` find the rows anyway.
    """
    if _breaker.open():
        return
    try:
        if _client().set(FLAG, "1", nx=True, px=FLAG_MS):
            with producers[_broker()].acquire(block=True, timeout=PATIENCE) as producer:
                current_app.send_task(
                    TASK, producer=producer, ignore_result=True, retry=False, expires=10
                )
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
