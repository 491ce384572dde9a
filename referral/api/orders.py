"""The REST door to examinations ordered from another facility, and to their reports."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.http import FileResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest import ApiView, EmptySerializer, NotFound, StrictSerializer, keyset, page_answer
from audit import record
from patients import queries as patient_queries
from patients.models import Patient
from referral import actions, documents
from referral.actions.moving import demand
from referral.api.sharing import StoreAway, UploadSerializer, uploaded
from referral.models import ExaminationOrder
from referral.policy import orders as policy
from referral.queries import order_consents
from referral.queries import orders as queries
from referral.representations import orders as representations
from referral.representations.referrals import attachment
from referral.serializers import orders as forms
from referral.serializers.consents import AwaitedQuery
from referral.serializers.referrals import AttachmentOut
from referral.storage import StorageAway

VIEW = Permission.PATIENT_VIEW


class OrderView(ApiView):
    """Shares how an order is found and answered."""

    def found(self, order_id: UUID) -> ExaminationOrder:
        """Return a visible order; raises NotFound."""
        order = queries.find(order_id, self.actor)
        if order is None:
            raise NotFound
        return order

    def answer(
        self,
        order_id: UUID,
        *,
        status: int = 200,
        earlier: Sequence[queries.Earlier] = (),
    ) -> Response:
        """Return a whole order as a write has left it."""
        return Response(self.whole(self.found(order_id), earlier), status=status)

    def whole(
        self, order: ExaminationOrder, earlier: Sequence[queries.Earlier] = ()
    ) -> dict[str, Any]:
        """Return everything of an order that the caller sees."""
        reports, files = queries.reports(order), queries.files(order)
        return representations.whole(order, self.people([order]), reports, files, earlier)

    def people(self, orders: Sequence[ExaminationOrder]) -> dict[UUID, Patient]:
        """Return those patients of these orders whom the caller still sees."""
        return patient_queries.find_many({order.patient_id for order in orders}, self.actor)


class OrderList(OrderView):
    """The orders of a facility."""

    required: ClassVar = {"GET": VIEW, "POST": Permission.REFERRAL_FILE}

    @extend_schema(
        operation_id="orders_list", parameters=[forms.OrderQuery], responses=forms.OrderPageOut
    )
    def get(self, request: Request) -> Response:
        """List orders, newest first: those placed here, those to carry out, or all in sight."""
        asked = self.query(forms.OrderQuery)
        rows = queries.box(asked.pop("box", ""), self.actor)
        if "referral" in asked:
            rows = rows.filter(episode__legs=asked.pop("referral"))
        for name in ("state", "patient"):
            if name in asked:
                rows = rows.filter(**{name: asked.pop(name)})
        shown = queries.for_display(rows)
        page = keyset(shown, request=request, order=queries.NEWEST_FIRST, **asked)
        patients = self.people(page.rows)
        record.read(self.actor, what="order.list", patients={row.patient_id for row in page.rows})
        return page_answer(page, [representations.row(row, patients) for row in page.rows])

    @extend_schema(
        operation_id="orders_place", request=forms.OrderSerializer, responses={201: forms.OrderOut}
    )
    def post(self, request: Request) -> Response:
        """Order an examination; 409 with the `duplicates` where a recent one needs a reason."""

        def perform() -> Response:
            body = self.body(forms.OrderSerializer)
            patient_id = body.pop("patient_id")
            order, earlier = actions.place_order(patient_id, by=self.actor, **body)
            return self.answer(order.pk, status=201, earlier=earlier)

        return self.idempotent(perform)


class OrderDetail(OrderView):
    """One order."""

    required: ClassVar = {"GET": VIEW}

    @extend_schema(operation_id="orders_read", responses=forms.OrderOut)
    def get(self, request: Request, order_id: UUID) -> Response:
        """Read an order with every edition of its report."""
        self.query(StrictSerializer)
        order = self.found(order_id)
        body = self.whole(order)
        record.read(
            self.actor,
            what="order.view",
            patients=[order.patient_id],
            referrals=[order.referral_id] if order.referral_id else [],
        )
        return Response(body)


class AwaitedOrderConsents(OrderView):
    """The emergency orders for which a consent must follow."""

    required: ClassVar = {"GET": VIEW}

    @extend_schema(
        operation_id="tasks_order_consents",
        parameters=[AwaitedQuery],
        responses=forms.AwaitedOrderPageOut,
    )
    def get(self, request: Request) -> Response:
        """List your facility's orders that were placed without consent, the oldest first."""
        asked, now = self.query(AwaitedQuery), timezone.now()
        late = asked.pop("overdue", False)
        rows = queries.for_display(order_consents.awaited_by(self.actor, at=now, late=late))
        page = keyset(rows, request=request, order=order_consents.OLDEST_FIRST, **asked)
        patients = self.people(page.rows)
        record.read(
            self.actor,
            what="order.consents",
            patients={row.patient_id for row in page.rows},
        )
        lines = [representations.awaited(row, patients, now) for row in page.rows]
        return page_answer(page, lines)


