"""The REST door to the official papers: the two-way referral slip and the consent form, as PDF."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest import EmptySerializer, StrictSerializer
from referral import papers
from referral.actions import printing
from referral.actions.moving import demand
from referral.api.referrals import VIEW, ReferralView
from referral.api.sharing import DocumentView
from referral.models import Referral
from referral.policy import documents as policy_documents
from referral.serializers.advice import RevokedOut

PDF = {(200, "application/pdf"): OpenApiTypes.BINARY}


class AnyAccept(BaseContentNegotiation):
    """Gives the paper, or a problem as JSON, whatever the client said that it reads."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """Return the first parser; a paper takes no body."""
        return next(iter(parsers), None)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the one renderer, which writes the problems."""
        return renderers[0], renderers[0].media_type


class PaperView(DocumentView):
    """Shares how a paper is made and handed out."""

    required: ClassVar = {"GET": Permission.PATIENT_VIEW}
    content_negotiation_class = AnyAccept

    def handed(self, referral: Referral, name: str, content: bytes) -> HttpResponse:
        """Return a paper, and record the read."""
        answer = papers.handed(referral, name, content)
        self.log(referral, f"referral.{name}")
        return answer


class ReferralSlip(PaperView):
    """The slip in its parts."""

    conflicting: ClassVar = frozenset({"GET"})

    @extend_schema(operation_id="referrals_slip", responses=PDF)
    def get(self, request: Request, referral_id: UUID) -> HttpResponse:
        """Print the official slip with its stub, after acceptance; 409 before."""
        self.query(StrictSerializer)
        referral, patient = self.with_patient(referral_id)
        content = printing.print_slip(referral_id, patient, by=self.actor)
        return self.handed(referral, "slip", content)


class ReferralConsentForm(PaperView):
    """The consent form, to be signed by hand."""

    @extend_schema(operation_id="referrals_consent_form", responses=PDF)
    def get(self, request: Request, referral_id: UUID) -> HttpResponse:
        """Print the consent form of this referral, before or after its submission."""
        self.query(StrictSerializer)
        referral, patient = self.with_patient(referral_id)
        demand(policy_documents.may_print_consent_form(referral))
        now = timezone.now()
        content = papers.consent_form(referral, patient, self.actor, at=now)
        return self.handed(referral, "consent", content)


class ReferralTrackingRevoke(ReferralView):
    """The codes on the slips."""

    required: ClassVar = {"POST": VIEW}

    @extend_schema(
        operation_id="referrals_tracking_revoke",
        request=EmptySerializer,
        responses=RevokedOut,
    )
    def post(self, request: Request, referral_id: UUID) -> Response:
        """Take back the codes for the patient that the caller's facility has printed."""

        def perform() -> Response:
            self.body(EmptySerializer)
            return Response({"revoked": printing.revoke_tracking(referral_id, by=self.actor)})

        return self.idempotent(perform)
