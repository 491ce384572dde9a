"""Takes the way back down: the slip of the return, and its plan in rows of medicines, visits and warning signs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from django import forms
from django.forms.utils import ErrorDict
from django.utils.translation import gettext_lazy as _

from referral.codes import ReferralReason
from referral.codes_returns import (
    DrugClass,
    ExceptionGround,
    SignatureMethod,
    SignCode,
    SignedBy,
    VisitSide,
    WarningAction,
)
from referral.forms_base import LONG, MoveForm, area, choice, look, moment
from referral.models import Referral
from referral.serializers.plans import CarriedFields

# Why a patient goes down; the other reasons of the list lead upwards.
RETURN_REASONS: Final = (
    ReferralReason.STABLE_CONTINUE,
    ReferralReason.AFTER_OPERATION,
    ReferralReason.CLEAR_STILL_INPATIENT,
    ReferralReason.LONG_TERM_CARE,
    ReferralReason.PATIENT_WISH,
    ReferralReason.OTHER,
)
# What the medicines of the way up bring along; for how long is decided anew.
TAKEN: Final = (
    "name",
    "strength",
    "dose",
    "route",
    "frequency",
    "drug_class",
    "started_on",
    "note",
)
# That the rows stood in the form which was sent: without them the medicines of the way up go along.
PLANNED: Final = "planned"
SHOWN: Final = 4
MOST: Final = 50


def line(label: Any, length: int) -> Any:
    """Return a field for a few words."""
    return forms.CharField(label=label, max_length=length, required=False)


class Row(forms.Form):
    """One row of a plan; what it may hold is decided by the serializer that the REST door asks too."""

    # Fields that are seldom needed, behind a further press.
    rare: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Give the fields the look of the page."""
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            tick = isinstance(field, forms.BooleanField)
            field.widget.attrs["class"] = "form-check-input" if tick else look(field)

    @property
    def common(self) -> list[forms.BoundField]:
        """Return the fields that are seen at once."""
        return [field for field in self.visible_fields() if field.name not in self.rare]

    @property
    def seldom(self) -> list[forms.BoundField]:
        """Return the fields behind a press."""
        return [self[name] for name in self.rare]

    @property
    def seldom_opened(self) -> bool:
        """Say whether something is wrong there."""
        return any(self[name].errors for name in self.rare)

    def full_clean(self) -> None:
        """Find nothing wrong: the whole form asks the serializer, and marks its rows."""
        self._errors = ErrorDict()
        self.cleaned_data: dict[str, Any] = {}

    def said(self) -> dict[str, Any]:
        """Return what was typed, as the serializer takes it; without it there is no such row."""
        return {name: self[name].value() for name in self.fields if self[name].value()}

    def mark(self, field: str, texts: Sequence[str]) -> None:
        """Show what is wrong with a field, or with the row."""
        self.add_error(field if field in self.fields else None, list(texts))


class MedicineRow(Row):
    """A medicine with its days; the class is that of its name unless it is chosen."""

    rare = ("drug_class", "exception", "exception_reason", "note")
    name = line(_("Medicine (generic name)"), 100)
    strength = line(_("Strength"), 100)
    dose = line(_("Single dose"), 60)
    route = line(_("Route"), 40)
    frequency = line(_("How often"), 60)
    days = forms.IntegerField(
        label=_("Days"),
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "min": 1}),
    )
    drug_class = choice(_("Class of drug"), DrugClass.choices, required=False)
    exception = choice(
        _("Antimicrobial for more than 4 weeks: ground"), ExceptionGround.choices, required=False
    )
    exception_reason = line(_("Why this ground"), 200)
    note = line(_("Note"), 200)
    started_on = forms.DateField(required=False, widget=forms.HiddenInput)

    def said(self) -> dict[str, Any]:
        """Return the medicine; a class alone is none."""
        found = super().said()
        return {} if set(found) <= {"drug_class", "started_on"} else found


