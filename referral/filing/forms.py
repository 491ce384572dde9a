"""Takes the words of the filing page: whom, the slip, what was observed, the patient's answer."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID, uuid4

from django import forms
from django.db.models import CharField, TextField
from django.utils.translation import gettext_lazy as _

from patients.models import (
    ConsentGivenBy,
    ConsentMethod,
    ConsentPurpose,
    ConsentRelation,
    Gender,
    IdentifierKind,
)
from patients.particulars import GivenConsent, NewPatient
from referral import wording
from referral.codes import (
    DuplicateDecision,
    OverrideReason,
    ReferralReason,
    Setting,
    SkipReason,
    Visit,
)
from referral.criteria import units
from referral.criteria.observations import spoken
from referral.criteria.shapes import Variable
from referral.forms_base import LONG, NOTE
from referral.forms_return import RETURN_REASONS
from referral.models import Referral
from referral.states import Urgency

CHOOSE: Final = ("", _("Please choose"))
# Why a patient goes up; the others of the list lead down.
UP_REASONS: Final = (
    ReferralReason.DIAGNOSIS_UNCLEAR,
    ReferralReason.CRITICAL,
    ReferralReason.NOT_QUALIFIED,
    ReferralReason.NEEDS_EXAMINATION,
    ReferralReason.OUT_OF_SCOPE,
    ReferralReason.PATIENT_WISH,
    ReferralReason.OTHER,
)
SLIP_TEXTS: Final = ("reason", "past_history", "allergies", "treatment", "results")
DOWN_TEXTS: Final = ("plan", "rehabilitation")
LINES: Final = ("diagnosis_code", "diagnosis", "inpatient_no", "contact_phone")
# What the form says of the draft itself; the rest goes to other actions.
WORDS: Final = (*LINES, *SLIP_TEXTS, *DOWN_TEXTS, "urgency", "setting", "reason_code")
# The button that sends.
SEND: Final = "send"
# How the names of fields begin that take an observation: a number, its unit, a tick.
VALUE: Final = "o_"
UNIT: Final = "u_"
TICK: Final = "t_"
GRAVE: Final = (ConsentMethod.PAPER, ConsentMethod.SCREEN)


def _line(label: Any, *, length: int, **attrs: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"class": "form-control", **attrs})
    return forms.CharField(label=label, max_length=length, required=False, widget=widget)


def _area(label: Any, *, rows: int = 2, length: int = LONG) -> forms.CharField:
    widget = forms.Textarea(attrs={"class": "form-control", "rows": rows})
    return forms.CharField(label=label, max_length=length, required=False, widget=widget)


def _select(label: Any, choices: Sequence[tuple[Any, Any]]) -> forms.ChoiceField:
    widget = forms.Select(attrs={"class": "form-select"})
    return forms.ChoiceField(label=label, choices=[CHOOSE, *choices], required=False, widget=widget)


def _key() -> forms.CharField:
    return forms.CharField(max_length=36, required=False, widget=forms.HiddenInput, initial=uuid4)


class PlaceField(forms.CharField):
    """A destination with the department that its row names: `facility` or `facility:department`."""

    def to_python(self, value: Any) -> Any:
        """Return both ids, the second None where none is named; both None for nothing chosen."""
        facility, _colon, department = str(value or "").partition(":")
        try:
            return (
                UUID(facility) if facility else None,
                UUID(department) if department else None,
            )
        except ValueError:
            raise forms.ValidationError(_("There is no such facility or department.")) from None


class Answer(forms.Form):
    """What the patient, or somebody for him, answers when asked to agree."""

    method = forms.ChoiceField(
        label=_("How it was given"),
        choices=[CHOOSE, *((each.value, each.label) for each in GRAVE)],
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    given_by = forms.ChoiceField(
        label=_("Who agrees"),
        choices=ConsentGivenBy.choices,
        required=False,
        initial=ConsentGivenBy.SELF,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    guardian_name = _line(_("Name of the guardian or family member"), length=50)
    relation = _select(_("Relation to the patient"), ConsentRelation.choices[:-1])

    def given(self, *purposes: ConsentPurpose, agreed: bool = True) -> GivenConsent | None:
        """Return the answer to these purposes, None where nobody was asked."""
        said = self.cleaned_data
        if not said.get("method"):
            return None
        return GivenConsent(
            given=agreed,
            method=ConsentMethod(said["method"]),
            given_by=ConsentGivenBy(said.get("given_by") or ConsentGivenBy.SELF),
            purposes=purposes,
            guardian_name=said.get("guardian_name") or None,
            relation=said.get("relation") or "",
        )


class PersonForm(Answer):
    """A patient who is not registered here yet, with the consent to registration and referral."""

    key = _key()
    name = _line(_("Full name"), length=50, autocomplete="off")
    kind = forms.ChoiceField(
        label=_("Document"),
        choices=IdentifierKind.choices,
        initial=IdentifierKind.RESIDENT_ID,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    number = _line(_("Document number"), length=40, autocomplete="off")
    gender = _select(_("Sex"), Gender.choices)
    birth_date = forms.DateField(
        label=_("Date of birth"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": "form-control"}, format="%Y-%m-%d"),
    )
    phone = _line(_("Phone"), length=40, inputmode="tel", autocomplete="off")
    address = _line(_("Home address"), length=200, autocomplete="off")
    field_order = (
        *("name", "kind", "number", "gender", "birth_date", "phone", "address"),
        *("method", "given_by", "guardian_name", "relation"),
    )

    def person(self) -> NewPatient:
        """Return who is to be registered."""
        said = self.cleaned_data
        kind = IdentifierKind(said["kind"])
        return NewPatient(
            name=said["name"],
            birth_date=said["birth_date"],
            gender=said["gender"] or None,
            identifiers=((kind, said["number"]),) if said["number"] else (),
            phone=said["phone"] or None,
            address=said["address"] or None,
        )

    def clean(self) -> dict[str, Any]:
        """Ask for a name, and for the consent without which nobody is registered."""
        for name in ("name", "method"):
            if not self.errors.get(name) and not self.cleaned_data.get(name):
                self.add_error(name, _("This field is required."))
        return self.cleaned_data


# Fields of this form for the names that a refusal of patients.actions gives them.
PERSON_FIELDS: Final = {"identifiers.0.value": "number", "consent.guardian_name": "guardian_name"}


class SlipForm(Answer):
    """The whole filing page. Nothing is required to save it; what is, the check before sending says."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    key = _key()
    diagnosis_code = _line(_("Diagnosis code (ICD-10)"), length=20, autocomplete="off")
    diagnosis = _line(_("First impression"), length=200, autocomplete="off")
    urgency = forms.TypedChoiceField(
        label=_("Urgency"), choices=Urgency.choices, coerce=int, widget=forms.RadioSelect
    )
    setting = forms.ChoiceField(
        label=_("Patient comes from"), choices=Setting.choices, widget=forms.RadioSelect
    )
    inpatient_no = _line(_("Inpatient record number"), length=50)
    contact_phone = _line(_("Phone of the referring doctor"), length=40, inputmode="tel")
    reason_code = _select(_("Reason for referral"), ())
    reason = _area(_("Main present illness (reason for referral)"), rows=3)
    past_history = _area(_("Main past history"))
    allergies = _area(_("Allergies"), rows=1)
    treatment = _area(_("Treatment so far"))
    results = _area(_("Main results"))
    plan = _area(_("Plan of further treatment"), rows=3)
    rehabilitation = _area(_("Rehabilitation advice"))
    visit = forms.ChoiceField(
        label=_("Kind of visit"), choices=Visit.choices, required=False, widget=forms.RadioSelect
    )
    override_reason = _select(_("Why it goes although no rule is met"), OverrideReason.choices)
    override_note = _area(_("Explanation"), rows=1, length=NOTE)
    rest_no = forms.BooleanField(label=_("None of those not ticked"), required=False)
    place = PlaceField(required=False)
    to_department = forms.UUIDField(required=False)
    skip_reason = _select(_("Why this destination"), SkipReason.choices)
    skip_note = _area(_("Explanation"), rows=1, length=NOTE)
    decision = _select(_("An open referral of the same illness"), DuplicateDecision.choices)
    why = _area(_("Why, if a second one is sent"), rows=1, length=NOTE)
    refuses = forms.BooleanField(label=_("The patient does not agree"), required=False)

    def __init__(
        self,
        *args: Any,
        referral: Referral,
        variables: Mapping[str, Variable],
        down: bool,
        **kwargs: Any,
    ) -> None:
        """Take the limits of the columns, and a field for each thing that may be observed."""
        super().__init__(*args, **kwargs)
        self.referral, self.variables = referral, variables
        for name in (*LINES, *SLIP_TEXTS, *DOWN_TEXTS):
            column = Referral._meta.get_field(name)
            field = self.fields[name]
            assert isinstance(column, CharField | TextField)
            assert isinstance(field, forms.CharField)
            if column.max_length:
                field.max_length = column.max_length
                field.widget.attrs["maxlength"] = column.max_length
        reasons = RETURN_REASONS if down else UP_REASONS
        reason = self.fields["reason_code"]
        assert isinstance(reason, forms.ChoiceField)
        reason.choices = [CHOOSE, *((each.value, each.label) for each in reasons)]
        for name, variable in variables.items():
            self._observe(name, variable)
        # Whoever has just said whom goes on writing at once.
        if not (self.is_bound or down or referral.diagnosis):
            self.fields["diagnosis"].widget.attrs["autofocus"] = True

    def _observe(self, name: str, variable: Variable) -> None:
        if not variable.is_number:
            self.fields[f"{TICK}{name}"] = forms.BooleanField(required=False)
            return
        attrs = {"class": "form-control", "inputmode": "decimal", "step": "any"}
        number = forms.NumberInput(attrs=attrs)
        self.fields[f"{VALUE}{name}"] = forms.FloatField(required=False, widget=number)
        if (known := units.units_of(variable.quantity)) and not plain_unit(variable):
            offered = [(each, wording.unit(each)) for each in known]
            said = _("Unit of %(what)s") % {"what": spoken(variable.words)}
            unit = forms.Select(attrs={"aria-label": said})
            self.fields[f"{UNIT}{name}"] = forms.ChoiceField(
                choices=offered, required=False, widget=unit
            )

    def words(self) -> dict[str, Any]:
        """Return what the form says of the draft, by the names of its columns."""
        said = self.cleaned_data
        return {name: said[name] for name in WORDS if name in said and said[name] is not None}

    def observed(self) -> dict[str, dict[str, Any]]:
        """Return what was observed, as the criteria take it: numbers with their unit, ticks as yes."""
        said, found = self.cleaned_data, dict[str, dict[str, Any]]()
        for name, variable in self.variables.items():
            if variable.is_number:
                value = said.get(f"{VALUE}{name}")
                if value is not None:
                    unit = said.get(f"{UNIT}{name}") or units.units_of(variable.quantity)[0]
                    found[name] = {"value": _plain(value), "unit": unit}
            elif said.get(f"{TICK}{name}") or said["rest_no"]:
                found[name] = {"value": bool(said.get(f"{TICK}{name}"))}
        return found

    def clean(self) -> dict[str, Any]:
        """Ask for both halves of a reason once the referral is to go; a draft keeps whole ones only."""
        said = self.cleaned_data
        if SEND not in self.data:
            return said
        for reason, words in (("override_reason", "override_note"), ("decision", "why")):
            if said.get(reason) == DuplicateDecision.JOIN:
                continue
            if bool(said.get(reason)) != bool(said.get(words)):
                self.add_error(words if said.get(reason) else reason, _("This field is required."))
        return said

    def override(self) -> dict[str, str]:
        """Return why the sender does otherwise than the criteria say, once both halves of it are there."""
        reason, note = self.cleaned_data["override_reason"], self.cleaned_data["override_note"]
        whole = bool(reason and note)
        return {
            "override_reason": reason if whole else "",
            "override_note": note if whole else "",
        }

    def skip(self) -> dict[str, str] | None:
        """Return why a destination is right that is not the next step, as far as that is said."""
        reason, note = self.cleaned_data["skip_reason"], self.cleaned_data["skip_note"]
        if not reason or (reason == SkipReason.OTHER and not note):
            return None
        return {"skip_reason": reason, "skip_note": note}

    def duplicate(self) -> dict[str, str] | None:
        """Return what to do about an open referral of the same illness, if that was said."""
        said = self.cleaned_data
        if not said.get("decision"):
            return None
        return {"decision": said["decision"], "reason": said.get("why", "")}

    @property
    def is_refused(self) -> bool:
        """Say whether the patient was asked and does not agree."""
        return bool(self.cleaned_data["refuses"] and self.cleaned_data["method"])

    def agreement(self) -> GivenConsent | None:
        """Return the patient's answer to being referred, None where he was not asked here."""
        return self.given(ConsentPurpose.REFERRAL, agreed=not self.cleaned_data["refuses"])


def plain_unit(variable: Variable) -> str:
    """Return the one unit that needs no choice, in words, a blank for what is counted; "" where one is chosen."""
    known = units.units_of(variable.quantity)
    if variable.quantity == "count":
        return " "
    return str(wording.unit(known[0])) if len(known) == 1 else ""


def _plain(value: float) -> int | float:
    return int(value) if value.is_integer() else value
