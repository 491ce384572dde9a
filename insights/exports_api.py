"""The REST door to files of numbers: asking for one, how far it is, and fetching it for an hour."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest import ApiView, NotFound, PageQuery, StrictSerializer, keyset, page_answer
from insights import exports_forms as forms
from insights.actions import exports as actions
from insights.files import TYPES, handed, state
from insights.models import Export, ExportState
from insights.queries import exports as queries

VIEW = Permission.NUMBERS_VIEW
FILES = [each.partition(";")[0] for each in TYPES.values()]


def representation(export: Export, now: datetime) -> dict[str, Any]:
    """Return a file as it is answered."""
    return {
        "id": export.pk,
        "kind": export.kind,
        "format": export.form,
        "question": export.question,
        "state": state(export, now),
        "progress": export.progress,
        "code": export.code or None,
        "name": export.name or None,
        "lines": export.lines,
        "asked_at": export.asked_at,
        "expires_at": export.expires_at,
    }


class ExportList(ApiView):
    """The files that the caller asked for at this post, within a day."""

    required: ClassVar = {"GET": VIEW, "POST": VIEW}
    located: ClassVar = frozenset({"POST"})
    naming: ClassVar = frozenset({"POST"})

    @extend_schema(
        operation_id="exports_list",
        tags=["indicators"],
        parameters=[PageQuery],
        responses=forms.ExportPageOut,
    )
    def get(self, request: Request) -> Response:
        """List them, newest first."""
        asked, now = self.query(PageQuery), timezone.now()
        rows = queries.of(self.actor)
        page = keyset(rows, request=request, order=queries.NEWEST_FIRST, **asked)
        return page_answer(page, [representation(row, now) for row in page.rows])

    @extend_schema(
        operation_id="exports_ask",
        tags=["indicators"],
        request=forms.ExportSerializer,
        responses={201: forms.ExportOut, 202: forms.ExportOut},
    )
    def post(self, request: Request) -> Response:
        """Ask for a file of numbers, as XLSX, CSV or PDF.

        201: it is there. 202: a worker makes it; GET its address until `state` is neither `waiting` nor `running`.
        """

        def perform() -> Response:
            now = timezone.now()
            body, language = self.body(forms.ExportSerializer), get_language() or ""
            export = actions.ask(body, by=self.actor, language=language, now=now)
            status = 201 if export.state == ExportState.DONE else 202
            address = reverse("export-detail", args=[export.pk])
            return Response(
                representation(export, now), status=status, headers={"Location": address}
            )

        return self.idempotent(perform)


class ExportDetail(ApiView):
    """One file."""

    required: ClassVar = {"GET": VIEW}

    @extend_schema(operation_id="exports_detail", tags=["indicators"], responses=forms.ExportOut)
    def get(self, request: Request, export_id: UUID) -> Response:
        """Say how far it is."""
        self.query(StrictSerializer)
        export = queries.find(export_id, self.actor)
        if export is None:
            raise NotFound
        return Response(representation(export, timezone.now()))


class ExportContent(ApiView):
    """What is in it."""

    required: ClassVar = {"GET": VIEW}
    conflicting: ClassVar = frozenset({"GET"})

    @extend_schema(
        operation_id="exports_file",
        tags=["indicators"],
        responses={(200, each): OpenApiTypes.BINARY for each in FILES},
    )
    def get(self, request: Request, export_id: UUID) -> HttpResponse:
        """Download it, within the hour in which it is kept; each time is recorded. 409 before and after."""
        self.query(StrictSerializer)
        return handed(export_id, self.actor, timezone.now())
