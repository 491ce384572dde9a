"""The forms of what managers set about institutions: a key of their own, the look of fields."""

from typing import Any, Final
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.models import Department, Facility
from facilities.vocabulary import Grade, Level, Tier

DETAILS: Final = (
    "name",
    "short_name",
    "campus_name",
    "address",
    "phone",
    "duty_phone",
    "profile",
    "requires_internal_review",
)
# Beside these, what decides where patients go.
RANKED: Final = ("uscc", "category", "ownership", "is_active")


class SettingForm(forms.Form):
    """A form of a manager; by its key a form that is sent twice is known again and done once."""

    key = forms.CharField(max_length=36, required=False, widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Give each field the look of the design kit."""
        super().__init__(*args, **kwargs)
        for field in self.visible_fields():
            field.field.widget.attrs.setdefault("class", look(field.field))

    def words(self) -> dict[str, Any]:
        """Return what was said, without the form's key."""
        return {name: value for name, value in self.cleaned_data.items() if name != "key"}


def look(field: forms.Field) -> str:
    """Return the class of the design kit for a field."""
    if isinstance(field, (forms.BooleanField, forms.MultipleChoiceField)):
        return "form-check-input"
    return "form-select" if isinstance(field, forms.ChoiceField) else "form-control"


def day(label: Any, *, required: bool = True, initial: Any = None) -> Any:
    """Return a field for a day, with the browser's own picker."""
    picker = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, initial=initial, widget=picker)


def whole(label: Any, *, least: int, most: int, **options: Any) -> Any:
    """Return a field for a whole number, typed on a telephone by its number keys."""
    typed = forms.TextInput(attrs={"inputmode": "numeric"})
    return forms.IntegerField(label=label, min_value=least, max_value=most, widget=typed, **options)


class ModelSettingForm(SettingForm, forms.ModelForm):  # type: ignore[type-arg]
    """A form with some fields of a row; what it says is written by an action and never by itself."""

    def clean(self) -> dict[str, Any]:
        """Leave everything beyond single fields to the action."""
        return self.cleaned_data

    def _post_clean(self) -> None:
        """Neither fill nor check a row here."""


class DetailsForm(ModelSettingForm):
    """What an institution says of itself."""

    class Meta:
        model = Facility
        fields = DETAILS
        widgets = {"profile": forms.Textarea(attrs={"rows": 3})}


class WholeForm(ModelSettingForm):
    """The same, and what only the system administrator says."""

    class Meta:
        model = Facility
        fields = (*DETAILS, *RANKED)
        widgets = {"profile": forms.Textarea(attrs={"rows": 3})}


class RatingForm(SettingForm):
    """What an institution is from a day on."""

    tier = forms.TypedChoiceField(label=_("Tier"), choices=Tier, coerce=int)
    level = forms.TypedChoiceField(label=_("Level"), choices=Level, coerce=int)
    grade = forms.TypedChoiceField(label=_("Grade"), choices=Grade, coerce=int)
    starts = day(_("From"))


class DepartmentForm(ModelSettingForm):
    """What a department is called, what it takes, and whether it takes patients at all."""

    class Meta:
        model = Department
        fields = ("name", "phone", "accepts", "is_active")
        widgets = {"accepts": forms.Textarea(attrs={"rows": 3})}
