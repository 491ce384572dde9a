"""Answers for webhooks and e-mail subscriptions, notices, receipts and delivery tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest import ApiView, NotFound, PageQuery, StrictSerializer, keyset, page_answer
from notifications import actions, queries, representations
from notifications import serializers as forms
from notifications.models import ChannelKind, Subscription

Found = TypeVar("Found")


def found(look: Callable[[], Found]) -> Found:
    """What `look` finds; one answer for what is not there and what is not the caller's."""
    try:
        return look()
    except ObjectDoesNotExist:
        raise NotFound from None


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
            lambda: actions.create_subscription(
                by=self.actor,
                channel=ChannelKind.WEBHOOK if webhook else ChannelKind.EMAIL,
                address=body["url"] if webhook else body["email"],
                topics=body["topics"],
                requires_ack=body["requires_ack"],
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
        row = found(lambda: actions.alter_subscription(webhook_id, by=self.actor, **body))
        return Response(representations.subscription(row))

    @extend_schema(operation_id="webhooks_delete", tags=["webhooks"], responses={204: None})
    def delete(self, request: Request, webhook_id: UUID) -> Response:
        """Forget it; what waits for it is not sent any more."""
        found(lambda: actions.remove_subscription(webhook_id, by=self.actor))
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
        return self.once(lambda: actions.rotate_secret(webhook_id, by=self.actor), status=200)


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
            queued = found(lambda: actions.redeliver(webhook_id, by=self.actor, **body))
            return Response({"queued": queued}, status=202)

        return self.idempotent(perform)


class NoticeList(ApiView):
    """The in-app inbox of the caller's facility; who has no URL may poll it instead."""

    required: ClassVar = {"GET": Permission.REFERRAL_VIEW}

    @extend_schema(
        operation_id="notices_list",
        tags=["notices"],
        parameters=[forms.NoticeQuery],
        responses=forms.NoticePageSerializer,
    )
    def get(self, request: Request) -> Response:
        """List notices, newest first."""
        query = self.query(forms.NoticeQuery)
        page = keyset(
            queries.notices(self.actor, unread=query["unread"]),
            request=request,
            order=("-created_at", "-id"),
            limit=query["limit"],
            cursor=query.get("cursor"),
        )
        return page_answer(page, [representations.notice(row) for row in page.rows])


class PostOnObject(ApiView):
    """A POST without fields on one object of the caller's facility; repeating changes nothing."""

    required: ClassVar = {"POST": Permission.REFERRAL_VIEW}

    def done(self, perform: Callable[[], dict[str, Any]]) -> Response:
        """Check the empty body and answer."""
        self.body(forms.EmptyForm)
        return self.idempotent(lambda: Response(found(perform)))


class NoticeRead(PostOnObject):
    """A notice that was read."""

    @extend_schema(
        operation_id="notices_read_mark",
        tags=["notices"],
        request=forms.EmptyForm,
        responses=forms.NoticeSerializer,
    )
    def post(self, request: Request, notice_id: UUID) -> Response:
        """Mark it as read; the first reader counts."""
        return self.done(
            lambda: representations.notice(actions.mark_read(notice_id, by=self.actor))
        )


class Acknowledgement(PostOnObject):
    """A receipt by the receiving system."""

    @extend_schema(
        operation_id="acks_create",
        tags=["webhooks"],
        request=forms.EmptyForm,
        responses=forms.AckSerializer,
    )
    def post(self, request: Request, message_id: UUID) -> Response:
        """Say that the message with this webhook-id has arrived and is safe."""

        def perform() -> dict[str, Any]:
            row = actions.acknowledge(message_id, by=self.actor)
            return {"id": row.id, "acked_at": row.acked_at}

        return self.done(perform)


class DeliveryTaskList(ApiView):
    """Messages that need a person."""

    required: ClassVar = {"GET": Permission.REFERRAL_VIEW}

    @extend_schema(
        operation_id="delivery_tasks_list",
        tags=["notices"],
        parameters=[forms.TaskQuery],
        responses=forms.DeliveryTaskPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """List tasks of the caller's facility, as recipient or as sender, newest first."""
        query = self.query(forms.TaskQuery)
        page = keyset(
            queries.tasks(self.actor, only_open=query["open"]),
            request=request,
            order=("-opened_at", "-id"),
            limit=query["limit"],
            cursor=query.get("cursor"),
        )
        return page_answer(page, [representations.task(row) for row in page.rows])


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
