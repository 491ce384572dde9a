"""Turns addresses, deliveries and tasks into what their pages show."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from facilities.models import Facility
from notifications import wording
from notifications.models import (
    Attempt,
    AttemptResult,
    ChannelKind,
    DeliveryTask,
    MessageState,
    OutboxMessage,
    Side,
    Subscription,
)

Words = str | Promise


class Mark(NamedTuple):
    """A word with its icon (an id in static/referral/icons.svg) and its colour (a class of ours)."""

    words: Words
    icon: str
    colour: str


ON: Final = Mark(_("Switched on"), "check", "green")
OFF: Final = Mark(_("Switched off"), "ban", "grey")
GONE: Final = Mark(_("Says that it no longer exists"), "alarm", "red")
SILENT: Final = Mark(_("Does not answer"), "clock", "amber")
_DELIVERED: Final = Mark(_("Delivered"), "check", "green")
_UNACKNOWLEDGED: Final = Mark(_("Delivered, not acknowledged"), "clock", "amber")
_WAITING: Final = Mark(_("On its way"), "send", "blue")
_TRYING: Final = Mark(_("Not arrived, still trying"), "clock", "amber")
_DEAD: Final = Mark(_("Given up"), "alarm", "red")


def line(row: Subscription, now: datetime) -> dict[str, Any]:
    """Return an address with its state and what it hears of; never with its secret."""
    return {
        "row": row,
        "is_webhook": row.channel == ChannelKind.WEBHOOK,
        "mark": _standing(row, now),
        "topics": [wording.topic(each) for each in row.topics],
        "key": uuid4(),
    }


def _standing(row: Subscription, now: datetime) -> Mark:
    if row.gone_at is not None and not row.active:
        return GONE
    if not row.active:
        return OFF
    return SILENT if row.paused_until and row.paused_until > now else ON


def values(row: Subscription) -> dict[str, Any]:
    """Return what the form of an address begins with."""
    return {"topics": row.topics, "requires_ack": row.requires_ack}


def delivery(row: OutboxMessage, attempts: Sequence[Attempt]) -> dict[str, Any]:
    """Return a delivery with its attempts, newest first."""
    return {
        "row": row,
        "what": wording.topic(row.topic),
        "mark": _arrival(row),
        "is_settled": row.state != MessageState.PENDING,
        "attempts": [attempt(each) for each in attempts],
        "key": uuid4(),
    }


def _arrival(row: OutboxMessage) -> Mark:
    if row.state == MessageState.DONE:
        return _UNACKNOWLEDGED if row.requires_ack and row.acked_at is None else _DELIVERED
    if row.state == MessageState.DEAD:
        return _DEAD
    return _TRYING if row.attempts else _WAITING


def attempt(row: Attempt) -> dict[str, Any]:
    """Return one try in words."""
    done = row.result == AttemptResult.DELIVERED
    return {"row": row, "done": done, "why": _("Delivered") if done else wording.trouble(row.code)}


def task(row: DeliveryTask, places: Mapping[UUID, Facility]) -> dict[str, Any]:
    """Return work for a person: what did not arrive, where, why, and the referral that it is about."""
    return {
        "row": row,
        "what": wording.topic(row.message.topic),
        "why": row.get_reason_display(),
        "is_ours": row.side == Side.RECIPIENT,
        "place": places.get(row.message.recipient_id),
        "referral": row.message.payload.get("referral_id"),
        "key": uuid4(),
    }
