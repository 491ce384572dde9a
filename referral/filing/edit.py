"""The slip on one page: it saves itself while somebody types, and is sent once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import Kind, Refused
from accounts.rest import idempotency
from patients import actions as patients
from referral import actions, documents, links, pages, wording
from referral.filing import page
from referral.filing.forms import (
    SEND,
    TICK,
    UNIT,
    VALUE,
    WORDS,
    SlipForm,
    plain_unit,
)
from referral.filing.views import QUIET, FilingPage, mark
from referral.models import Assessment, LinkKind, Referral
from referral.policy import consents as policy_consents
from referral.policy import referrals as policy
from referral.queries import criteria as queries_criteria
from referral.queries import referrals as queries


class Edit(FilingPage):
    """The whole slip on one page."""

    def found(self, referral_id: UUID) -> Referral:
        """Return a draft of this post's facility; 404 for what it may not see, the page itself for what has gone."""
        referral = queries.find(referral_id, self.actor)
        if referral is None:
            raise Http404
        return referral

    def get(self, request: HttpRequest, referral_id: UUID) -> HttpResponse:
        """Show the draft; a referral that is no draft any more is shown as it is."""
        referral = self.found(referral_id)
        if not policy.may_edit(referral, self.actor).allowed:
            return redirect("referral:referral", referral.pk)
        return self.whole(referral)

    def post(self, request: HttpRequest, referral_id: UUID) -> HttpResponse:
        """Save what was typed; send it too where that was asked."""
        referral = self.found(referral_id)
        sends = SEND in request.POST
        verdict = policy.may_edit(referral, self.actor)
        if verdict.kind is Kind.FORBIDDEN and not verdict.allowed:
            raise PermissionDenied
        if not verdict.allowed and not sends:
            return self.gone(self.address(referral_id))
        now = timezone.now()
        about = page.known(referral, at=now)
        form = self.form_of(referral, about, page.asked(referral, about, at=now), request.POST)
        if not form.is_valid():
            return self.whole(referral, form=form, status=400)
        try:
            with transaction.atomic():
                address = self.written(referral, form, sends=sends)
            if sends and not address:
                no = policy_consents.CONSENT_REFUSED
                raise Refused(no.code, no.reason, kind=no.kind)
        except Refused as refusal:
            return self.refused(referral_id, form, refusal)
        if address:
            return self.gone(address)
        if request.headers.get(QUIET):
            return self.whole(self.found(referral_id), form=form)
        return redirect("referral:edit", referral_id)

    def written(self, referral: Referral, form: SlipForm, *, sends: bool) -> str:
        """Save, or send and return where it is shown; a patient's no is recorded, and nothing goes."""
        if sends and not form.is_refused:
            return self.sent_once(referral, form)
        self.saved(referral, form)
        self.files(referral)
        if sends:
            self.answered(referral, form)
        return ""

    def sent_once(self, referral: Referral, form: SlipForm) -> str:
        """Send, once however often the line broke; return the address to show."""
        key = form.cleaned_data["key"]
        return idempotency.once(self.request, self.actor, key, lambda: self.sent(referral, form))

    def refused(self, referral_id: UUID, form: SlipForm, refusal: Refused) -> HttpResponse:
        """Show the page with what was typed and why not; what is no draft any more is shown as it is."""
        referral = self.found(referral_id)
        if not policy.may_edit(referral, self.actor).allowed:
            messages.error(self.request, str(refusal.detail))
            return self.gone(self.address(referral_id))
        mark(form, refusal, {"to_facility": "place"})
        return self.whole(referral, form=form, refusal=refusal, status=refusal.kind.value)

    def address(self, referral_id: UUID) -> str:
        """Return where a referral is shown."""
        return reverse("referral:referral", args=[referral_id])

    def gone(self, address: str) -> HttpResponse:
        """Lead to what was sent; a script is told where, since it would follow unseen."""
        if self.request.headers.get(QUIET):
            answer = HttpResponse(status=204)
            answer["X-Location"] = address
            return answer
        return redirect(address)

    def saved(self, referral: Referral, form: SlipForm) -> Referral:
        """Write what differs from the draft, and what was observed; nothing where nothing was changed."""
        version = form.cleaned_data["version"]
        words = self.words(referral, form)
        changed = {name: value for name, value in words.items() if getattr(referral, name) != value}
        choice = self.choice(referral, form)
        if changed or choice:
            referral = actions.update(
                referral.pk, by=self.actor, fields=changed, choice=choice, version=version
            )
        self.observed(referral, form)
        return referral

    def words(self, referral: Referral, form: SlipForm) -> dict[str, Any]:
        """Return the words of the draft with its destination; another facility brings the department of its row."""
        facility, department = form.cleaned_data["place"] or (None, None)
        if facility == referral.to_facility_id:
            department = form.cleaned_data["to_department"]
        return {**form.words(), "to_facility_id": facility, "to_department_id": department}

    def choice(self, referral: Referral, form: SlipForm) -> dict[str, Any] | None:
        """Return the reason for an unusual destination, where it is new."""
        said = form.skip()
        if said is None:
            return None
        kept = page.choice_of(referral)
        if kept and (kept.skip_reason, kept.note) == (said["skip_reason"], said["skip_note"]):
            return None
        facility, _department = form.cleaned_data["place"] or (None, None)
        now = timezone.now()
        return {**said, "outside": page.is_outside(self.actor.place, facility, now)}

    def observed(self, referral: Referral, form: SlipForm) -> None:
        """Keep what was observed where it differs from what is kept."""
        visit = form.cleaned_data["visit"]
        told = {"observed": form.observed(), "visit": visit, **form.override()}
        kept = queries_criteria.assessment_of(referral)
        if kept is None and not told["observed"]:
            return
        names = ("visit", "override_reason", "override_note")
        before = kept and {
            "observed": kept.observations,
            **{name: getattr(kept, name) for name in names},
        }
        if told != before:
            actions.assess(referral.pk, by=self.actor, **told)

    def files(self, referral: Referral) -> None:
        """Attach what was chosen, dropped, pasted or photographed; what came again after a lost answer is there."""
        chosen = self.request.FILES.getlist("file")
        if not chosen:
            return
        documents.be_patient()
        known = {bytes(each.sha256) for each in queries.attachments(referral)}
        for file in chosen:
            document = documents.checked(file.name or "", file.read())
            if document.sha256 not in known:
                known.add(document.sha256)
                actions.attach(referral.pk, by=self.actor, document=document)

    def sent(self, referral: Referral, form: SlipForm) -> str:
        """Save with the files, record the patient's answer, and send; return the address to show."""
        referral = self.saved(referral, form)
        self.files(referral)
        self.answered(referral, form)
        sent = actions.submit(referral.pk, by=self.actor, duplicate=form.duplicate())
        messages.success(self.request, str(wording.VERBS["submit"].done))
        if sent.alliance_id is None:
            token = actions.outside_link_of(sent.pk, by=self.actor)
            if token:
                address = links.address(token, LinkKind.OUTSIDE)
                told = _("Give this address to the receiver; it is shown this once: %(address)s")
                messages.warning(self.request, told % {"address": address})
        return self.address(sent.pk)

    def answered(self, referral: Referral, form: SlipForm) -> None:
        """Record what the patient answered here, if he was asked."""
        answer = form.agreement()
        if answer is not None:
            patients.record_consent(referral.patient_id, answer, by=self.actor)

    def form_of(
        self, referral: Referral, about: page.Known, asked: page.Asked, data: Any = None
    ) -> SlipForm:
        """Return the form, bound where `data` is given, else with the words of the draft."""
        return SlipForm(
            data,
            referral=referral,
            variables=asked.variables,
            down=page.is_return(referral),
            initial=None if data is not None else self.initial(referral, about.kept),
        )

    def initial(self, referral: Referral, kept: Assessment | None) -> dict[str, Any]:
        """Return the words of the draft, what was observed, and the phone of the facility."""
        found: dict[str, Any] = {name: getattr(referral, name) for name in (*WORDS, "version")}
        found["contact_phone"] = referral.contact_phone or referral.from_facility.phone
        if kept is not None:
            found |= {
                name: getattr(kept, name) for name in ("visit", "override_reason", "override_note")
            }
            for name, each in kept.observations.items():
                is_tick = isinstance(each["value"], bool)
                found[f"{TICK if is_tick else VALUE}{name}"] = each["value"]
                if not is_tick:
                    found[f"{UNIT}{name}"] = each.get("unit", "")
        return found

    def whole(
        self,
        referral: Referral,
        *,
        form: SlipForm | None = None,
        refusal: Refused | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """Return the page, or for a script only what stands beside the words."""
        now = timezone.now()
        about = page.known(referral, at=now)
        context = self.context(referral, form, about, now)
        context |= pages.refused(refusal, invalid=status == 400)
        quiet = self.request.headers.get(QUIET)
        answer = self.show(
            "filing/live.html" if quiet else "filing/edit.html", context, status=status
        )
        answer["X-Version"] = str(referral.version)
        self.log("referral.view", [referral])
        return answer

    def context(
        self, referral: Referral, form: SlipForm | None, about: page.Known, now: datetime
    ) -> dict[str, Any]:
        """Return what the page shows; without a form just sent, the words of the draft."""
        asked = page.asked(referral, about, at=now)
        form = form or self.form_of(referral, about, asked)
        patient = pages.patient_of(referral, self.actor)
        # What was typed for another diagnosis is typed for this one too where both ask for it.
        fresh = (
            form
            if set(form.variables) == set(asked.variables)
            else self.form_of(referral, about, asked)
        )
        live = page.live(referral, about, self.actor, now)
        return {
            **live,
            "unjudged": page.unjudged(live["assessment"], asked),
            "here": "file",
            "form": form,
            "patient": pages.patient_card(patient, now),
            "numbers": [_number(fresh, name) for name in asked.numbers],
            "ticks": [_tick(fresh, name) for name in asked.ticks],
            "others": [_other(fresh, name) for name in asked.others],
            "asks_visit": asked.visits,
            "asked_names": ",".join([*asked.variables, *(["visit"] if asked.visits else [])]),
            "down": page.is_return(referral),
        }


def _number(form: SlipForm, name: str) -> dict[str, Any]:
    plain = plain_unit(form.variables[name])
    return {
        "label": page.label(form.variables[name]),
        "value": form[f"{VALUE}{name}"],
        "unit": None if plain else form[f"{UNIT}{name}"],
        "plain": plain,
    }


def _tick(form: SlipForm, name: str) -> dict[str, Any]:
    return {"label": page.label(form.variables[name]), "tick": form[f"{TICK}{name}"]}


def _other(form: SlipForm, name: str) -> dict[str, Any]:
    return _number(form, name) if form.variables[name].is_number else _tick(form, name)
