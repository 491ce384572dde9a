"""The pages of advice before a referral: ask about a patient, answer, refer after all, or stay."""

from collections.abc import Callable
from typing import Any, ClassVar, Final, NamedTuple
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.errors import Kind, Refused
from accounts.permissions import Permission
from audit import record
from facilities import reach
from patients import queries as patient_queries
from patients.models import Patient
from referral import pages, wording
from referral.actions import advising
from referral.consulting.forms import AnswerForm, AskForm, ConvertForm, NoteForm
from referral.models import AdviceRequest, AdviceState
from referral.ordering.forms import OrderForm
from referral.policy import advice as policy
from referral.queries import advice as queries
from referral.views import ReferralPage

BOXES: Final = {"inbox": _("Asked of us"), "sent": _("Asked by us")}
STATES: Final[dict[str, wording.Mark]] = {
    AdviceState.ASKED: wording.Mark(AdviceState.ASKED.label, "message", "blue"),
    AdviceState.ANSWERED: wording.Mark(AdviceState.ANSWERED.label, "check", "teal"),
    AdviceState.CONVERTED: wording.Mark(AdviceState.CONVERTED.label, "send", "green"),
    AdviceState.AVOIDED: wording.Mark(AdviceState.AVOIDED.label, "home", "green"),
    AdviceState.WITHDRAWN: wording.Mark(AdviceState.WITHDRAWN.label, "ban", "grey"),
    AdviceState.NO_CONSENT: wording.Mark(AdviceState.NO_CONSENT.label, "ban", "grey"),
}


class Step(NamedTuple):
    """What can be done with a request: its action, its form, its button, and what is said when it is done."""

    act: Callable[..., AdviceRequest]
    form: type[OrderForm]
    button: str | Promise
    icon: str
    style: str
    done: str | Promise


STEPS: Final[dict[str, Step]] = {
    "answer": Step(
        advising.answer_advice,
        AnswerForm,
        _("Answer"),
        "message",
        "primary",
        _("Your advice is sent."),
    ),
    "convert": Step(
        advising.convert_advice,
        ConvertForm,
        _("Refer the patient"),
        "send",
        "outline-primary",
        _("The draft stands here, with the question and the advice."),
    ),
    "avoid": Step(
        advising.avoid_referral,
        NoteForm,
        _("No referral is needed"),
        "home",
        "outline-primary",
        _("Closed: the patient stays with you."),
    ),
    "withdraw": Step(
        advising.withdraw_advice,
        NoteForm,
        _("Withdraw the question"),
        "ban",
        "outline-danger",
        _("The question is withdrawn."),
    ),
}


def line(advice: AdviceRequest, patient: Patient | None) -> dict[str, Any]:
    """Return a request as a list shows it."""
    return {"advice": advice, "person": pages.person(patient), "state": STATES[advice.state]}


class AdvicePage(ReferralPage):
    """A page about requests for advice, for whoever may see patients."""

    required: ClassVar[Permission | None] = Permission.PATIENT_VIEW

    def found(self, advice_id: UUID) -> AdviceRequest:
        """Return a visible request; one that is not there and one of others give the same 404."""
        advice = queries.find(advice_id, self.actor)
        if advice is None:
            raise Http404
        return advice


class Advices(AdvicePage):
    """The questions that came here, or that went from here; newest first."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show a page of them; 400 for what is no list of this page."""
        box = request.GET.get("box", "inbox")
        if box not in BOXES:
            raise BadRequest("not a list of this page")
        page = self.paged(queries.box(box, self.actor), queries.NEWEST_FIRST)
        asked = {row.patient_id for row in page.rows}
        patients = patient_queries.find_many(asked, self.actor)
        context = {
            "here": "advice",
            "box": box,
            "boxes_of_advice": BOXES,
            "lines": [line(row, patients.get(row.patient_id)) for row in page.rows],
            "page": page,
        }
        answer = self.show("advice/list.html", context)
        record.read(self.actor, what="advice.list", patients=asked)
        return answer


