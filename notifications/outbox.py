"""Writes messages in the caller's transaction and wakes the delivery after its commit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from accounts.ids import uuid7
from notifications import payloads, wakeup
from notifications.crashpoints import reach
from notifications.models import ESCALATE_ROUTINE, ESCALATE_URGENT, ChannelKind, Priority

# Each recipient's in-app notice, and a message for each of its subscriptions that want the topic. Two arrays
# side by side: of one the planner knows the length, and would make a new plan each time.
INSERT: Final = f"""
WITH told AS (SELECT * FROM unnest(%(ids)s::uuid[], %(recipients)s::uuid[]) AS t(id, recipient)),
message AS (
  SELECT id, recipient, '{ChannelKind.IN_APP.value}' AS channel, NULL::uuid AS subscription, false AS ack FROM told
 UNION ALL
  SELECT accounts_uuid7(), s.recipient_id, s.channel, s.id, s.requires_ack
  FROM told JOIN notifications_subscription s ON s.recipient_id = told.recipient
  WHERE s.active AND s.topics && %(topics)s)
INSERT INTO notifications_outboxmessage
  (id, event_id, topic, payload, recipient_id, origin_id, channel, subscription_id, subject,
   sequence, priority, requires_ack, escalate_at)
SELECT m.id, %(event)s, %(topic)s, %(payload)s::jsonb, m.recipient, %(origin)s, m.channel,
       m.subscription, %(subject)s, %(sequence)s, %(priority)s, m.ack, now() + %(patience)s
FROM message m
ON CONFLICT (event_id, recipient_id, subscription_id) DO NOTHING
"""  # noqa: S608 - a constant


def patience(priority: int) -> timedelta:
    """How long a message may stay undelivered before a person is told (reliability D1)."""
    return ESCALATE_URGENT if priority <= Priority.URGENT else ESCALATE_ROUTINE


def interests(topic: str) -> list[str]:
    """What a subscription may hold to receive this topic: itself, `family.*` or `*`."""
    return ["*", f"{topic.partition('.')[0]}.*", topic]


def post(
    topic: str,
    payload: Mapping[str, object],
    recipients: Sequence[UUID],
    *,
    priority: int,
    subject: UUID,
    sequence: int,
    origin: UUID | None = None,
    event_id: UUID | None = None,
) -> None:
    """Queue one message for every endpoint of every recipient, in this transaction.

    Each recipient always gets an in-app notice, and one message for each live
    subscription that wants the topic, all by one statement.
    `subject` and `sequence` let receivers order what concerns one object;
    `origin` is whoever must also be told if a message does not arrive. With
    an `event_id` of the caller's own, posting the same event again adds
    nothing. Raises UnsafePayload, and RuntimeError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("The outbox is written in the transaction of what it tells.")
    safe = payloads.checked(topic, payload)
    people = list(dict.fromkeys(recipients))
    if not people:
        return
    values: dict[str, Any] = {
        "ids": [uuid7() for _each in people],
        "recipients": people,
        "topics": interests(topic),
        "event": event_id or uuid7(),
        "topic": topic,
        "payload": json.dumps(safe),
        "origin": origin,
        "subject": subject,
        "sequence": sequence,
        "priority": int(priority),
        "patience": patience(priority),
    }
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
    transaction.on_commit(_committed)


def _committed() -> None:
    reach("after_commit")
    wakeup.wake()
