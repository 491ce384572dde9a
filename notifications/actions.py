"""Writes about subscriptions, receipts, notices and tasks; delivery itself is the worker's."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Case, Q, QuerySet, Value, When
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from notifications import policy, queries, wakeup
from notifications.channels.webhook.address import BadAddress, check
from notifications.models import (
    ESCALATE_ROUTINE,
    ESCALATE_URGENT,
    ChannelKind,
    DeliveryTask,
    MessageState,
    Notice,
    OutboxMessage,
    Priority,
    Subscription,
    TaskReason,
)

SECRET_BYTES = 32
OVERLAP = timedelta(hours=24)
REDELIVERED_AT_ONCE = 5000
SETTLED = (MessageState.DONE, MessageState.DEAD)


def new_secret() -> str:
    """A signing secret in the form of Standard Webhooks."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def create_subscription(
    *,
    by: Actor,
    channel: ChannelKind,
    address: str,
    topics: Sequence[str] = ("*",),
    requires_ack: bool = False,
) -> Subscription:
    """Add an endpoint for the actor's facility; the secret of a webhook is in the returned object.

    Raises Refused: `no-permission`, `bad-address`, `bad-topic`, `too-many-subscriptions`.
    """
    recipient = _managed(by)
    _demand_address(channel, address)
    _demand_topics(topics)
    if not policy.may_add(queries.subscriptions(by).count()):
        raise Refused("too-many-subscriptions", _("This institution has too many subscriptions."))
    return Subscription.objects.create(
        recipient_id=recipient,
        channel=channel,
        address=address,
        secret=new_secret() if channel == ChannelKind.WEBHOOK else None,
        topics=list(dict.fromkeys(topics)),
        requires_ack=requires_ack,
        created_by=by.user_id,
    )


def alter_subscription(
    subscription_id: UUID,
    *,
    by: Actor,
    topics: Sequence[str] | None = None,
    requires_ack: bool | None = None,
    active: bool | None = None,
) -> Subscription:
    """Change what is sent, or switch an endpoint off or on again (also after it said 410).

    Raises ObjectDoesNotExist if it is not the actor's, Refused as create_subscription.
    """
    row = _locked(subscription_id, by)
    if topics is not None:
        _demand_topics(topics)
        row.topics = list(dict.fromkeys(topics))
    if requires_ack is not None:
        row.requires_ack = requires_ack
    if active is not None:
        row.active, row.gone_at = active, None if active else row.gone_at
        row.paused_until, row.failures = None, 0
    row.updated_at = timezone.now()
    row.save(
        update_fields=[
            *("topics", "requires_ack", "active", "gone_at"),
            *("paused_until", "failures", "updated_at"),
        ]
    )
    return row


def remove_subscription(subscription_id: UUID, *, by: Actor) -> None:
    """Forget an endpoint, its address and its secrets; what waits for it is not sent any more.

    Raises ObjectDoesNotExist if it is not the actor's.
    """
    row = _locked(subscription_id, by)
    now = timezone.now()
    row.active, row.removed_at, row.updated_at = False, now, now
    row.address = row.secret = row.previous_secret = None
    row.save(
        update_fields=[
            *("active", "removed_at", "updated_at"),
            *("address", "secret", "previous_secret"),
        ]
    )
    row.messages.filter(state=MessageState.PENDING).update(
        state=MessageState.DEAD, lease_until=None, escalate_at=None
    )


def rotate_secret(subscription_id: UUID, *, by: Actor) -> Subscription:
    """Give a webhook a new secret; for 24 hours messages carry signatures of both.

    Raises ObjectDoesNotExist if it is not the actor's, Refused `no-secret` for e-mail.
    """
    row = _locked(subscription_id, by)
    if row.channel != ChannelKind.WEBHOOK:
        raise Refused("no-secret", _("Only webhooks have a secret."))
    now = timezone.now()
    row.previous_secret, row.secret = row.secret, new_secret()
    row.previous_until, row.updated_at = now + OVERLAP, now
    row.save(update_fields=["secret", "previous_secret", "previous_until", "updated_at"])
    return row


