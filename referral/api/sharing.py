"""The REST door to what both sides write beside the moves: messages and documents."""

from typing import ClassVar
from uuid import UUID

from django.http import FileResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest import ApiView, NotFound, PageQuery, StrictSerializer, keyset, page_answer
from accounts.rest.problems import RETRY_AFTER_SECONDS
from patients import queries as patient_queries
from patients.models import Patient
from referral import actions, documents
from referral.actions.moving import demand
from referral.api.referrals import VIEW, ReferralView
from referral.models import Referral
from referral.policy import referrals as policy
from referral.queries import referrals as queries
from referral.representations import referrals as representations
from referral.serializers import advice as advice_forms
from referral.serializers import referrals as forms
from referral.storage import StorageAway


class ReferralMessages(ReferralView):
    """The lines between the two clinicians."""

    required: ClassVar = {"GET": VIEW, "POST": VIEW}

    @extend_schema(parameters=[PageQuery], responses=forms.MessagePageOut)
    def get(self, request: Request, referral_id: UUID) -> Response:
        """List messages, newest first."""
        asked = self.query(PageQuery)
        referral = self.found(referral_id)
        rows = queries.messages(referral)
        page = keyset(rows, request=request, order=("-sent_at", "-id"), **asked)
        self.log(referral, "referral.messages")
        return page_answer(page, [representations.message(row) for row in page.rows])

    @extend_schema(request=forms.MessageSerializer, responses={201: forms.MessageOut})
    def post(self, request: Request, referral_id: UUID) -> Response:
        """Write to the clinician of the other end."""

        def perform() -> Response:
            referral = self.found(referral_id)
            text = self.body(forms.MessageSerializer)["text"]
            sent = actions.send_message(referral_id, by=self.actor, text=text)
            row = queries.messages(referral).get(pk=sent.pk)
            return Response(representations.message(row), status=201)

        return self.idempotent(perform)


class ReferralMessagesRead(ReferralView):
    """The read mark."""

    required: ClassVar = {"POST": VIEW}

    @extend_schema(
        operation_id="referrals_messages_read",
        request=advice_forms.ReadSerializer,
        responses=advice_forms.ReadOut,
    )
    def post(self, request: Request, referral_id: UUID) -> Response:
        """Mark the other side's messages as read, up to one of them."""

        def perform() -> Response:
            up_to = self.body(advice_forms.ReadSerializer)["up_to"]
            marked, left = actions.mark_read(referral_id, by=self.actor, up_to=up_to)
            return Response({"marked": marked, "unread": left})

        return self.idempotent(perform)


class UnreadMessages(ReferralView):
    """What waits to be read."""

    required: ClassVar = {"GET": VIEW}

    @extend_schema(
        operation_id="messages_unread",
        parameters=[advice_forms.UnreadQuery],
        responses=advice_forms.UnreadOut,
    )
    def get(self, request: Request) -> Response:
        """Count the unread messages of the referrals of a page."""
        asked = self.query(advice_forms.UnreadQuery)["referrals"]
        found = queries.unread(asked, self.actor)
        rows = [{"referral": each, "unread": number} for each, number in found.items()]
        return Response({"results": rows})


class UploadSerializer(StrictSerializer):
    """One file as multipart/form-data."""

    file = serializers.FileField(max_length=documents.MAX_NAME, allow_empty_file=True)


def uploaded(view: ApiView) -> documents.Document:
    """Return the clean copy of the one file of a request; raises Refused as `documents.checked`."""
    file = view.body(UploadSerializer)["file"]
    documents.be_patient()
    return documents.checked(file.name, file.read(documents.MAX_BYTES + 1))


class StoreAway(APIException):
    """The place of documents does not answer; nothing was changed."""

    status_code = 503
    default_code = "documents-away"
    default_detail = _("Documents cannot be stored or read just now; please try again.")
    wait = RETRY_AFTER_SECONDS


class DocumentView(ReferralView):
    """Shares who may read documents: a scan shows who the patient is, whatever the page masks."""

    def readable(self, referral_id: UUID) -> Referral:
        """Return a visible referral whose patient the caller sees today; raises NotFound."""
        return self.with_patient(referral_id)[0]

    def with_patient(self, referral_id: UUID) -> tuple[Referral, Patient]:
        """Return it with the record of the patient; raises NotFound."""
        referral = self.found(referral_id)
        patient = patient_queries.find(referral.patient_id, self.actor)
        if patient is None:
            raise NotFound
        return referral, patient


class ReferralAttachments(DocumentView):
    """The documents of a referral, which often bear the patient's name."""

    required: ClassVar = {"GET": Permission.PATIENT_VIEW, "POST": VIEW}
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="referrals_attachments_list",
        parameters=[PageQuery],
        responses=forms.AttachmentPageOut,
    )
    def get(self, request: Request, referral_id: UUID) -> Response:
        """List documents, newest first."""
        asked = self.query(PageQuery)
        referral = self.readable(referral_id)
        rows = queries.attachments(referral)
        page = keyset(rows, request=request, order=("-uploaded_at", "-id"), **asked)
        self.log(referral, "referral.attachments")
        return page_answer(page, [representations.attachment(row) for row in page.rows])

    @extend_schema(
        request={"multipart/form-data": UploadSerializer}, responses={201: forms.AttachmentOut}
    )
    def post(self, request: Request, referral_id: UUID) -> Response:
        """Attach a PDF, JPEG, PNG or DICOM file of at most 20 MB; what is kept is a clean copy."""

        def perform() -> Response:
            referral = self.found(referral_id)
            # Asked before the file is examined, which costs more than the question; the action asks again.
            demand(policy.may_write(referral, self.actor))
            document = uploaded(self)
            try:
                attached = actions.attach(referral_id, by=self.actor, document=document)
            except StorageAway as error:
                raise StoreAway from error
            row = queries.attachments(referral).get(pk=attached.pk)
            return Response(representations.attachment(row), status=201)

        return self.idempotent(perform)


class ReferralAttachment(DocumentView):
    """One document."""

    required: ClassVar = {"GET": Permission.PATIENT_VIEW}

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, referral_id: UUID, attachment_id: UUID) -> FileResponse:
        """Download a document; it never opens inside the page."""
        self.query(StrictSerializer)
        referral = self.readable(referral_id)
        row = queries.attachments(referral).filter(pk=attachment_id).first()
        if row is None:
            raise NotFound
        try:
            answer = documents.handed(row.id, row.name)
        except StorageAway as error:
            raise StoreAway from error
        self.log(referral, "referral.attachment")
        return answer
