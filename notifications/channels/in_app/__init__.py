"""Delivers a message into the recipient's inbox inside the system."""

from __future__ import annotations

import json
from typing import ClassVar

from django.db import connection

from accounts.ids import uuid7
from notifications.channels.contract import Message, Receipt

INSERT = """
INSERT INTO notifications_notice
  (id, outbox_id, recipient_id, topic, payload, subject, sequence, priority, created_at)
VALUES (%s, %s, %s, %s, %s::jsonb, %s, %s, %s, now())
ON CONFLICT (outbox_id) DO NOTHING
"""


class InApp:
    """One row of Notice for one row of the outbox, however often it is sent."""

    remote: ClassVar[bool] = False

    def send(self, message: Message, *, deadline: float) -> Receipt:
        """Write the notice; repeating changes nothing."""
        row = (message.id, message.recipient_id, message.topic, json.dumps(message.payload))
        rest = (message.subject, message.sequence, message.priority)
        with connection.cursor() as cursor:
            cursor.execute(INSERT, (uuid7(), *row, *rest))
        return Receipt()