def redeliver(
    subscription_id: UUID,
    *,
    by: Actor,
    delivery: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    only_failed: bool = False,
) -> int:
    """Send one settled message, or all created since a time, once more under the same id.

    `until` and `only_failed` narrow the period to its end and to what nobody would send any more.
    At most 5,000 at once, oldest first; returns how many. Raises
    ObjectDoesNotExist if the subscription or the delivery is not the actor's,
    Refused `webhook-inactive`.
    """
    row = _locked(subscription_id, by)
    if not policy.may_redeliver(row):
        raise Refused("webhook-inactive", _("This subscription is switched off."))
    rows = queries.deliveries(row.id, by)
    if delivery is not None:
        wanted = rows.filter(id=delivery)
        if not wanted.exists():
            raise OutboxMessage.DoesNotExist
    else:
        states = (MessageState.DEAD,) if only_failed else SETTLED
        wanted = rows.filter(created_at__gte=since, state__in=states)
        wanted = wanted.filter(created_at__lt=until) if until else wanted
    ids = wanted.order_by("created_at", "id").values_list("id", flat=True)[:REDELIVERED_AT_ONCE]
    count = _made_due(rows.filter(id__in=list(ids)))
    transaction.on_commit(wakeup.wake)
    return count


def _made_due(rows: QuerySet[OutboxMessage]) -> int:
    """Due now, as if new; a message that is being sent at this moment is left alone."""
    free = rows.filter(Q(lease_until=None) | Q(lease_until__lt=Now()) | Q(state__in=SETTLED))
    urgent = When(priority__lte=Priority.URGENT, then=Now() + Value(ESCALATE_URGENT))
    return free.update(
        state=MessageState.PENDING,
        next_at=Now(),
        lease_until=None,
        attempts=0,
        crashes=0,
        done_at=None,
        acked_at=None,
        escalate_at=Case(urgent, default=Now() + Value(ESCALATE_ROUTINE)),
    )


def acknowledge(message_id: UUID, *, by: Actor) -> OutboxMessage:
    """Keep the receiver's own word that a message has arrived (reliability D2); once is enough.

    Whoever acknowledges has the message, so one still to be sent is settled too.
    Raises ObjectDoesNotExist if it was not addressed to the actor's facility.
    """
    row = queries.messages(by).select_for_update().get(id=message_id)
    if row.acked_at is None:
        row.acked_at = timezone.now()
        row.state, row.done_at = MessageState.DONE, row.done_at or row.acked_at
        row.escalate_at = row.lease_until = None
        row.save(update_fields=["acked_at", "state", "done_at", "escalate_at", "lease_until"])
        awaited = (TaskReason.UNDELIVERED, TaskReason.UNACKNOWLEDGED)
        row.tasks.filter(closed_at=None, reason__in=awaited).update(closed_at=row.acked_at)
    return row


def mark_read(notice_id: UUID, *, by: Actor) -> Notice:
    """Note who read a notice first; raises ObjectDoesNotExist if it is not the actor's."""
    row = queries.notices(by).select_for_update().get(id=notice_id)
    if row.read_at is None:
        row.read_at, row.read_by = timezone.now(), by.user_id
        row.save(update_fields=["read_at", "read_by"])
    return row


def mark_seen(notice_ids: Sequence[UUID], *, by: Actor) -> None:
    """Note that a person of the actor's facility has what these notices tell of before their eyes.

    Those that somebody has read before, and those of others, stay as they are; one statement, none for no ids.
    """
    if notice_ids and by.user_id is not None:
        unread = queries.notices(by, unread=True).filter(id__in=notice_ids)
        unread.update(read_at=timezone.now(), read_by=by.user_id)


def close_task(task_id: UUID, *, by: Actor) -> DeliveryTask:
    """Note that a person has seen to it; raises ObjectDoesNotExist if it is not the actor's."""
    row = queries.tasks(by).select_for_update(of=("self",)).get(id=task_id)
    if row.closed_at is None:
        row.closed_at, row.closed_by = timezone.now(), by.user_id
        row.save(update_fields=["closed_at", "closed_by"])
    return row


def _locked(subscription_id: UUID, by: Actor) -> Subscription:
    if not policy.may_manage(by):
        raise ObjectDoesNotExist
    return queries.subscriptions(by).select_for_update().get(id=subscription_id)


def _managed(by: Actor) -> UUID:
    if by.facility_id is None or not policy.may_manage(by):
        text = _("Your role does not have this right.")
        raise Refused("no-permission", text, kind=Kind.FORBIDDEN)
    return by.facility_id


def _demand_address(channel: ChannelKind, address: str) -> None:
    try:
        if channel == ChannelKind.WEBHOOK:
            check(address)
        else:
            validate_email(address)
    except (BadAddress, ValidationError):
        text = _("This address cannot be used.")
        field = "url" if channel == ChannelKind.WEBHOOK else "email"
        raise Refused(
            "bad-address", text, kind=Kind.UNPROCESSABLE, errors={field: [str(text)]}
        ) from None


def _demand_topics(topics: Sequence[str]) -> None:
    if not topics or not all(policy.is_interest(each) for each in topics):
        text = _("A topic is *, family.* or one event such as family.event.")
        raise Refused("bad-topic", text, kind=Kind.UNPROCESSABLE, errors={"topics": [str(text)]})
