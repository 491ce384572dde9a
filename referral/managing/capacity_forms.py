"""The forms by which a facility plans its sessions, beds and equipment, and changes one of them."""

from datetime import time
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from facilities import capacity
from facilities.actions.capacity import Pattern, WeeklySession
from facilities.managing.forms import SettingForm, day, whole
from facilities.models.capacity import MOST_PLACES
from facilities.vocabulary import DoctorGrade, PoolKind, Session

WEEKDAYS: Final = (
    (1, _("Monday")),
    (2, _("Tuesday")),
    (3, _("Wednesday")),
    (4, _("Thursday")),
    (5, _("Friday")),
    (6, _("Saturday")),
    (7, _("Sunday")),
)
MOST_DAYS: Final = 366
# The fields that a plan of each kind has beside those of all.
OF_KIND: Final = {
    PoolKind.SLOT: ("department", "doctor_grade"),
    PoolKind.BED: ("department",),
    PoolKind.EQUIPMENT: ("capability", "alliance"),
}


def clock(label: Any) -> Any:
    """Return a field for a time of the day, with the browser's own picker."""
    return forms.TimeField(label=label, widget=forms.TimeInput(attrs={"type": "time"}))


class SessionForm(SettingForm):
    """What may be changed of one session; `version` is the one that the reader has seen."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    places = whole(_("Places"), least=0, most=MOST_PLACES)
    reserved_percent = whole(_("Reserved for primary care, percent"), least=0, most=100)


class PlanForm(SettingForm):
    """A weekly pattern: the same session on some weekdays, week after week."""

    department = forms.ChoiceField(label=_("Department"))
    doctor_grade = forms.ChoiceField(label=_("Whose appointments"), choices=DoctorGrade.choices)
    capability = forms.ChoiceField(label=_("Equipment"))
    alliance = forms.ChoiceField(label=_("Shared with the members of"))
    start = day(_("From"))
    weeks = whole(_("For how many weeks"), least=1, most=capacity.rules().most_weeks)
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Weekdays"), choices=WEEKDAYS, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    session = forms.ChoiceField(label=_("Part of the day"), choices=Session.choices)
    begins = clock(_("Begins"))
    ends = clock(_("Ends"))
    places = whole(_("Places each time"), least=1, most=MOST_PLACES)
    reserved_percent = whole(
        _("Reserved for primary care, percent"), least=0, most=100, required=False
    )
    opens_days_before = whole(
        _("Opens how many days before"), least=0, most=MOST_DAYS, required=False
    )
    release_hours_before = whole(
        _("The reserve is everybody's how many hours before"),
        least=0,
        most=MOST_DAYS * 24,
        required=False,
    )

    def __init__(self, *args: Any, kind: str, offered: dict[str, Any], **kwargs: Any) -> None:
        """Keep the fields of this kind, with what the facility has to offer."""
        super().__init__(*args, **kwargs)
        self.kind = kind
        for names in OF_KIND.values():
            for name in names:
                if name not in OF_KIND[PoolKind(kind)]:
                    self.fields.pop(name, None)
        for name, choices in offered.items():
            if name in self.fields:
                self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse a session that ends before it begins."""
        said = self.cleaned_data
        if said.get("begins") and said.get("ends") and said["ends"] <= said["begins"]:
            raise ValidationError({"ends": _("The end must lie after the start.")})
        return said

    def told(self) -> list[tuple[Any, str]]:
        """Return what a right form says in words, field by field, without what was left to the rules."""
        said = [(field, self.cleaned_data.get(field.name)) for field in self.visible_fields()]
        return [(field.label, _word(field.field, value)) for field, value in said if value != ""]

    def pattern(self) -> Pattern:
        """Return the pattern that a right form asks for."""
        said = self.cleaned_data
        weekly = tuple(
            WeeklySession(
                weekday=weekday,
                session=said["session"],
                begins=said["begins"],
                ends=said["ends"],
                places=said["places"],
            )
            for weekday in sorted(said["weekdays"])
        )
        return Pattern(
            kind=self.kind,
            start=said["start"],
            weeks=said["weeks"],
            sessions=weekly,
            department_id=said.get("department") or None,
            doctor_grade=said.get("doctor_grade", ""),
            capability=said.get("capability", ""),
            alliance_id=said.get("alliance") or None,
            reserved_percent=said["reserved_percent"],
            opens_days_before=said["opens_days_before"],
            release_hours_before=said["release_hours_before"],
        )


def _word(field: Any, value: Any) -> str:
    """Return a value as the form offered it."""
    if value is None:
        return str(_("as usual"))
    names = {str(key): str(label) for key, label in getattr(field, "choices", ())}
    if isinstance(value, list):
        return "、".join(names[str(each)] for each in value)
    if isinstance(value, time):
        return value.strftime("%H:%M")
    return names.get(str(value), str(value))
