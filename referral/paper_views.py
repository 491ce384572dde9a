"""The official papers from the page of a referral, for the post that is in use there."""

from typing import ClassVar
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from accounts.errors import Refused
from accounts.permissions import Permission
from patients.models import Patient
from referral import documents, pages, papers
from referral.actions import printing
from referral.actions.moving import demand
from referral.models import Referral
from referral.policy import documents as policy_documents
from referral.queries import referrals as queries
from referral.storage import StorageAway
from referral.views import Detail


class Paper(Detail):
    """One paper; a refusal is told on the referral's own page."""

    required: ClassVar[Permission | None] = Permission.PATIENT_VIEW
    name: ClassVar[str]

    def get(self, request: HttpRequest, referral_id: UUID) -> HttpResponse:
        """Hand the paper out; 404 where the patient is not in sight."""
        referral = self.found(referral_id)
        patient = pages.patient_of(referral, self.actor)
        if patient is None:
            raise Http404
        try:
            content = self.made(referral, patient)
        except Refused as refusal:
            return self.whole(referral, refusal=refusal, status=refusal.kind.value)
        answer = papers.handed(referral, self.name, content)
        self.log(f"referral.{self.name}", [referral])
        return answer

    def made(self, referral: Referral, patient: Patient) -> bytes:
        """Return the paper; raises Refused."""
        raise NotImplementedError


class Slip(Paper):
    """The two-way referral slip."""

    name: ClassVar[str] = "slip"

    def made(self, referral: Referral, patient: Patient) -> bytes:
        """Return the slip with a new code for the patient."""
        return printing.print_slip(referral.pk, patient, by=self.actor)


class Document(Detail):
    """One attached document, for whoever sees the patient: a scan shows who it is."""

    required: ClassVar[Permission | None] = Permission.PATIENT_VIEW

    def get(self, request: HttpRequest, referral_id: UUID, attachment_id: UUID) -> HttpResponseBase:  # type: ignore[override]
        """Download it; 404 for one that is not of this referral, 503 while the store is away."""
        referral = self.found(referral_id)
        row = queries.attachments(referral).filter(pk=attachment_id).first()
        if row is None or pages.patient_of(referral, self.actor) is None:
            raise Http404
        try:
            answer = documents.handed(row.pk, row.name)
        except StorageAway:
            return render(request, "503.html", status=503)
        self.log("referral.attachment", [referral])
        return answer


class ConsentForm(Paper):
    """The consent form."""

    name: ClassVar[str] = "consent"

    def made(self, referral: Referral, patient: Patient) -> bytes:
        """Return the form, to be signed by hand."""
        demand(policy_documents.may_print_consent_form(referral))
        return papers.consent_form(referral, patient, self.actor, at=timezone.now())
