"""Turns rows into the dictionaries that the API answers with."""

from __future__ import annotations

from typing import Any

from notifications.models import (
    Attempt,
    ChannelKind,
    DeliveryTask,
    Notice,
    OutboxMessage,
    Subscription,
)


def subscription(row: Subscription) -> dict[str, Any]:
    """A subscription without its secret."""
    webhook = row.channel == ChannelKind.WEBHOOK
    return {
        "id": row.id,
        "channel": row.channel,
        "url": row.address if webhook else None,
        "email": None if webhook else row.address,
        "topics": row.topics,
        "requires_ack": row.requires_ack,
        "active": row.active,
        "gone_at": row.gone_at,
        "paused_until": row.paused_until,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def delivery(row: OutboxMessage, last: Attempt | None) -> dict[str, Any]:
    """A message to one endpoint, and how its last attempt ended."""
    return {
        "id": row.id,
        "event_id": row.event_id,
        "topic": row.topic,
        "subject": row.subject,
        "sequence": row.sequence,
        "state": row.state,
        "attempts": row.attempts,
        "created_at": row.created_at,
        "next_at": row.next_at if row.state == "pending" else None,
        "done_at": row.done_at,
        "acked_at": row.acked_at,
        "last_attempt": attempt(last) if last else None,
    }


def attempt(row: Attempt) -> dict[str, Any]:
    """One try; never what the receiver answered, only how long it was."""
    return {
        "number": row.number,
        "at": row.at,
        "result": row.result,
        "code": row.code,
        "status": row.status,
        "milliseconds": row.milliseconds,
        "answer_length": row.answer_length,
    }


def notice(row: Notice) -> dict[str, Any]:
    """A message in the inbox; `message_id` is what POST /acks/ takes."""
    return {
        "id": row.id,
        "message_id": row.outbox_id,
        "topic": row.topic,
        "data": row.payload,
        "subject": row.subject,
        "sequence": row.sequence,
        "priority": row.priority,
        "created_at": row.created_at,
        "read_at": row.read_at,
    }


def task(row: DeliveryTask) -> dict[str, Any]:
    """Work for a person."""
    return {
        "id": row.id,
        "message_id": row.message_id,
        "topic": row.message.topic,
        "subject": row.message.subject,
        "channel": row.message.channel,
        "side": row.side,
        "reason": row.reason,
        "opened_at": row.opened_at,
        "closed_at": row.closed_at,
    }
