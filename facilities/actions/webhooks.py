"""Writes what people do, on pages or by REST, to the addresses that hear of events, each with its audit row.

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
    subscription_id: UUID,
    *,
    by: Actor,
    topics: Sequence[str] | None = None,
    requires_ack: bool | None = None,
    active: bool | None = None,
) -> Subscription:
    """Change what is sent, or switch an address off or on. Raises ObjectDoesNotExist, Refused."""
    said = {"topics": topics, "requires_ack": requires_ack}
    row = actions.alter_subscription(
        subscription_id, by=by, topics=topics, requires_ack=requires_ack, active=active
    )
    fields = [name for name, value in said.items() if value is not None]
    if fields:
        record.change(by, what="webhook.changed", fields=fields)
    if active is not None:
        what = "webhook.resumed" if active else "webhook.paused"
        record.change(by, what=what, after="on" if active else "off")
    return row


def pause(subscription_id: UUID, *, by: Actor) -> Subscription:
    """Switch an address off: nothing is written for it until it is on again. Raises ObjectDoesNotExist."""
    return alter(subscription_id, by=by, active=False)


def resume(subscription_id: UUID, *, by: Actor) -> Subscription:
    """Switch an address on, also one that was gone. Raises ObjectDoesNotExist."""
    return alter(subscription_id, by=by, active=True)


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
    only_failed: bool = False,
) -> int:
    """Send one delivery again, or all of a period; returns how many.

    Raises ObjectDoesNotExist, Refused.
    """
    count = actions.redeliver(
        subscription_id, by=by, delivery=delivery, since=since, until=until, only_failed=only_failed
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
