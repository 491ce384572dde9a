"""Messages for the webhook channel, without outbox and worker."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.ids import uuid7
from notifications.actions import new_secret
from notifications.channels.contract import DeliveryError, Endpoint, Message
from notifications.channels.webhook.sending import Webhook

SECRET = new_secret()
DEADLINE = 2.0


def message(url: str = "", *secrets: str, **options: Any) -> Message:
    """A claimed message for one URL."""
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "id": uuid7(),
        "event_id": uuid7(),
        "topic": "referral.accepted",
        "payload": {"state": "accepted", "referral_id": str(UUID(int=1))},
        "recipient_id": uuid7(),
        "origin_id": None,
        "channel": "webhook",
        "subscription_id": uuid7(),
        "subject": uuid7(),
        "sequence": 4,
        "priority": 2,
        "attempts": 1,
        "crashes": 0,
        "created_at": now,
        "lease_until": now + timedelta(seconds=20),
        "lease_owner": uuid7(),
        "escalated": False,
        "claimed_at": now,
        "claimed": time.monotonic(),
        **options,
    }
    endpoint = Endpoint(id=values["subscription_id"], address=url, secrets=secrets or (SECRET,))
    return Message(**values, endpoint=endpoint)


def send(url: str, **options: Any) -> Any:
    """Send one message and give back what came of it: a Receipt or a DeliveryError."""
    try:
        return Webhook().send(message(url), deadline=options.get("deadline", DEADLINE))
    except DeliveryError as error:
        return error
