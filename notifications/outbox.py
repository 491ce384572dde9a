"""Writes messages in the caller's transaction and wakes the delivery after its commit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts.ids import uuid7
from notifications import payloads, wakeup
from notifications.crashpoints import reach
from notifications.models import ESCALATE_ROUTINE, ESCALATE_URGENT, ChannelKind, Priority

SUBSCRIPTIONS = """
SELECT id, recipient_id, channel, requires_ack FROM notifications_subscription
WHERE recipient_id = ANY(%s) AND active AND topics && %s
"""
# A move mostly tells one facility; compared with one value, the statement keeps its plan.
SUBSCRIPTIONS_OF_ONE = SUBSCRIPTIONS.replace("= ANY(%s)", "= %s")

INSERT = """
INSERT INTO notifications_outboxmessage
  (id, event_id, topic, payload, recipient_id, origin_id, channel, subscription_id, subject,
   sequence, priority, requires_ack, escalate_at)
SELECT r.id, %(event)s, %(topic)s, %(payload)s::jsonb, r.recipient, %(origin)s, r.channel,
       r.subscription, %(subject)s, %(sequence)s, %(priority)s, r.ack, now() + %(patience)s
FROM unnest(%(ids)s::uuid[], %(recipients)s::uuid[], %(channels)s::text[],
            %(subscriptions)s::uuid[], %(acks)s::boolean[])
     AS r(id, recipient, channel, subscription, ack)
ON CONFLICT (event_id, recipient_id, subscription_id) DO NOTHING
"""

Row = tuple[UUID, UUID, str, UUID | None, bool]


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
    subscription that wants the topic: one SELECT and one INSERT in all.
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
    with connection.cursor() as cursor:
        rows = [*_in_app(people), *_subscribed(_wanted(cursor, people, topic))]
        values: dict[str, Any] = {
            "event": event_id or uuid7(),
            "topic": topic,
            "payload": json.dumps(safe),
            "origin": origin,
            "subject": subject,
            "sequence": sequence,
            "priority": int(priority),
            "patience": patience(priority),
        }
        cursor.execute(INSERT, values | _columns(rows))
    transaction.on_commit(_committed)


def _columns(rows: Iterable[Row]) -> dict[str, Any]:
    """Return the rows as one array a column, under the names of INSERT."""
    names = ("ids", "recipients", "channels", "subscriptions", "acks")
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def _wanted(cursor: Any, people: list[UUID], topic: str) -> list[tuple[UUID, UUID, str, bool]]:
    """Read the live subscriptions of the recipients to a topic."""
    if len(people) == 1:
        cursor.execute(SUBSCRIPTIONS_OF_ONE, (people[0], interests(topic)))
    else:
        cursor.execute(SUBSCRIPTIONS, (people, interests(topic)))
    found: list[tuple[UUID, UUID, str, bool]] = cursor.fetchall()
    return found


def _in_app(recipients: Iterable[UUID]) -> Iterable[Row]:
    return ((uuid7(), each, ChannelKind.IN_APP.value, None, False) for each in recipients)


def _subscribed(found: Iterable[tuple[UUID, UUID, str, bool]]) -> Iterable[Row]:
    return ((uuid7(), recipient, kind, each, ack) for each, recipient, kind, ack in found)


def _committed() -> None:
    reach("after_commit")
    wakeup.wake()
