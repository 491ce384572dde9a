"""The pages before the slip: for whom, somebody new, and what the slip suggests."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import Kind, Refused
from accounts.permissions import Permission
from audit import record
from facilities.models import Facility
from facilities.queries import directory
from patients import actions as patients
from patients import identity
from patients.models import ConsentPurpose, Patient
from referral import actions, diagnoses, finding, pages
from referral.filing.forms import (
    PERSON_FIELDS,
    PersonForm,
)
from referral.queries import referrals as queries
from referral.views import ReferralPage

FOUND: Final = 10
SUGGESTED: Final = 8
DRAFTS: Final = 10
PLACES: Final = 8
# A script saves while somebody types, and takes back nothing but what stands beside the words.
QUIET: Final = "X-Quiet"


class FilingPage(ReferralPage):
    """A page for whoever may file."""

    required: ClassVar[Permission | None] = Permission.REFERRAL_FILE


class Start(FilingPage):
    """Whom the referral is for."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask whom, and show the newest drafts of this facility."""
        return self.asking()

    def post(self, request: HttpRequest) -> HttpResponse:
        """Begin a draft for a patient, or look for one; a number typed here is in no address and no log."""
        if "patient" in request.POST:
            return self.begun(request)
        text = request.POST.get("q", "")[: finding.LONGEST]
        found = finding.patients(text, self.actor) if text.strip() else []
        answer = self.asking(
            asked=text,
            people=[self.person(row) for row in found[:FOUND]],
            more=len(found) > FOUND,
            template="filing/people.html" if request.headers.get(QUIET) else "filing/start.html",
        )
        if found:
            seen = [row.pk for row in found[:FOUND]]
            record.read(self.actor, what="patient.search", patients=seen)
        return answer

    def begun(self, request: HttpRequest) -> HttpResponse:
        """Begin a draft, once however often the button was pressed."""
        try:
            patient_id = UUID(request.POST["patient"])
        except ValueError:
            raise Http404 from None
        try:
            key = request.POST.get("key", "")[:36]
            address = self.once(key, lambda: begin(self, patient_id))
        except Refused as refusal:
            return self.asking(refusal=refusal, status=refusal.kind.value)
        return redirect(address)

    def asking(
        self, *, template: str = "filing/start.html", status: int = 200, **found: Any
    ) -> HttpResponse:
        """Return the page."""
        now = timezone.now()
        context: dict[str, Any] = {
            "here": "file",
            "key": PersonForm().fields["key"].initial(),
            **found,
        }
        if template == "filing/start.html":
            rows, order = queries.box("drafts", self.actor, at=now)
            drafts = list(queries.for_list(rows).order_by(*order)[:DRAFTS])
            queries.hang_places(drafts)
            context["drafts"] = pages.lines(drafts, self.actor, now, box="drafts")
            answer = self.show(template, context, status=status)
            self.log("referral.list", drafts)
            return answer
        return self.show(template, context, status=status)

    def person(self, row: Patient) -> dict[str, Any]:
        """Return how a found patient is shown: masked, with enough to tell two of one name apart."""
        return {
            "id": row.pk,
            "line": pages.person(row),
            "card": pages.patient_card(row, timezone.now()),
        }


def begin(page: FilingPage, patient_id: UUID) -> str:
    """Begin a draft at the page's post and return the address of its page."""
    made = actions.create(patient_id, by=page.actor, fields={})
    return reverse("referral:edit", args=[made.pk])


class NewPerson(FilingPage):
    """Somebody who is not registered here yet."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the empty form."""
        return self.form(PersonForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Register, with the consent to it and to the referral, and begin the draft."""
        form = PersonForm(request.POST)
        if request.POST.get("blank"):
            # Came from the search: what was typed there fills the field that it fits.
            return self.form(PersonForm(initial=_typed(request.POST.get("q", ""))))
        if not form.is_valid():
            return self.form(form, status=400)
        try:
            key = form.cleaned_data["key"]
            address = self.once(key, lambda: self.registered(form))
        except Refused as refusal:
            mark(form, refusal, PERSON_FIELDS)
            return self.form(form, refusal=refusal, status=refusal.kind.value)
        messages.success(request, _("Registered. Now the referral itself."))
        return redirect(address)

    def registered(self, form: PersonForm) -> str:
        """Register and begin; return the address of the draft."""
        answer = form.given(ConsentPurpose.REGISTRATION, ConsentPurpose.REFERRAL)
        assert answer is not None
        made = patients.register(form.person(), by=self.actor, consent=answer)
        return begin(self, made.patient.pk)

    def form(
        self, form: PersonForm, *, refusal: Refused | None = None, status: int = 200
    ) -> HttpResponse:
        """Return the page."""
        context = {"here": "file", "form": form, "refusal": refusal}
        return self.show("filing/person.html", context, status=status)


def _typed(text: str) -> dict[str, str]:
    """Return the field of the form that a text from the search fits."""
    try:
        return {"phone": identity.normalised_phone(text)}
    except identity.InvalidIdentifier:
        return {"number" if any(sign.isdigit() for sign in text) else "name": text[:50]}


class Diagnoses(FilingPage):
    """Suggestions for the field of the diagnosis; nothing of a patient is asked."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Return the diagnoses that fit what was typed, as options of a list."""
        found = diagnoses.find(request.POST.get("q", "")[:50], limit=SUGGESTED)
        return self.show("filing/diagnoses.html", {"found": found})


class Places(FilingPage):
    """Other destinations than the ranked ones."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Return facilities by name, pinyin or initials."""
        text = request.POST.get("place", "")[:50].strip()
        found: list[Facility] = []
        if text:
            rows = directory.directory({"text": text}, timezone.localdate())
            others = rows.exclude(pk=self.actor.place)
            found = list(others.order_by("-tier", "pinyin", "id")[:PLACES])
        return self.show("filing/places.html", {"found": found, "asked": text})


class Resend(FilingPage):
    """A declined referral, begun again."""

    def post(self, request: HttpRequest, referral_id: UUID) -> HttpResponse:
        """Make a new draft of it, prefilled, and open its page."""
        referral = queries.find(referral_id, self.actor)
        if referral is None:
            raise Http404
        try:
            key = request.POST.get("key", "")[:36]
            address = self.once(key, lambda: self.begun(referral_id))
        except Refused as refusal:
            if refusal.kind is Kind.FORBIDDEN:
                raise PermissionDenied from refusal
            messages.error(request, str(refusal.detail))
            return redirect("referral:referral", referral_id)
        return redirect(address)

    def begun(self, referral_id: UUID) -> str:
        """Begin it again and return the address of the new draft."""
        return reverse("referral:edit", args=[actions.resend(referral_id, by=self.actor).pk])


def mark(form: Any, refusal: Refused, named: Mapping[str, str]) -> None:
    """Hang the texts of a refusal on the fields that it names."""
    for name, texts in refusal.errors.items():
        field = named.get(name, name)
        if field in form.fields:
            form.add_error(field, texts)
