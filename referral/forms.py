"""Takes the words of a verb from its page; whether the verb is allowed is policy's business."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.db.models import CharField, TextField
from django.utils.translation import gettext_lazy as _

from facilities.vocabulary import Direction
from referral import carried, documentation, observations
from referral.codes import (
    RETURN_OUTCOMES,
    TREATMENT_OUTCOMES,
    CancelReason,
    DuplicateDecision,
    FollowUpMethod,
    NoReturnReason,
    PutOffReason,
    ReferralReason,
)
from referral.codes_returns import Adherence
from referral.forms_base import LINE, LONG, MoveForm, NoteForm, WordsForm, area, choice
from referral.forms_receiving import AcceptForm, AskForm, DeclineForm, RedirectForm, ScheduleForm
from referral.forms_return import ReturnForm
from referral.models import Referral
from referral.states import Urgency

# Why a returned patient goes up again.
AGAIN_REASONS: Final = (
    ReferralReason.CRITICAL,
    ReferralReason.NEEDS_EXAMINATION,
    ReferralReason.DIAGNOSIS_UNCLEAR,
    ReferralReason.NOT_QUALIFIED,
    ReferralReason.PATIENT_WISH,
    ReferralReason.OTHER,
)


class SendForm(MoveForm):
    """Send; once an open referral of the same illness was in the way, say what to do about it."""

    decision = choice(
        _("An open referral of the same illness"), DuplicateDecision.choices, required=False
    )
    why = area(_("Why, if a second one is sent"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Ask nothing as long as nothing is known to be in the way."""
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self._ask_nothing()

    def clean(self) -> dict[str, Any]:
        """Ask for the reason of a second referral."""
        said = self.cleaned_data
        if said.get("decision") == DuplicateDecision.OVERRIDE and not said.get("why"):
            self.add_error("why", _("Say why a second referral is needed."))
        return said

    def renew(self, referral: Referral, facts: Mapping[str, Any]) -> None:
        """Ask what to do only where the refusal told of an open referral, and offer what it leaves open."""
        super().renew(referral, facts)
        if "duplicate" not in facts:
            self._ask_nothing()
            return
        field = self.fields["decision"]
        assert isinstance(field, forms.ChoiceField)
        possible = facts["duplicate"]["decisions"]
        offered = [choice for choice in DuplicateDecision.choices if choice[0] in possible]
        field.choices = [("", _("Please choose")), *offered]
        field.required = True

    def words(self) -> dict[str, Any]:
        """Return the decision, if one was made, as the action takes it."""
        said = super().words()
        decision, why = said.pop("decision", None), said.pop("why", "")
        if decision:
            said["duplicate"] = {"decision": decision, "reason": why}
        return said

    def _ask_nothing(self) -> None:
        for name in ("decision", "why"):
            self.fields.pop(name, None)


class ApproveForm(SendForm, NoteForm):
    """Send what was reviewed."""


class CancelForm(NoteForm):
    """Withdraw with a coded reason."""

    reason = choice(_("Reason"), CancelReason.choices)
    field_order = ("reason", "note")


