"""Delivers messages into the recipients' inboxes inside the system."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.db import connection

from accounts.ids import uuid7
from notifications.channels.contract import Message

INSERT = """
INSERT INTO notifications_notice
  (id, outbox_id, recipient_id, topic, payload, subject, sequence, priority)
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::jsonb[], %s::uuid[],
                     %s::bigint[], %s::smallint[])
ON CONFLICT (outbox_id) DO NOTHING
"""


def write(messages: Sequence[Message]) -> None:
    """Write one row of Notice for each row of the outbox; repeating changes nothing.

    Not a channel: there is nobody to wait for and nothing to lose, so the worker
    writes a whole claim in the transaction that settles it.
    """
    rows = (
        (
            uuid7(),
            each.id,
            each.recipient_id,
            each.topic,
            json.dumps(each.payload),
            each.subject,
            each.sequence,
            each.priority,
        )
        for each in messages
    )
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [list(column) for column in zip(*rows, strict=True)])
