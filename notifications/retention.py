"""Forgets messages that arrived long ago, a batch at a time, and months of attempts as whole partitions (ADR 0033)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

BATCH: Final = 500
_START: Final = UUID(int=0)

# A page of old messages by the primary key, whose order is that of time.
_PAGE: Final = """
SELECT id FROM notifications_outboxmessage
WHERE id > %(after)s AND id < accounts_uuid7_from(%(read_before)s) ORDER BY id LIMIT %(limit)s
"""

# Of these what nobody waits for: delivered, acknowledged where that was asked for, no open work for people, and its
# notice read, or so old that nobody will. Whoever works on a message now keeps it until the next time.
_DONE: Final = """
SELECT m.id FROM notifications_outboxmessage m
WHERE m.id = ANY(%(ids)s) AND m.state = 'done' AND m.done_at < %(read_before)s AND m.escalate_at IS NULL
  AND NOT EXISTS (SELECT FROM notifications_deliverytask t WHERE t.message_id = m.id AND t.closed_at IS NULL)
  AND NOT EXISTS (SELECT FROM notifications_notice n
                  WHERE n.outbox_id = m.id AND n.read_at IS NULL AND n.created_at >= %(unread_before)s)
FOR UPDATE SKIP LOCKED
"""
_FORGET: Final = (
    "DELETE FROM notifications_deliverytask WHERE message_id = ANY(%s)",
    "DELETE FROM notifications_notice WHERE outbox_id = ANY(%s)",
    "DELETE FROM notifications_outboxmessage WHERE id = ANY(%s)",
)


@dataclass(slots=True)
class Forgotten:
    """What one run did: messages deleted, partitions of attempts made and dropped."""

    messages: int = 0
    made: int = 0
    dropped: int = 0


def forget(*, seconds: float = 60.0, now: datetime | None = None) -> Forgotten:
    """Make the partitions of the next months, drop those that are over, and delete old messages for some seconds.

    What the time does not reach is the next run's. Only what has arrived goes: what is pending or dead stays until
    somebody has seen to it.
    """
    moment = now or timezone.now()
    report = Forgotten()
    with connection.cursor() as cursor:
        cursor.execute("SELECT notifications_months_ahead()")
        report.made = cursor.fetchone()[0]
        cursor.execute("SELECT notifications_drop_attempts(%s)", [settings.OUTBOX_KEEP_DAYS])
        report.dropped = cursor.fetchone()[0]
    after: UUID | None = _START
    until = time.monotonic() + seconds
    while after is not None and time.monotonic() < until:
        after = _batch(after, moment, report)
    return report


def _batch(after: UUID, now: datetime, report: Forgotten) -> UUID | None:
    """Look at one page of old messages in one transaction; returns where the next begins, None at the end."""
    values: dict[str, Any] = {
        "after": after,
        "limit": BATCH,
        "read_before": now - timedelta(days=settings.OUTBOX_KEEP_DAYS),
        "unread_before": now - timedelta(days=settings.NOTICES_KEEP_DAYS),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_PAGE, values)
        ids = [row[0] for row in cursor.fetchall()]
        cursor.execute(_DONE, {**values, "ids": ids})
        gone = [row[0] for row in cursor.fetchall()]
        for statement in _FORGET if gone else ():
            cursor.execute(statement, [gone])
    report.messages += len(gone)
    return ids[-1] if len(ids) == BATCH else None