class OrderVerb(OrderView):
    """One step of an order."""

    required: ClassVar = {"POST": VIEW}


class OrderReceive(OrderVerb):
    """Taking an order on."""

    @extend_schema(
        operation_id="orders_receive",
        request=EmptySerializer,
        responses=forms.OrderOut,
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        """Take an order on at the centre."""

        def perform() -> Response:
            self.body(EmptySerializer)
            actions.receive_order(order_id, by=self.actor)
            return self.answer(order_id)

        return self.idempotent(perform)


class OrderReport(OrderVerb):
    """The report."""

    @extend_schema(
        operation_id="orders_report", request=forms.ReportSerializer, responses=forms.OrderOut
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        """Report, or amend the report by a further edition; earlier ones stay."""

        def perform() -> Response:
            body = self.body(forms.ReportSerializer)
            actions.report_order(order_id, by=self.actor, **body)
            return self.answer(order_id)

        return self.idempotent(perform)


class OrderCancel(OrderVerb):
    """The withdrawal."""

    @extend_schema(
        operation_id="orders_cancel", request=forms.CancelOrderSerializer, responses=forms.OrderOut
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        """Withdraw an order before its report, from either end, saying why."""

        def perform() -> Response:
            body = self.body(forms.CancelOrderSerializer)
            actions.cancel_order(order_id, by=self.actor, **body)
            return self.answer(order_id)

        return self.idempotent(perform)


class OrderFiles(OrderVerb):
    """The files that the centre adds."""

    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="orders_files_add",
        request={"multipart/form-data": UploadSerializer},
        responses={201: AttachmentOut},
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        """Add a PDF, JPEG, PNG or DICOM file of at most 20 MB to an order, as the centre that has it."""

        def perform() -> Response:
            # Asked before the file is examined, which costs more than the question; the action asks again.
            order = self.found(order_id)
            known = queries.files(order).count()
            demand(policy.may_add_file(order, self.actor, known=known))
            document = uploaded(self)
            try:
                added = actions.attach_to_order(order_id, by=self.actor, document=document)
            except StorageAway as error:
                raise StoreAway from error
            row = queries.files(order).get(pk=added.pk)
            return Response(attachment(row), status=201)

        return self.idempotent(perform)


class OrderFile(OrderView):
    """One of them."""

    required: ClassVar = {"GET": VIEW}

    @extend_schema(
        operation_id="orders_file",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, order_id: UUID, file_id: UUID) -> FileResponse:
        """Download a file of an order whose patient the caller sees today; it never opens inside a page."""
        self.query(StrictSerializer)
        order = self.found(order_id)
        row = queries.files(order).filter(pk=file_id).first()
        if row is None or not self.people([order]):
            raise NotFound
        try:
            answer = documents.handed(row.id, row.name)
        except StorageAway as error:
            raise StoreAway from error
        record.read(
            self.actor,
            what="order.file",
            patients=[order.patient_id],
            referrals=[order.referral_id] if order.referral_id else [],
        )
        return answer
