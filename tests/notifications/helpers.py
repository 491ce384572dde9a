"""What the tests of notifications share: actors, subscriptions, messages, a receiver that checks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from pytest_httpserver import HTTPServer
from standardwebhooks import Webhook as Verifier
from werkzeug import Request, Response

from accounts.actors import Actor
from accounts.ids import uuid7
from accounts.permissions import Role
from notifications import outbox
from notifications.actions import new_secret
from notifications.models import ChannelKind, OutboxMessage, Priority, Subscription

TOPIC = "referral.accepted"


def person(facility: UUID | None = None, role: Role = Role.INTEGRATOR) -> Actor:
    """Somebody at some facility."""
    return Actor.at_post(user_id=uuid7(), name="李四", facility_id=facility or uuid7(), role=role)


def subscribe(recipient: UUID, url: str, **options: Any) -> Subscription:
    """A webhook without the checks of the action."""
    values = {"channel": ChannelKind.WEBHOOK, "secret": new_secret(), "topics": ["*"], **options}
    return Subscription.objects.create(recipient_id=recipient, address=url, **values)


def post(*recipients: UUID, topic: str = TOPIC, **options: Any) -> None:
    """Queue one event."""
    values = {"priority": Priority.ROUTINE, "subject": uuid7(), "sequence": 1, **options}
    with transaction.atomic():
        outbox.post(topic, values.pop("payload", {"state": "accepted"}), recipients, **values)


def queued(subscription: Subscription, **options: Any) -> OutboxMessage:
    """One message of one webhook, without its in-app twin."""
    post(subscription.recipient_id, **options)
    OutboxMessage.objects.filter(channel=ChannelKind.IN_APP).delete()
    return OutboxMessage.objects.filter(subscription=subscription).latest("created_at", "id")


def make_due(**wanted: Any) -> None:
    """Let retries and pauses be over."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE notifications_subscription SET paused_until = NULL")
    OutboxMessage.objects.filter(**wanted).update(next_at="2000-01-01T00:00:00Z")


def age(message: OutboxMessage, by: timedelta) -> None:
    """Let a message have waited so long already."""
    row = OutboxMessage.objects.get(id=message.id)
    row.created_at -= by
    if row.escalate_at:
        row.escalate_at -= by
    row.save(update_fields=["created_at", "escalate_at"])


class Receiver:
    """A well-behaved partner: verifies each signature and keeps what it was told, in order."""

    def __init__(self, server: HTTPServer, secret: Callable[[], str]) -> None:
        self.server = server
        self.secret = secret
        self.ids: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self.statuses: list[int] = []
        self.headers: dict[str, str] = {}
        server.expect_request("/hook", method="POST").respond_with_handler(self._receive)

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.server.url_for("/hook")

    def _receive(self, request: Request) -> Response:
        body = Verifier(self.secret()).verify(request.data, dict(request.headers))
        self.ids.append(request.headers["webhook-id"])
        self.bodies.append(body)
        status = self.statuses.pop(0) if self.statuses else 204
        return Response(status=status, headers=self.headers)
