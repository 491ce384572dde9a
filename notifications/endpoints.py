"""Reads the addresses of subscriptions for the worker and keeps their health."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection

from accounts.encryption import CannotDecrypt
from notifications.channels.contract import Endpoint
from notifications.models import Subscription

# Seconds to leave a silent endpoint alone, by its failures in a row.
PAUSES = (2, 5, 15, 30, 60)

PAUSE = """
UPDATE notifications_subscription
SET failures = failures + 1, paused_until = now() + %s * interval '1 second' WHERE id = %s
"""

RECOVERED = """
UPDATE notifications_subscription SET failures = 0, paused_until = NULL WHERE id = ANY(%s)
"""

GONE = """
UPDATE notifications_subscription
SET active = false, gone_at = now(), updated_at = now() WHERE id = %s AND gone_at IS NULL
"""


def load(ids: Iterable[UUID], *, now: datetime) -> dict[UUID, Endpoint]:
    """The endpoints of these subscriptions as of the database's time `now`, by id."""
    wanted = set(ids)
    found = Subscription.objects.in_bulk(wanted) if wanted else {}
    return {key: _endpoint(each, now) for key, each in found.items()}


def _endpoint(row: Subscription, now: datetime) -> Endpoint:
    try:
        address = row.address or ""
        secrets = [row.secret, row.previous_secret if _overlaps(row, now) else None]
    except CannotDecrypt:
        address, secrets = None, []
    return Endpoint(
        id=row.id,
        address=address or "",
        secrets=tuple(filter(None, secrets)),
        active=row.active,
        gone=row.gone_at is not None,
        readable=address is not None,
        pause=max(0.0, (row.paused_until - now).total_seconds()) if row.paused_until else 0.0,
        failures=row.failures,
    )


def _overlaps(row: Subscription, now: datetime) -> bool:
    return row.previous_until is not None and row.previous_until > now


def pause(endpoint: Endpoint, *, seconds: float | None = None) -> float:
    """Leave a silent endpoint alone for a while; returns for how many seconds."""
    wait = float(PAUSES[min(endpoint.failures, len(PAUSES) - 1)])
    wait = wait if seconds is None else max(seconds, 1.0)
    with connection.cursor() as cursor:
        cursor.execute(PAUSE, (wait, endpoint.id))
    return wait


def recovered(ids: Iterable[UUID]) -> None:
    """Forget the failures of endpoints that answer again."""
    wanted = list(ids)
    if wanted:
        with connection.cursor() as cursor:
            cursor.execute(RECOVERED, (wanted,))


def gone(endpoint_id: UUID) -> None:
    """Switch off an endpoint that said 410; a person is told by the message's task."""
    with connection.cursor() as cursor:
        cursor.execute(GONE, (endpoint_id,))
