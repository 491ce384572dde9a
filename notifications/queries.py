"""Reads of subscriptions, deliveries, notices and tasks, scoped to the facility of the actor."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet, Window
from django.db.models.functions import RowNumber

from accounts.actors import Actor
from notifications.models import Attempt, DeliveryTask, Notice, OutboxMessage, Subscription

NOBODY = UUID(int=0)


def _own(by: Actor) -> UUID:
    """The actor's facility; whoever acts for none owns nothing."""
    return by.facility_id or NOBODY


def subscriptions(by: Actor) -> QuerySet[Subscription]:
    """Those of the actor's facility that have not been removed."""
    return Subscription.objects.filter(recipient_id=_own(by), removed_at=None)


def deliveries(subscription_id: UUID, by: Actor) -> QuerySet[OutboxMessage]:
    """What was or will be sent to one subscription of the actor's facility."""
    return OutboxMessage.objects.filter(subscription_id=subscription_id, recipient_id=_own(by))


def messages(by: Actor) -> QuerySet[OutboxMessage]:
    """Everything addressed to the actor's facility, by whatever channel."""
    return OutboxMessage.objects.filter(recipient_id=_own(by))


def last_attempts(message_ids: Iterable[UUID]) -> dict[UUID, Attempt]:
    """The newest attempt of each message, by message; one statement."""
    rows = (
        Attempt.objects.filter(message_id__in=list(message_ids))
        .order_by("message_id", "-at", "-id")
        .distinct("message_id")
    )
    return {row.message_id: row for row in rows}


def attempts(message_ids: Iterable[UUID], *, most: int) -> dict[UUID, list[Attempt]]:
    """The newest `most` attempts of each message, newest first, by message; one statement."""
    nth = Window(RowNumber(), partition_by="message_id", order_by=("-at", "-id"))
    rows = Attempt.objects.filter(message_id__in=list(message_ids)).annotate(nth=nth)
    found: dict[UUID, list[Attempt]] = {}
    for row in rows.filter(nth__lte=most).order_by("message_id", "nth"):
        found.setdefault(row.message_id, []).append(row)
    return found


def notices(by: Actor, *, unread: bool | None = None) -> QuerySet[Notice]:
    """The in-app inbox of the actor's facility; all, only unread or only read."""
    rows = Notice.objects.filter(recipient_id=_own(by))
    return rows if unread is None else rows.filter(read_at__isnull=unread)


def tasks(by: Actor, *, only_open: bool | None = None) -> QuerySet[DeliveryTask]:
    """Work for people of the actor's facility about messages that did not arrive."""
    rows = DeliveryTask.objects.filter(holder_id=_own(by))
    rows = rows.select_related("message")
    return rows if only_open is None else rows.filter(closed_at__isnull=only_open)
