"""Takes the words of a verb from its page; whether the verb is allowed is policy's business."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID, uuid4

from django import forms
from django.db.models import CharField, TextField
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from facilities.models import Facility
from facilities.vocabulary import Direction
from referral import carried, documentation, observations
from referral.codes import (
    RETURN_OUTCOMES,
    TREATMENT_OUTCOMES,
    CancelReason,
    DeclineReason,
    DuplicateDecision,
    FollowUpMethod,
    Item,
    NoReturnReason,
    ReferralReason,
)
from referral.codes_returns import Adherence
from referral.models import Referral
from referral.states import Urgency

NOTE: Final = 1000
LONG: Final = 4000
LINE: Final = 2000
# Why a patient goes down; the other reasons of the list lead upwards.
RETURN_REASONS: Final = (
    ReferralReason.STABLE_CONTINUE,
    ReferralReason.AFTER_OPERATION,
    ReferralReason.CLEAR_STILL_INPATIENT,
    ReferralReason.LONG_TERM_CARE,
    ReferralReason.PATIENT_WISH,
    ReferralReason.OTHER,
)

# Why a returned patient goes up again.
AGAIN_REASONS: Final = (
    ReferralReason.CRITICAL,
    ReferralReason.NEEDS_EXAMINATION,
    ReferralReason.DIAGNOSIS_UNCLEAR,
    ReferralReason.NOT_QUALIFIED,
    ReferralReason.PATIENT_WISH,
    ReferralReason.OTHER,
)


def _text(label: Any, *, length: int = NOTE, required: bool = False, rows: int = 2) -> Any:
    area = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, max_length=length, required=required, widget=area)


def _choice(label: Any, choices: Sequence[tuple[str, Any]], *, required: bool = True) -> Any:
    offered = [("", _("Please choose")), *choices]
    return forms.ChoiceField(label=label, choices=offered, required=required)


def _missing() -> Any:
    # Ticked one by one: a list that wants a key held down does not work on a telephone.
    return forms.MultipleChoiceField(
        label=_("What was missing"),
        choices=Item.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


def _moment(label: Any, *, required: bool) -> Any:
    # The browser's own picker; its value is read as time of the facility's zone.
    picker = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, required=required, widget=picker)


class MoveForm(forms.Form):
    """A move without words; `version` is the one that the reader has seen, `key` names this form alone.

    By its key a form that is sent twice, as by a double click, is known again and done once.
    """

    version = forms.IntegerField(widget=forms.HiddenInput)
    key = forms.CharField(max_length=36, required=False, widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *args: Any, referral: Referral, **kwargs: Any) -> None:
        """Remember the referral, give ids of its own to each form of the page."""
        super().__init__(*args, **kwargs)
        self.referral = referral
        self.fields["version"].initial = referral.version
        self.fields.update(self.asked())
        for field in self.visible_fields():
            field.field.widget.attrs["class"] = _look(field.field)

    def asked(self) -> dict[str, forms.Field]:
        """Return the fields that this referral asks for beside those of every move of the kind."""
        return {}

    def renew(self, referral: Referral, facts: Mapping[str, Any]) -> None:
        """Carry the present version from now on: the page beside the form shows the present state."""
        # A copy of the same kind: what was ticked more than once is a list, what was typed is not.
        assert isinstance(self.data, QueryDict)
        renewed = self.data.copy()
        renewed["version"] = str(referral.version)
        self.data = renewed

    def written(self) -> list[str]:
        """Return the texts that were sent with the form, for whoever cannot send them again as they are."""
        fields = self.visible_fields() if self.is_bound else []
        areas = [field for field in fields if isinstance(field.field.widget, forms.Textarea)]
        return [str(field.value()) for field in areas if field.value()]

    def words(self) -> dict[str, Any]:
        """Return what was said, without the form's key and fields left empty."""
        said = {name: value for name, value in self.cleaned_data.items() if name != "key"}
        return {name: value for name, value in said.items() if value not in ("", None)}


def _look(field: forms.Field) -> str:
    """Return the class of the design kit for a field."""
    if isinstance(field.widget, forms.CheckboxSelectMultiple):
        return "form-check-input"
    return "form-select" if isinstance(field, forms.ChoiceField) else "form-control"