class CompleteForm(NoteForm):
    """Complete with the outcome; an up leg without a return also says why there is none."""

    outcome = choice(_("Outcome"), ())
    no_return_reason = choice(
        _("If the patient is not sent back, why"), NoReturnReason.choices, required=False
    )
    results = area(_("Main results"), length=LONG)
    field_order = ("outcome", "no_return_reason", "results", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the outcomes of this kind of leg."""
        super().__init__(*args, **kwargs)
        down = self.referral.direction == Direction.DOWN
        outcomes = RETURN_OUTCOMES if down else TREATMENT_OUTCOMES
        field = self.fields["outcome"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Please choose")), *((each.value, each.label) for each in outcomes)]
        if down:
            del self.fields["no_return_reason"]
            del self.fields["results"]


class AgainForm(MoveForm):
    """The way up again: how soon and why; the rest comes from the return."""

    urgency = forms.TypedChoiceField(
        label=_("Urgency"),
        coerce=int,
        empty_value=None,
        choices=[("", _("Please choose")), *Urgency.choices],
    )
    reason_code = choice(_("Reason for referral"), [(r.value, r.label) for r in AGAIN_REASONS])
    reason = area(_("Present illness and reason"), length=LONG, required=True, rows=3)


class FollowUpForm(MoveForm):
    """A contact with the returned patient, as it was made."""

    method = choice(_("How"), FollowUpMethod.choices)
    findings = area(_("Findings"), length=LONG, required=True, rows=3)
    adherence = choice(_("Are the medicines taken?"), Adherence.choices, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer every quantity that may be measured, each in its one unit and within its bounds."""
        super().__init__(*args, **kwargs)
        for name, quantity in observations.quantities().items():
            self.fields[name] = forms.FloatField(
                label=f"{carried.named(name)} ({quantity.unit})",
                required=False,
                min_value=quantity.least,
                max_value=quantity.most,
                widget=forms.NumberInput(attrs={"class": "form-control", "inputmode": "decimal"}),
            )

    def clean(self) -> dict[str, Any]:
        """Ask for a whole blood pressure."""
        for name, text in observations.pressure_errors(self._values()).items():
            if name not in self.errors:
                self.add_error(name, text)
        return self.cleaned_data

    def words(self) -> dict[str, Any]:
        """Return the contact as the action takes it."""
        said = super().words()
        quantities = observations.quantities()
        values = {
            name: {"value": value, "unit": quantities[name].unit}
            for name, value in self._values().items()
        }
        measured = {"observations": values, "adherence": said.pop("adherence", "")}
        plain = {name: value for name, value in said.items() if name not in quantities}
        return {**plain, "measured": {name: each for name, each in measured.items() if each}}

    def _values(self) -> dict[str, float]:
        found = {name: self.cleaned_data.get(name) for name in observations.quantities()}
        return {name: value for name, value in found.items() if value is not None}


class DocumentForm(MoveForm):
    """The parts of the slip that an emergency went without; whatever is known by now."""

    def asked(self) -> dict[str, forms.Field]:
        """Ask for the parts that are still empty."""
        called_for = documentation.asked_of(self.referral)
        items = documentation.lacking(self.referral, called_for) if called_for else []
        return {item: self._field(item) for item in items}

    def clean(self) -> dict[str, Any]:
        """Ask for one part at least, where any is left."""
        asked = self.asked()
        if asked and not self.errors and not any(self.cleaned_data.get(name) for name in asked):
            raise forms.ValidationError(_("Say at least one part of the slip."))
        return self.cleaned_data

    def _field(self, item: str) -> Any:
        if item == "reason_code":
            label = _("Reason for referral")
            return choice(label, ReferralReason.choices, required=False)
        column = Referral._meta.get_field(item)
        assert isinstance(column, CharField | TextField)
        return area(column.verbose_name, length=column.max_length or LONG, rows=3)


class PutOffForm(NoteForm):
    """The patient cannot come to the visit, with a coded reason."""

    reason = choice(_("Reason"), PutOffReason.choices)
    field_order = ("reason", "note")


class MessageForm(MoveForm):
    """A line to the clinician of the other end."""

    text = area(_("What to say"), length=LINE, required=True, rows=3)


class ReadForm(MoveForm):
    """The newest message that was read."""

    up_to = forms.UUIDField(widget=forms.HiddenInput)


FORMS: Final[dict[str, type[MoveForm]]] = {
    "submit": SendForm,
    "request_review": MoveForm,
    "approve": ApproveForm,
    "send_back": WordsForm,
    "open": MoveForm,
    "ask_information": AskForm,
    "answer": WordsForm,
    "accept": AcceptForm,
    "acknowledge": MoveForm,
    "decline": DeclineForm,
    "redirect": RedirectForm,
    "schedule": ScheduleForm,
    "reschedule": ScheduleForm,
    "put_off": PutOffForm,
    "arrive": MoveForm,
    "record_no_show": NoteForm,
    "complete": CompleteForm,
    "cancel": CancelForm,
    "expire": MoveForm,
    "void": WordsForm,
    "return": ReturnForm,
    "refer_again": AgainForm,
    "record_follow_up": FollowUpForm,
    "document": DocumentForm,
    "send_message": MessageForm,
    "mark_read": ReadForm,
}