class VisitRow(Row):
    """The next visit, at the hospital or in the community."""

    side = choice(_("Where"), VisitSide.choices, required=False)
    due_on = forms.DateField(
        label=_("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    purpose = line(_("What for"), 200)


class SignRow(Row):
    """A warning sign, and what the patient does when it appears."""

    code = choice(_("Warning sign"), SignCode.choices, required=False)
    text = line(_("In words"), 200)
    action = choice(_("Then"), WarningAction.choices, required=False)


class LongRow(Row):
    """What more than four weeks need."""

    diagnosis_clear = forms.BooleanField(label=_("The diagnosis is clear"), required=False)
    regimen_stable = forms.BooleanField(label=_("The medication is stable"), required=False)
    adherence_good = forms.BooleanField(label=_("The patient takes it regularly"), required=False)
    condition_controlled = forms.BooleanField(
        label=_("The condition is controlled"), required=False
    )
    long_term_needed = forms.BooleanField(label=_("It is needed for long"), required=False)
    assessment = area(_("Assessment"), length=2000)
    signature_method = choice(_("Signed how"), SignatureMethod.choices, required=False)
    signed_by = choice(_("Signed by whom"), SignedBy.choices, required=False)
    signed_at = moment(_("Signed when"), required=False)


@dataclass(slots=True)
class Part:
    """A part of the plan: its rows, those behind the first few apart, and how many are filled in."""

    name: str
    label: Any
    rows: list[Row]
    hint: Any = ""
    shown: int = SHOWN

    @property
    def first(self) -> list[Row]:
        """Return the rows that are seen at once."""
        return self.rows[: self.shown]

    @property
    def further(self) -> list[Row]:
        """Return the rows behind a further press."""
        return self.rows[self.shown :]

    @property
    def alone(self) -> bool:
        """Say whether the part has one row only, which bears no number."""
        return len(self.rows) == 1

    @property
    def filled(self) -> list[Row]:
        """Return the rows in which something stands."""
        return [row for row in self.rows if row.said()]

    @property
    def opened(self) -> bool:
        """Say whether the part is shown open: something stands in it, or is wrong."""
        return bool(self.filled) or any(row.errors for row in self.rows)

    @property
    def more_opened(self) -> bool:
        """Say whether something stands in the rows behind."""
        return any(row.said() for row in self.further)


class ReturnForm(MoveForm):
    """The parts of the return slip that the way up could not fill, and the plan that goes home."""

    reason_code = choice(_("Reason for the return"), [(r.value, r.label) for r in RETURN_REASONS])
    results = area(_("Main results"), length=LONG)
    plan = area(_("Plan of further treatment"), length=LONG, required=True, rows=3)
    rehabilitation = area(_("Rehabilitation advice"), length=LONG)
    kinds: ClassVar[Mapping[str, tuple[type[Row], int, Any, Any]]] = {
        "medicines": (MedicineRow, 8, _("Medicines"), _("28 days at most; up to 84 see below.")),
        "next_visits": (VisitRow, 3, _("Next visits"), ""),
        "warning_signs": (SignRow, 4, _("Warning signs"), _("What sends the patient back up.")),
        "long_prescription": (
            LongRow,
            1,
            _("Long prescription"),
            _("Only for medicines of more than 28 days: assessment and the patient's signature."),
        ),
    }

    def __init__(
        self,
        *args: Any,
        referral: Referral,
        taken: Callable[[], Sequence[Mapping[str, Any]]] | None = None,
        **kwargs: Any,
    ) -> None:
        """Prefill what the up leg already says; `taken` are its medicines, without it there are no rows."""
        super().__init__(*args, referral=referral, **kwargs)
        self.fields["results"].initial = referral.results
        self.fields["plan"].initial = referral.plan
        self.parts: list[Part] = []
        self.carries: dict[str, Any] = {}
        if PLANNED in self.data or (taken is not None and not self.is_bound):
            self.fields[PLANNED] = forms.CharField(
                required=False, initial="1", widget=forms.HiddenInput
            )
            self.parts = list(self._parts(taken() if taken else ()))

    def is_valid(self) -> bool:
        """Check the rows as the REST door does; what is wrong is shown at its row."""
        found = super().is_valid()
        checked = CarriedFields(data=self._carried())
        if not checked.is_valid():
            self.mark(flat(checked.errors))
            return False
        self.carries = checked.validated_data
        return found

    def words(self) -> dict[str, Any]:
        """Return the slip, and under `carried` the plan where its rows were shown."""
        said = super().words()
        if said.pop(PLANNED, None):
            said["carried"] = self.carries
        return said

    def mark(self, errors: Mapping[str, Sequence[str]]) -> None:
        """Show at its row what is wrong with it; the place of a row counts those that are filled in."""
        parts = {part.name: part for part in self.parts}
        for path, texts in errors.items():
            name, _dot, rest = path.partition(".")
            place, _dot, field = rest.partition(".")
            part = parts.get(name)
            if part is None:
                continue
            if not place.isdigit():
                place, field = "0", rest
            rows = part.filled or part.rows
            rows[min(int(place), len(rows) - 1)].mark(field, texts)

    def _parts(self, taken: Sequence[Mapping[str, Any]]) -> Iterator[Part]:
        for name, (kind, least, label, hint) in self.kinds.items():
            initial = [_taken(row) for row in taken] if name == "medicines" else []
            many = min(MOST, max(least, len(initial) + 2 if initial else 0, self._sent(name)))
            rows = [self._row(kind, f"{name}-{at}", initial[at : at + 1]) for at in range(many)]
            yield Part(name, label, rows, hint, max(SHOWN, len(initial) + 1))

    def _row(self, kind: type[Row], prefix: str, initial: Sequence[Mapping[str, Any]]) -> Row:
        data = self.data if self.is_bound else None
        before = initial[0] if initial else {}
        return kind(data, prefix=prefix, initial=before, auto_id=self.auto_id)

    def _sent(self, name: str) -> int:
        """Return how many rows of a part were sent."""
        places = [key.split("-")[1] for key in self.data if key.startswith(f"{name}-")]
        return max((int(place) + 1 for place in places if place.isdecimal()), default=0)

    def _carried(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for part in self.parts:
            rows = [row.said() for row in part.filled]
            found[part.name] = rows
            if part.alone:
                found[part.name] = rows[0] if rows else None
        return found


def _taken(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in TAKEN if row[name]}


def flat(errors: Mapping[str, Any], before: str = "") -> dict[str, list[str]]:
    """Return nested errors of a serializer by their path, as `medicines.1.days`."""
    found: dict[str, list[str]] = {}
    for name, each in errors.items():
        path = f"{before}{name}"
        if isinstance(each, Mapping):
            found |= flat(each, f"{path}.")
        elif any(isinstance(one, Mapping) for one in each):
            found |= flat({str(at): one for at, one in enumerate(each) if one}, f"{path}.")
        else:
            found[path] = [str(one) for one in each]
    return found
