"""Delivers by webhook: a signed, thin, identical body on every try (Standard Webhooks)."""

from __future__ import annotations

import json
import re
from datetime import datetime
from email.utils import parsedate_to_datetime

from standardwebhooks import Webhook as Signer

from notifications.channels.contract import DeliveryError, Endpoint, Message, Receipt
from notifications.channels.webhook import client
from notifications.channels.webhook.address import BadAddress, check

LONGEST_WAIT = 86_400.0
SECONDS = re.compile(r"\d{1,9}")
GONE = 410
TOO_MANY = 429
UNAVAILABLE = 503


class Webhook:
    """POSTs one message; 2xx is delivered, everything else is not."""

    def send(self, message: Message, *, deadline: float) -> Receipt:
        """Deliver to the subscription's URL within `deadline` seconds or raise DeliveryError."""
        endpoint = message.endpoint
        if endpoint is None or not endpoint.address or not endpoint.secrets:
            raise DeliveryError("no_address", permanent=True)
        text = body(message)
        try:
            check(endpoint.address)
            headers = signed(message, endpoint, text, message.now())
            answer = client.post(endpoint.address, text.encode(), headers, seconds=deadline)
        except BadAddress as bad:
            raise DeliveryError(bad.code, permanent=True) from None
        except client.Blocked:
            raise DeliveryError("address_blocked", silent=True) from None
        except client.TooSlow:
            raise DeliveryError("timeout", silent=True) from None
        except client.Unreachable:
            raise DeliveryError("connection", silent=True) from None
        return _judge(answer, message.now())


def body(message: Message) -> str:
    """The body: the same text on each try, so that it may be compared and deduplicated."""
    content = {
        "type": message.topic,
        "id": str(message.id),
        "seq": message.sequence,
        "timestamp": message.created_at.isoformat(),
        "data": message.payload,
    }
    return json.dumps(content, separators=(",", ":"), sort_keys=True)


def signed(message: Message, endpoint: Endpoint, text: str, now: datetime) -> dict[str, str]:
    """Headers of Standard Webhooks; during a rotation one signature for each secret.

    `webhook-id` is the id of the outbox row, hence the same on each retry.
    """
    identifier = str(message.id)
    signatures = (Signer(secret).sign(identifier, now, text) for secret in endpoint.secrets)
    return {
        "Content-Type": "application/json",
        "webhook-id": identifier,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _judge(answer: client.Answer, now: datetime) -> Receipt:
    receipt = Receipt(answer.status, answer.length, answer.hash)
    if 200 <= answer.status < 300:
        return receipt
    if answer.status == GONE:
        raise DeliveryError("gone", permanent=True, gone=True, receipt=receipt)
    wait = _wait(answer.retry_after, now) if answer.status in (TOO_MANY, UNAVAILABLE) else None
    raise DeliveryError(
        "redirect" if 300 <= answer.status < 400 else "status",
        retry_after=wait,
        silent=wait is not None,
        receipt=receipt,
    )


def _wait(header: str, now: datetime) -> float | None:
    """Seconds of a Retry-After header, in either of its forms, at most a day; None if unreadable."""
    if SECONDS.fullmatch(header):
        return min(float(header), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(header)
        return min(max((until - now).total_seconds(), 0.0), LONGEST_WAIT)
    except (ValueError, TypeError):
        return None
