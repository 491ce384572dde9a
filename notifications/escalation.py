"""Opens work for a person at both ends of a message that does not arrive; nothing is given up silently."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection, transaction

from accounts.ids import uuid7
from notifications.models import DeliveryTask, MessageState, Side, TaskReason

BATCH = 500

# Each row once: escalate_at becomes null with the task, in one transaction.
OVERDUE = """
UPDATE notifications_outboxmessage SET escalate_at = NULL
WHERE id = ANY(ARRAY(
  SELECT id FROM notifications_outboxmessage
  WHERE escalate_at <= now() ORDER BY escalate_at LIMIT %s FOR UPDATE SKIP LOCKED))
RETURNING id, recipient_id, origin_id, state
"""

Ends = tuple[UUID, UUID, UUID | None]


def escalate() -> int:
    """Open tasks for everything overdue (15 minutes urgent, 24 hours routine); returns how many messages."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(OVERDUE, (BATCH,))
            rows = cursor.fetchall()
        for state, reason in _REASONS.items():
            open_tasks([row[:3] for row in rows if row[3] == state], reason)
    return len(rows)


_REASONS = {
    MessageState.PENDING.value: TaskReason.UNDELIVERED,
    MessageState.DONE.value: TaskReason.UNACKNOWLEDGED,
}


def open_tasks(messages: Iterable[Ends], reason: TaskReason) -> None:
    """One task for each end (recipient, and origin if known) of each message, unless one is open."""
    tasks = [
        DeliveryTask(id=uuid7(), message_id=message, holder_id=holder, side=side, reason=reason)
        for message, recipient, origin in messages
        for side, holder in _holders(recipient, origin)
    ]
    if tasks:
        DeliveryTask.objects.bulk_create(tasks, ignore_conflicts=True)


def _holders(recipient: UUID, origin: UUID | None) -> list[tuple[Side, UUID]]:
    ends = [(Side.RECIPIENT, recipient)]
    if origin is not None and origin != recipient:
        ends.append((Side.ORIGIN, origin))
    return ends
