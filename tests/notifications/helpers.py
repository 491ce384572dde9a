"""What the tests of notifications share: actors, subscriptions, messages, a receiver that checks."""

from __future__ import annotations

import threading
import time
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
from notifications import outbox, worker
from notifications.actions import new_secret
from notifications.channels.contract import Message, Receipt
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


class Fake:
    """A channel that does what a test says."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.errors: list[Exception] = []
        self.seconds = 0.0
        self.slow: set[UUID | None] = set()
        self.at_once = 0
        self.most_at_once = 0
        self.lock = threading.Lock()

    def send(self, message: Message, *, deadline: float) -> Receipt:
        """Remember, wait, fail or not."""
        with self.lock:
            self.sent.append(message)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            error = self.errors.pop(0) if self.errors else None
        if not self.slow or message.subscription_id in self.slow:
            time.sleep(self.seconds)
        with self.lock:
            self.at_once -= 1
        if error is not None:
            raise error
        return Receipt(200)


def fresh(message: OutboxMessage) -> OutboxMessage:
    """As the database has it."""
    return OutboxMessage.objects.get(id=message.id)


def set_row(message: OutboxMessage, sql: str) -> None:
    """Change a row behind the worker's back."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE notifications_outboxmessage SET {sql} WHERE id = %s", [message.id])


def drain_elsewhere(**options: Any) -> None:
    """Drain in a thread of the test, over a connection of its own."""
    try:
        worker.drain(**options)
    finally:
        connection.close()
