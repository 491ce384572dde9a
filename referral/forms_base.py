"""What all forms of moves share: the version that was read, a key of their own, the look of fields."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from referral.models import Referral

NOTE: Final = 1000
LONG: Final = 4000
LINE: Final = 2000


def area(label: Any, *, length: int = NOTE, required: bool = False, rows: int = 2) -> Any:
    """Return a field for some lines of words."""
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, max_length=length, required=required, widget=widget)


def choice(label: Any, choices: Sequence[tuple[str, Any]], *, required: bool = True) -> Any:
    """Return a field that offers codes, none of them chosen."""
    offered = [("", _("Please choose")), *choices]
    return forms.ChoiceField(label=label, choices=offered, required=required)


def moment(label: Any, *, required: bool) -> Any:
    """Return a field for a day and time."""
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
            field.field.widget.attrs["class"] = look(field.field)

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

    def mark(self, errors: Mapping[str, Sequence[str]]) -> None:
        """Show what the action refused where it was typed; here the page names it above."""

    def written(self) -> list[str]:
        """Return the texts that were sent with the form, for whoever cannot send them again as they are."""
        fields = self.visible_fields() if self.is_bound else []
        areas = [field for field in fields if isinstance(field.field.widget, forms.Textarea)]
        return [str(field.value()) for field in areas if field.value()]

    def words(self) -> dict[str, Any]:
        """Return what was said, without the form's key and fields left empty."""
        said = {name: value for name, value in self.cleaned_data.items() if name != "key"}
        return {name: value for name, value in said.items() if value not in ("", None)}


def look(field: forms.Field) -> str:
    """Return the class of the design kit for a field."""
    if isinstance(field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "form-check-input"
    return "form-select" if isinstance(field, forms.ChoiceField) else "form-control"


class NoteForm(MoveForm):
    """A move with an optional note."""

    note = area(_("Note"))


class WordsForm(MoveForm):
    """A move that must say something."""

    note = area(_("What to say"), required=True, rows=3)
