"""Answers for notices, receipts and delivery tasks; what people set up is in facilities.api.webhooks, and audited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest import ApiView, NotFound, keyset, page_answer
from notifications import actions, queries, representations
from notifications import serializers as forms

Found = TypeVar("Found")


def found(look: Callable[[], Found]) -> Found:
    """What `look` finds; one answer for what is not there and what is not the caller's."""
    try:
        return look()
    except ObjectDoesNotExist:
        raise NotFound from None


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
