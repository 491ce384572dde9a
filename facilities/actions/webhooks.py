"""Writes what a manager does on the pages to the addresses that hear of events, each with its audit row.

The rules are those of notifications.actions, which may not know the trail.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from accounts.actors import Actor
from accounts.errors import not_found
from audit import record
from notifications import actions
from notifications.models import ChannelKind, DeliveryTask, Subscription


def add(
    channel: ChannelKind, address: str, topics: Sequence[str], *, requires_ack: bool, by: Actor
) -> Subscription:
    """Add an address; the secret of a webhook is in the returned row. Raises Refused as the action does."""
    row = actions.create_subscription(
        by=by, channel=channel, address=address, topics=topics, requires_ack=requires_ack
    )
    record.change(by, what="webhook.added", fields=["address", "topics", "requires_ack"])
    return row


def alter(
    subscription_id: UUID, topics: Sequence[str], *, requires_ack: bool, by: Actor
) -> Subscription:
    """Change what is sent. Raises ObjectDoesNotExist, Refused."""
    row = actions.alter_subscription(
        subscription_id, by=by, topics=topics, requires_ack=requires_ack
    )
    record.change(by, what="webhook.changed", fields=["topics", "requires_ack"])
    return row


def pause(subscription_id: UUID, *, by: Actor) -> Subscription:
    """Switch an address off: nothing is written for it until it is on again. Raises ObjectDoesNotExist."""
    row = actions.alter_subscription(subscription_id, by=by, active=False)
    record.change(by, what="webhook.paused", after="off")
    return row


def resume(subscription_id: UUID, *, by: Actor) -> Subscription:
    """Switch an address on, also one that was gone. Raises ObjectDoesNotExist."""
    row = actions.alter_subscription(subscription_id, by=by, active=True)
    record.change(by, what="webhook.resumed", after="on")
    return row


def remove(subscription_id: UUID, *, by: Actor) -> None:
    """Forget an address with its secrets. Raises ObjectDoesNotExist."""
    actions.remove_subscription(subscription_id, by=by)
    record.change(by, what="webhook.removed")


def rotate(subscription_id: UUID, *, by: Actor) -> Subscription:
    """Give a webhook a new secret, which is in the returned row. Raises ObjectDoesNotExist, Refused."""
    row = actions.rotate_secret(subscription_id, by=by)
    record.change(by, what="webhook.secret_rotated", fields=["secret"])
    return row


def send_again(
    subscription_id: UUID,
    *,
    by: Actor,
    delivery: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> int:
    """Send one delivery again, or all of a period that were given up; returns how many.

    Raises ObjectDoesNotExist, Refused.
    """
    count = actions.redeliver(
        subscription_id, by=by, delivery=delivery, since=since, until=until, only_failed=True
    )
    record.change(by, what="webhook.sent_again")
    return count


def close_task(task_id: UUID, *, by: Actor) -> DeliveryTask:
    """Note that a person has seen to a message that did not arrive. Raises Refused not-found."""
    try:
        row = actions.close_task(task_id, by=by)
    except DeliveryTask.DoesNotExist as error:
        raise not_found() from error
    record.change(by, what="delivery_task.closed")
    return row
