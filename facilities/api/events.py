"""The REST door to events of public health: everybody reads them, few declare them."""

from typing import ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest import ApiView, EmptySerializer, NotFound, StrictSerializer, keyset, page_answer
from facilities import actions
from facilities.queries import events as queries
from facilities.representations import events as representations
from facilities.serializers import events as forms


class EventView(ApiView):
    """Shares how an event is answered."""

    def shown(self, event_id: UUID, *, status: int = 200) -> Response:
        """Return one event with its designated facilities."""
        row = queries.event(event_id)
        if row is None:
            raise NotFound
        return Response(representations.event(row, timezone.localdate()), status=status)


class EventList(EventView):
    """The events."""

    required: ClassVar = {"GET": Permission.DIRECTORY_VIEW, "POST": Permission.EVENT_DECLARE}

    @extend_schema(
        operation_id="events_list",
        tags=["public health events"],
        parameters=[forms.EventQuery],
        responses=forms.EventPageOut,
    )
    def get(self, request: Request) -> Response:
        """List events, newest first; with `on` those in force on that day."""
        asked = self.query(forms.EventQuery)
        rows = queries.events(on=asked.pop("on", None))
        page = keyset(rows, request=request, order=("-declared_at", "-id"), **asked)
        today = timezone.localdate()
        return page_answer(page, [representations.event(row, today) for row in page.rows])

    @extend_schema(
        operation_id="events_declare",
        tags=["public health events"],
        request=forms.EventSerializer,
        responses={201: forms.EventOut},
    )
    def post(self, request: Request) -> Response:
        """Declare an event; from its first day on its diseases go to designated facilities only."""

        def perform() -> Response:
            made = actions.declare_event(by=self.actor, **self.body(forms.EventSerializer))
            return self.shown(made.pk, status=201)

        return self.idempotent(perform)


class EventDetail(EventView):
    """One event."""

    required: ClassVar = {"GET": Permission.DIRECTORY_VIEW}

    @extend_schema(
        operation_id="events_read", tags=["public health events"], responses=forms.EventOut
    )
    def get(self, request: Request, event_id: UUID) -> Response:
        """Show an event, also one that is over."""
        self.query(StrictSerializer)
        return self.shown(event_id)


class EventEnd(EventView):
    """The end of one."""

    required: ClassVar = {"POST": Permission.EVENT_DECLARE}

    @extend_schema(
        operation_id="events_end",
        tags=["public health events"],
        request=EmptySerializer,
        responses=forms.EventOut,
    )
    def post(self, request: Request, event_id: UUID) -> Response:
        """End an event at once."""

        def perform() -> Response:
            self.body(EmptySerializer)
            actions.end_event(event_id, by=self.actor)
            return self.shown(event_id)

        return self.idempotent(perform)
