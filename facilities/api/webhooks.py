"""Answers for webhooks and e-mail subscriptions, and for what did not arrive: each write with its audit row.

Here and not beside the notices: notifications may not know the trail.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest import ApiView, PageQuery, StrictSerializer, keyset, page_answer
from facilities.actions import webhooks as actions
from notifications import queries, representations
from notifications import serializers as forms
from notifications.api import PostOnObject, found
from notifications.models import ChannelKind, Subscription


class WebhookView(ApiView):
    """A view about the subscriptions of the caller's facility."""

    def mine(self, webhook_id: UUID) -> Subscription:
        """The subscription, or NotFound."""
        return found(lambda: queries.subscriptions(self.actor).get(id=webhook_id))

    def once(self, perform: Callable[[], Subscription], *, status: int) -> Response:
        """Write once for each Idempotency-Key; the secret is in the first answer only, never kept."""
        made: list[Subscription] = []

        def answer() -> Response:
            made.append(found(perform))
            return Response(
                {**representations.subscription(made[0]), "secret": None}, status=status
            )

        response = self.idempotent(answer)
        if made:
            response.data["secret"] = made[0].secret
        return response


class WebhookList(WebhookView):
    """The subscriptions of the caller's facility."""

    required: ClassVar = {"GET": Permission.WEBHOOK_MANAGE, "POST": Permission.WEBHOOK_MANAGE}

    @extend_schema(
        operation_id="webhooks_list",
        tags=["webhooks"],
        parameters=[PageQuery],
        responses=forms.SubscriptionPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """List them, newest first."""
        query = self.query(PageQuery)
        page = keyset(
            queries.subscriptions(self.actor),
            request=request,
            order=("-created_at", "-id"),
            limit=query["limit"],
            cursor=query.get("cursor"),
        )
        return page_answer(page, [representations.subscription(row) for row in page.rows])

    @extend_schema(
        operation_id="webhooks_create",
        tags=["webhooks"],
        request=forms.SubscriptionForm,
        responses={201: forms.SecretSerializer},
    )
    def post(self, request: Request) -> Response:
        """Subscribe a URL or an e-mail address; the secret is shown this one time."""
        body = self.body(forms.SubscriptionForm)
        webhook = "url" in body
        return self.once(
            lambda: actions.add(
                ChannelKind.WEBHOOK if webhook else ChannelKind.EMAIL,
                body["url"] if webhook else body["email"],
                body["topics"],
                requires_ack=body["requires_ack"],
                by=self.actor,
            ),
            status=201,
        )


class WebhookDetail(WebhookView):
    """One subscription."""

    required: ClassVar = {
        "GET": Permission.WEBHOOK_MANAGE,
        "PATCH": Permission.WEBHOOK_MANAGE,
        "DELETE": Permission.WEBHOOK_MANAGE,
    }

    @extend_schema(
        operation_id="webhooks_read", tags=["webhooks"], responses=forms.SubscriptionSerializer
    )
    def get(self, request: Request, webhook_id: UUID) -> Response:
        """Show it, without its secret."""
        self.query(StrictSerializer)
        return Response(representations.subscription(self.mine(webhook_id)))

    @extend_schema(
        operation_id="webhooks_alter",
        tags=["webhooks"],
        request=forms.AlterForm,
        responses=forms.SubscriptionSerializer,
    )
    def patch(self, request: Request, webhook_id: UUID) -> Response:
        """Change its topics, or switch it off and on again."""
        body = self.body(forms.AlterForm)
        row = found(lambda: actions.alter(webhook_id, by=self.actor, **body))
        return Response(representations.subscription(row))

    @extend_schema(operation_id="webhooks_delete", tags=["webhooks"], responses={204: None})
    def delete(self, request: Request, webhook_id: UUID) -> Response:
        """Forget it; what waits for it is not sent any more."""
        found(lambda: actions.remove(webhook_id, by=self.actor))
        return Response(status=204)


class WebhookSecret(WebhookView):
    """The secret of a webhook."""

    required: ClassVar = {"POST": Permission.WEBHOOK_MANAGE}

    @extend_schema(
        operation_id="webhooks_rotate_secret",
        tags=["webhooks"],
        request=forms.EmptyForm,
        responses=forms.SecretSerializer,
    )
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Make a new secret, shown this one time; the old one signs too for 24 hours."""
        self.body(forms.EmptyForm)
        return self.once(lambda: actions.rotate(webhook_id, by=self.actor), status=200)


class DeliveryList(WebhookView):
    """What was sent to a subscription, and what waits."""

    required: ClassVar = {"GET": Permission.WEBHOOK_MANAGE}

    @extend_schema(
        operation_id="webhooks_deliveries",
        tags=["webhooks"],
        parameters=[PageQuery],
        responses=forms.DeliveryPageSerializer,
    )
    def get(self, request: Request, webhook_id: UUID) -> Response:
        """List deliveries, newest first, each with its last attempt."""
        query = self.query(PageQuery)
        subscription = self.mine(webhook_id)
        page = keyset(
            queries.deliveries(subscription.id, self.actor),
            request=request,
            order=("-created_at", "-id"),
            limit=query["limit"],
            cursor=query.get("cursor"),
        )
        last = queries.last_attempts(row.id for row in page.rows)
        return page_answer(
            page, [representations.delivery(row, last.get(row.id)) for row in page.rows]
        )


class Redelivery(WebhookView):
    """Sending once more."""

    required: ClassVar = {"POST": Permission.WEBHOOK_MANAGE}

    @extend_schema(
        operation_id="webhooks_redeliver",
        tags=["webhooks"],
        request=forms.RedeliverForm,
        responses={202: forms.RedeliveredSerializer},
    )
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Send one delivery, or all since a time, again under the same webhook-id."""
        body = self.body(forms.RedeliverForm)

        def perform() -> Response:
            queued = found(lambda: actions.send_again(webhook_id, by=self.actor, **body))
            return Response({"queued": queued}, status=202)

        return self.idempotent(perform)


class DeliveryTaskClose(PostOnObject):
    """A task that was seen to."""

    @extend_schema(
        operation_id="delivery_tasks_close",
        tags=["notices"],
        request=forms.EmptyForm,
        responses=forms.DeliveryTaskSerializer,
    )
    def post(self, request: Request, task_id: UUID) -> Response:
        """Close it; the message itself is sent on as long as it is not delivered."""
        return self.done(lambda: representations.task(actions.close_task(task_id, by=self.actor)))
