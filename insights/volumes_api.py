"""The REST door to imports of figures: a file is tried or imported, at once or by a worker."""

from typing import Any, ClassVar, Final
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest import (
    ApiView,
    EmptySerializer,
    NotFound,
    PageQuery,
    PageSerializer,
    StrictSerializer,
    keyset,
    page_answer,
)
from insights.actions import volumes as actions
from insights.models import FileKind, FileState, VolumeFile
from insights.queries import volumes as queries

REPORT: Final = Permission.FIGURES_REPORT


class ImportSerializer(StrictSerializer):
    """A file as multipart/form-data, what it holds, and whether it is only tried."""

    kind = serializers.ChoiceField(choices=FileKind.choices)
    file = serializers.FileField(max_length=255, allow_empty_file=True)
    dry_run = serializers.BooleanField(default=False)


class MistakeOut(serializers.Serializer[Any]):
    """What is wrong with one cell; `row` counts as a spreadsheet does."""

    row = serializers.IntegerField()
    column = serializers.CharField(allow_blank=True)
    reason = serializers.CharField()


class ChangedOut(serializers.Serializer[Any]):
    """A figure before and after, null where there is none."""

    code = serializers.CharField(
        help_text="Of the institution or the region; of a term, the sender's and the number of the person."
    )
    kind = serializers.CharField()
    month = serializers.CharField(help_text="As 2026-09; of a term its first day.")
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField(allow_null=True)


class CountsOut(serializers.Serializer[Any]):
    """How many figures are new, corrected (of which withdrawn) and as before; `blank` lines say nothing."""

    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    same = serializers.IntegerField()
    withdrawn = serializers.IntegerField()
    blank = serializers.IntegerField()


class ImportOut(serializers.Serializer[Any]):
    """One import and what came of it."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(FileKind.choices)
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=FileState.choices)
    dry_run = serializers.BooleanField(
        help_text="True as long as nothing more than a trial was asked for."
    )
    rows_read = serializers.IntegerField(help_text="Grows while a worker reads.")
    sent_at = serializers.DateTimeField()
    imported_at = serializers.DateTimeField(allow_null=True)
    code = serializers.CharField(
        allow_blank=True,
        help_text="Why it was refused as a whole: volumes-broken where no worker could read it to its end.",
    )
    counts = CountsOut(allow_null=True)
    changes = ChangedOut(many=True, help_text="The first two hundred, corrections before new ones.")
    wrong = serializers.IntegerField(help_text="How many mistakes there are.")
    mistakes = MistakeOut(many=True, help_text="The first two hundred.")


class ImportPageOut(PageSerializer):
    """A page of imports."""

    results = ImportOut(many=True)


def representation(file: VolumeFile) -> dict[str, Any]:
    """Return an import as it is answered."""
    told = file.outcome
    return {
        "id": file.pk,
        "kind": file.kind,
        "name": file.name,
        "state": file.state,
        "dry_run": file.is_trial,
        "rows_read": file.rows_read,
        "sent_at": file.sent_at,
        "imported_at": file.imported_at,
        "code": told.get("code", ""),
        "counts": told.get("counts"),
        "changes": told.get("changes", []),
        "wrong": told.get("wrong", 0),
        "mistakes": told.get("mistakes", []),
    }


class ImportList(ApiView):
    """The imports that the caller sent at this post."""

    required: ClassVar = {"GET": REPORT, "POST": REPORT}
    parser_classes = (MultiPartParser,)
    located: ClassVar = frozenset({"POST"})

    @extend_schema(operation_id="imports_list", parameters=[PageQuery], responses=ImportPageOut)
    def get(self, request: Request) -> Response:
        """List them, newest first."""
        asked = self.query(PageQuery)
        rows = queries.files(self.actor)
        page = keyset(rows, request=request, order=("-sent_at", "-id"), **asked)
        return page_answer(page, [representation(row) for row in page.rows])

    @extend_schema(
        operation_id="imports_send",
        request={"multipart/form-data": ImportSerializer},
        responses={201: ImportOut, 202: ImportOut},
    )
    def post(self, request: Request) -> Response:
        """Send a CSV or XLSX file of at most 20 MB: all of it is imported, or nothing and every mistake is named.

        201: it is done. 202: it is large, a worker reads it; GET its address until `state` is not `waiting`.
        """

        def perform() -> Response:
            body = self.body(ImportSerializer)
            file = actions.receive(
                body["file"].read(actions.MOST_BYTES + 1),
                by=self.actor,
                name=body["file"].name,
                kind=body["kind"],
                is_trial=body["dry_run"],
                now=timezone.now(),
            )
            status = 202 if file.state == FileState.WAITING else 201
            address = reverse("import-detail", args=[file.pk])
            return Response(representation(file), status=status, headers={"Location": address})

        return self.idempotent(perform)


class ImportDetail(ApiView):
    """One import."""

    required: ClassVar = {"GET": REPORT}

    @extend_schema(operation_id="imports_detail", responses=ImportOut)
    def get(self, request: Request, import_id: UUID) -> Response:
        """Say how far it is and what came of it."""
        self.query(StrictSerializer)
        file = queries.files(self.actor).filter(pk=import_id).first()
        if file is None:
            raise NotFound
        return Response(representation(file))


class ImportCarryOut(ApiView):
    """The second step after a trial."""

    required: ClassVar = {"POST": REPORT}

    @extend_schema(
        operation_id="imports_carry_out",
        request=EmptySerializer,
        responses={200: ImportOut, 202: ImportOut},
    )
    def post(self, request: Request, import_id: UUID) -> Response:
        """Import exactly what the trial has shown; where it would do something else by now, it is a trial again."""

        def perform() -> Response:
            self.body(EmptySerializer)
            file = actions.carry_out(import_id, by=self.actor, now=timezone.now())
            status = 202 if file.state == FileState.WAITING else 200
            return Response(representation(file), status=status)

        return self.idempotent(perform)
