"""Claims and settles rows of the outbox, by the database's clock and fenced by the lease."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from accounts.ids import uuid7
from notifications.channels.contract import Message, Receipt
from notifications.models import AttemptResult

# Seconds after which a message that failed n times is tried again (reliability D1).
SCHEDULE = (0, 5, 30, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
JITTER = 0.1

COLUMNS = (
    *("id", "event_id", "topic", "payload", "recipient_id", "origin_id", "channel"),
    *("subscription_id", "subject", "sequence", "priority", "attempts", "crashes", "created_at"),
    *("lease_until", "lease_owner", "escalate_at"),
)

# A lease that is still there when somebody claims again was never settled: its
# worker died or was far too slow. That is counted as a crash. ARRAY(…) makes the
# subquery run once, before the update, and by index, whatever the planner
# believes of a table that has just been filled: as a join it may run again for
# each row (and take more than the limit) or walk the whole table.
CLAIM = f"""
UPDATE notifications_outboxmessage o
SET lease_until = now() + %(lease)s * interval '1 second', lease_owner = %(me)s,
    attempts = attempts + 1, crashes = crashes + (lease_until IS NOT NULL)::int
WHERE o.id = ANY(ARRAY(
  SELECT id FROM notifications_outboxmessage
  WHERE state = 'pending' AND next_at <= now() AND (lease_until IS NULL OR lease_until < now())
  ORDER BY priority, next_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED))
RETURNING {", ".join(f"o.{column}" for column in COLUMNS)}, now()
"""  # noqa: S608 - only the column names above are pasted in

# Success is final whoever says it.
DELIVERED = """
UPDATE notifications_outboxmessage
SET state = 'done', done_at = now(), lease_until = NULL,
    escalate_at = CASE WHEN requires_ack AND acked_at IS NULL THEN escalate_at END
WHERE id = ANY(%s) AND state = 'pending'
"""

# A person who was told that it had not arrived need not look any more.
ARRIVED = """
UPDATE notifications_deliverytask SET closed_at = now()
WHERE message_id = ANY(%s) AND closed_at IS NULL AND reason = 'undelivered'
"""

# Failure may be told by the owner of the lease only.
FAILED = """
UPDATE notifications_outboxmessage
SET next_at = now() + %(wait)s * interval '1 second', lease_until = NULL,
    crashes = CASE WHEN %(crashed)s THEN crashes + 1 ELSE 0 END
WHERE id = %(id)s AND lease_owner = %(me)s AND state = 'pending'
"""

DEAD = """
UPDATE notifications_outboxmessage
SET state = 'dead', lease_until = NULL, escalate_at = NULL
WHERE id = %(id)s AND lease_owner = %(me)s AND state = 'pending'
"""

# Not sent: as if it had never been claimed, but later if it has to wait for its endpoint.
GIVEN_BACK = """
UPDATE notifications_outboxmessage
SET lease_until = NULL, attempts = attempts - 1,
    next_at = greatest(next_at, now() + %(wait)s * interval '1 second')
WHERE id = ANY(%(ids)s) AND lease_owner = ANY(%(owners)s) AND state = 'pending'
"""

# Everything that waits for a silent endpoint, so that it does not fill every claim.
PARKED = """
UPDATE notifications_outboxmessage
SET next_at = now() + (%(wait)s + random() * %(spread)s) * interval '1 second'
WHERE id = ANY(ARRAY(
  SELECT id FROM notifications_outboxmessage
  WHERE subscription_id = %(endpoint)s AND state = 'pending' AND next_at <= now()
    AND (lease_until IS NULL OR lease_until < now())
  LIMIT 1000 FOR UPDATE SKIP LOCKED))
"""

ATTEMPTS = """
INSERT INTO notifications_attempt
  (id, message_id, number, result, code, status, milliseconds, answer_length, answer_hash)
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::int[], %s::text[], %s::text[], %s::smallint[],
                     %s::int[], %s::int[], %s::bytea[])
"""


NOTHING = Receipt()


@dataclass(frozen=True, slots=True)
class Try:
    """One finished attempt, for its row."""

    message: Message
    result: AttemptResult
    seconds: float
    code: str = ""
    receipt: Receipt = NOTHING


def lease_seconds() -> float:
    """How long a claim holds; longer than the deadline of a request (reliability D1)."""
    return float(getattr(settings, "OUTBOX_LEASE", 20))


def deadline_seconds() -> float:
    """How long one delivery may take in all."""
    return float(getattr(settings, "WEBHOOK_DEADLINE", 10))


def backoff(attempts: int) -> float:
    """Seconds to wait after this many failed attempts, with jitter; the last step repeats."""
    step = SCHEDULE[min(attempts, len(SCHEDULE) - 1)]
    return step * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - not a secret


def claim(limit: int) -> list[Message]:
    """Take up to `limit` due messages for one lease, most urgent first; commits at once."""
    started = time.monotonic()
    values: dict[str, Any] = {"lease": lease_seconds(), "me": uuid7(), "limit": limit}
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        rows = cursor.fetchall()
    messages = [_message(row, started) for row in rows]
    return sorted(messages, key=Message.urgency)


def _message(row: Sequence[Any], started: float) -> Message:
    values = dict(zip(COLUMNS, row, strict=False))
    values |= {"payload": json.loads(values["payload"]), "claimed_at": row[-1]}
    values["escalated"] = values.pop("escalate_at") is None
    return Message(**values, claimed=started)


def delivered(tries: Iterable[Try]) -> None:
    """Settle successes and keep their attempts, in one transaction."""
    done = list(tries)
    if not done:
        return
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(DELIVERED, ([each.message.id for each in done],))
        if escalated := [each.message.id for each in done if each.message.escalated]:
            cursor.execute(ARRIVED, (escalated,))
        _keep(cursor, done)


def failed(each: Try, *, wait: float, crashed: bool = False) -> bool:
    """Settle a temporary failure: due again in `wait` seconds; False if the lease was lost."""
    return _settle(FAILED, each, wait=wait, crashed=crashed)


def dead(each: Try) -> bool:
    """Settle a permanent failure, for a person to look at; False if the lease was lost."""
    return _settle(DEAD, each)


def _settle(statement: str, each: Try, **values: Any) -> bool:
    owner = {"id": each.message.id, "me": each.message.lease_owner}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, {**values, **owner})
        settled: bool = cursor.rowcount == 1
        _keep(cursor, [each])
    return settled


def give_back(messages: Iterable[Message], *, wait: float = 0.0) -> None:
    """Return claimed but unsent messages, uncounted, due again in `wait` seconds."""
    back = list(messages)
    if back:
        owners = list({each.lease_owner for each in back})
        values: dict[str, Any] = {"ids": [each.id for each in back], "owners": owners, "wait": wait}
        with connection.cursor() as cursor:
            cursor.execute(GIVEN_BACK, values)


def park(endpoint: UUID, *, wait: float) -> None:
    """Postpone what is due to a silent endpoint until it is tried again."""
    with connection.cursor() as cursor:
        cursor.execute(PARKED, {"endpoint": endpoint, "wait": wait, "spread": wait * JITTER})


def _keep(cursor: Any, tries: Sequence[Try]) -> None:
    columns = zip(
        *(
            (
                uuid7(),
                each.message.id,
                each.message.attempts,
                each.result.value,
                each.code,
                each.receipt.status,
                int(each.seconds * 1000),
                each.receipt.answer_length,
                each.receipt.answer_hash,
            )
            for each in tries
        ),
        strict=True,
    )
    cursor.execute(ATTEMPTS, [list(column) for column in columns])
