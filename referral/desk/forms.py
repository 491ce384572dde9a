"""Takes the words of the desk's own forms: whom to look for, why a patient stays, what to do with several."""

from typing import Any, Final
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from referral.codes import DeclineReason, StayReason
from referral.forms_base import NoteForm, area, choice, look
from referral.forms_receiving import RedirectForm

LOOKED: Final = 300
TOGETHER: Final = ("open", "acknowledge", "decline", "redirect")
MOST: Final = 50


class LookForm(forms.Form):
    """The one field of the arrival desk, always ready for the scanner."""

    text = forms.CharField(
        label=_("Scan the code of the slip, or type a number or a name"),
        max_length=LOOKED,
        widget=forms.TextInput(
            attrs={
                "class": "form-control form-control-lg",
                "autocomplete": "off",
                "autocapitalize": "off",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
    )


class StayForm(NoteForm):
    """Why a patient who may go down stays."""

    reason = choice(_("Reason"), StayReason.choices)
    field_order = ("reason", "note")


class TogetherForm(forms.Form):
    """One verb for several legs, each of which was ticked as it was read; what is asked depends on the verb."""

    verb = forms.ChoiceField(choices=[(verb, verb) for verb in TOGETHER], widget=forms.HiddenInput)
    key = forms.CharField(max_length=36, required=False, widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take the ticks beside the fields."""
        super().__init__(*args, **kwargs)
        named = self.data.getlist("pick") if hasattr(self.data, "getlist") else []
        for field in self.visible_fields():
            field.field.widget.attrs["class"] = look(field.field)
        self.picks = list(dict.fromkeys(filter(None, map(_pick, named))))[:MOST]

    def words(self) -> dict[str, Any]:
        """Return what was said, without fields left empty."""
        said = {
            name: value for name, value in self.cleaned_data.items() if name not in {"key", "verb"}
        }
        return {name: value for name, value in said.items() if value not in ("", None)}


class TogetherDeclineForm(TogetherForm):
    """Decline all of them for one reason."""

    reason = choice(_("Reason"), DeclineReason.choices)
    note = area(_("Note"))


class TogetherRedirectForm(TogetherForm):
    """Send all of them on to one destination."""

    to_facility_id = RedirectForm.base_fields["to_facility_id"]
    note = area(_("Note"))


TOGETHER_FORMS: Final[dict[str, type[TogetherForm]]] = {
    "decline": TogetherDeclineForm,
    "redirect": TogetherRedirectForm,
}


def _pick(text: str) -> tuple[UUID, int] | None:
    """Return the leg and version of a tick, None for anything else."""
    leg, _colon, version = text.partition(":")
    try:
        return UUID(leg), int(version)
    except ValueError:
        return None