class NoteForm(MoveForm):
    """A move with an optional note."""

    note = _text(_("Note"))


class SendForm(MoveForm):
    """Send; once an open referral of the same illness was in the way, say what to do about it."""

    decision = _choice(
        _("An open referral of the same illness"), DuplicateDecision.choices, required=False
    )
    why = _text(_("Why, if a second one is sent"))

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


class WordsForm(MoveForm):
    """A move that must say something."""

    note = _text(_("What to say"), required=True, rows=3)


class AskForm(WordsForm):
    """Ask for information, and name it so that the next sender is told before sending."""

    missing = _missing()
    field_order = ("note", "missing")


class AcceptForm(NoteForm):
    """Accept, and fix the visit in the same step where its time is known."""

    scheduled_for = _moment(_("Visit or admission, if known"), required=False)
    field_order = ("scheduled_for", "note")


class ScheduleForm(NoteForm):
    """Fix or move the visit."""

    scheduled_for = _moment(_("Visit or admission"), required=True)
    field_order = ("scheduled_for", "note")


class DeclineForm(NoteForm):
    """Decline with a coded reason."""

    reason = _choice(_("Reason"), DeclineReason.choices)
    missing = _missing()
    field_order = ("reason", "missing", "note")


class CancelForm(NoteForm):
    """Withdraw with a coded reason."""

    reason = _choice(_("Reason"), CancelReason.choices)
    field_order = ("reason", "note")


class RedirectForm(NoteForm):
    """Send on to another facility of the alliance."""

    to_facility_id = forms.TypedChoiceField(label=_("New destination"), coerce=UUID)
    field_order = ("to_facility_id", "note")

    def __init__(self, *args: Any, destinations: Sequence[Facility] = (), **kwargs: Any) -> None:
        """Offer the destinations given."""
        super().__init__(*args, **kwargs)
        field = self.fields["to_facility_id"]
        assert isinstance(field, forms.ChoiceField)
        offered = [(str(each.pk), each.name) for each in destinations]
        field.choices = [("", _("Please choose")), *offered]


class CompleteForm(NoteForm):
    """Complete with the outcome; an up leg without a return also says why there is none."""

    outcome = _choice(_("Outcome"), ())
    no_return_reason = _choice(
        _("If the patient is not sent back, why"), NoReturnReason.choices, required=False
    )
    results = _text(_("Main results"), length=LONG)
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


class ReturnForm(MoveForm):
    """The parts of the return slip that the way up could not fill."""

    reason_code = _choice(_("Reason for the return"), [(r.value, r.label) for r in RETURN_REASONS])
    results = _text(_("Main results"), length=LONG)
    plan = _text(_("Plan of further treatment"), length=LONG, required=True, rows=3)
    rehabilitation = _text(_("Rehabilitation advice"), length=LONG)

    def __init__(self, *args: Any, referral: Referral, **kwargs: Any) -> None:
        """Prefill what the up leg already says."""
        super().__init__(*args, referral=referral, **kwargs)
        self.fields["results"].initial = referral.results


class AgainForm(MoveForm):
    """The way up again: how soon and why; the rest comes from the return."""

    urgency = forms.TypedChoiceField(
        label=_("Urgency"),
        coerce=int,
        empty_value=None,
        choices=[("", _("Please choose")), *Urgency.choices],
    )
    reason_code = _choice(_("Reason for referral"), [(r.value, r.label) for r in AGAIN_REASONS])
    reason = _text(_("Present illness and reason"), length=LONG, required=True, rows=3)


class FollowUpForm(MoveForm):
    """A contact with the returned patient, as it was made."""

    method = _choice(_("How"), FollowUpMethod.choices)
    findings = _text(_("Findings"), length=LONG, required=True, rows=3)
    adherence = _choice(_("Are the medicines taken?"), Adherence.choices, required=False)

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
            return _choice(label, ReferralReason.choices, required=False)
        column = Referral._meta.get_field(item)
        assert isinstance(column, CharField | TextField)
        return _text(column.verbose_name, length=column.max_length or LONG, rows=3)


class MessageForm(MoveForm):
    """A line to the clinician of the other end."""

    text = _text(_("What to say"), length=LINE, required=True, rows=3)


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