class Advice(AdvicePage):
    """One request: the question, the answer, and what may be done now."""

    def get(self, request: HttpRequest, advice_id: UUID) -> HttpResponseBase:
        """Show it."""
        return self.whole(self.found(advice_id))

    def whole(
        self,
        advice: AdviceRequest,
        *,
        refused: OrderForm | None = None,
        step: str = "",
        refusal: Refused | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """Return the page, with the form just sent and the words of its refusal where there was one."""
        patient = patient_queries.find(advice.patient_id, self.actor)
        allowed = [name for name, may in policy.MAY.items() if may(advice, self.actor).allowed]
        context = {
            "here": "advice",
            **line(advice, patient),
            "patient": pages.patient_card(patient, timezone.now()),
            "ours": advice.from_facility_id == self.actor.facility_id,
            "steps": [
                {
                    "name": name,
                    "words": STEPS[name],
                    "address": reverse(f"referral:advice-{name}", args=[advice.pk]),
                    "form": refused if name == step and refused else STEPS[name].form(),
                }
                for name in allowed
            ],
            "step": step,
            **pages.refused(refusal, invalid=refused is not None and refusal is None),
        }
        answer = self.show("advice/advice.html", context, status=status)
        record.read(self.actor, what="advice.view", patients=[advice.patient_id])
        return answer


class AdviceStep(Advice):
    """One step, posted from the page of a request."""

    def get(self, request: HttpRequest, advice_id: UUID, step: str = "") -> HttpResponse:
        """Lead whoever reloads back to the request."""
        return redirect("referral:advice", self.found(advice_id).pk)

    def post(self, request: HttpRequest, advice_id: UUID, step: str) -> HttpResponse:
        """Take the step and say so; a refusal is told on the page, with what was typed kept."""
        advice = self.found(advice_id)
        form = STEPS[step].form(request.POST)
        if not form.is_valid():
            return self.whole(advice, refused=form, step=step, status=400)
        try:
            address = self.once(form.cleaned_data["key"], lambda: self._taken(advice, step, form))
        except Refused as refusal:
            if refusal.kind is Kind.NOT_FOUND:
                raise Http404 from refusal
            return self.whole(
                self.found(advice_id),
                refused=form,
                step=step,
                refusal=refusal,
                status=refusal.kind.value,
            )
        messages.success(request, str(STEPS[step].done))
        return redirect(address)

    def _taken(self, advice: AdviceRequest, step: str, form: OrderForm) -> str:
        """Take the step; a draft that came of it is opened."""
        ended = STEPS[step].act(advice.pk, by=self.actor, **form.words())
        if step == "convert" and ended.referral_id is not None:
            return reverse("referral:edit", args=[ended.referral_id])
        return reverse("referral:advice", args=[advice.pk])


class NewAdvice(AdvicePage):
    """A question about a patient."""

    required: ClassVar[Permission | None] = Permission.REFERRAL_FILE

    def get(self, request: HttpRequest, patient_id: UUID) -> HttpResponse:
        """Ask whom, and what."""
        return self._page(self._patient(patient_id), AskForm(places=self._places()))

    def post(self, request: HttpRequest, patient_id: UUID) -> HttpResponse:
        """Send the question and lead to it; a refusal is told on the page, with what was typed kept."""
        patient = self._patient(patient_id)
        form = AskForm(request.POST, places=self._places())
        if not form.is_valid():
            return self._page(patient, form, status=400)
        try:
            address = self.once(form.cleaned_data["key"], lambda: self._asked(patient, form))
        except Refused as refusal:
            return self._page(patient, form, refusal=refusal, status=refusal.kind.value)
        messages.success(request, str(_("Your question is sent.")))
        return redirect(address)

    def _patient(self, patient_id: UUID) -> Patient:
        found = patient_queries.find(patient_id, self.actor)
        if found is None:
            raise Http404
        return found

    def _places(self) -> list[tuple[UUID, str]]:
        """Return whom this facility may ask: everybody in a common alliance, the higher tiers first."""
        rows = reach.reachable(self.actor.place, timezone.localdate())
        others = [row for row in rows if row.id != self.actor.place and row.alliance_id]
        return [(row.id, row.name) for row in sorted(others, key=lambda row: (-row.tier, row.name))]

    def _asked(self, patient: Patient, form: AskForm) -> str:
        advice = advising.ask(patient.pk, by=self.actor, **form.words())
        return reverse("referral:advice", args=[advice.pk])

    def _page(
        self,
        patient: Patient,
        form: AskForm,
        *,
        refusal: Refused | None = None,
        status: int = 200,
    ) -> HttpResponse:
        context = {
            "here": "advice",
            "person": pages.person(patient),
            "patient": pages.patient_card(patient, timezone.now()),
            "subject": patient,
            "form": form,
            **pages.refused(refusal, invalid=status == 400 and refusal is None),
        }
        answer = self.show("advice/new.html", context, status=status)
        record.read(self.actor, what="patient.view", patients=[patient.pk])
        return answer
