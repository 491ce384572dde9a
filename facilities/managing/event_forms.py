"""The forms by which an event of public health is declared and ended."""

import re
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.managing.forms import SettingForm, day
from facilities.managing.network_forms import AllianceField, InstitutionField, RegionField
from facilities.models import Alliance, Facility
from facilities.vocabulary import DIAGNOSIS_PREFIX

MOST_PREFIXES: Final = 50
MOST_PLACES: Final = 200
LONGEST: Final = 20_000


class PrefixesField(forms.CharField):
    """Beginnings of ICD-10 codes, parted by spaces, commas or lines."""

    def clean(self, value: Any) -> list[str]:
        """Return them, each once; what is none is named."""
        found = list(dict.fromkeys(re.split(r"[\s,，、;；]+", super().clean(value))))
        wrong = [each for each in found if not re.fullmatch(DIAGNOSIS_PREFIX, each)]
        if wrong:
            text = _("This begins no ICD-10 code: %(wrong)s")
            raise forms.ValidationError(text, params={"wrong": ", ".join(wrong)[:100]})
        if len(found) > MOST_PREFIXES:
            text = _("At most %(most)s of them.")
            raise forms.ValidationError(text, params={"most": MOST_PREFIXES})
        return found


class InstitutionsField(forms.CharField):
    """Several institutions, one on a line, each by its own code or its whole name."""

    widget = forms.Textarea

    def clean(self, value: Any) -> list[Facility]:
        """Return them, each once; a line that means none or several is named."""
        lines = [line.strip() for line in super().clean(value).splitlines() if line.strip()]
        if len(lines) > MOST_PLACES:
            text = _("At most %(most)s of them.")
            raise forms.ValidationError(text, params={"most": MOST_PLACES})
        one, found, wrong = InstitutionField(), {}, []
        for line in lines:
            try:
                place = one.clean(line)
            except forms.ValidationError as error:
                wrong += [f"{line[:60]}: {each}" for each in error.messages]
            else:
                found[place.pk] = place
        if wrong:
            raise forms.ValidationError(wrong)
        return list(found.values())


class EventForm(SettingForm):
    """An event: its diseases, the institutions that take them, its term and the document that orders it."""

    name = forms.CharField(label=_("Name"), max_length=100)
    prefixes = PrefixesField(
        label=_("Diagnosis codes (ICD-10)"),
        max_length=500,
        help_text=_("How the codes begin, as J10 or U07.1; several parted by spaces."),
    )
    facilities = InstitutionsField(
        label=_("Designated institutions"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One on a line, by its own code or its whole name."),
    )
    source = forms.CharField(
        label=_("Source document"),
        max_length=200,
        help_text=_("The document that orders it, with its number."),
    )
    starts = day(_("From"))
    ends = day(_("First day after the end"), required=False)

    def words(self) -> dict[str, Any]:
        """Return what was said, as the action takes it."""
        said = super().words()
        places = [each.pk for each in said.pop("facilities")]
        return {**said, "facility_ids": places, **self.area()}

    def area(self) -> dict[str, Any]:
        """Return where it binds."""
        raise NotImplementedError


class OwnEventForm(EventForm):
    """An event of one of the alliances that a manager speaks for."""

    alliance = forms.ChoiceField(label=_("Alliance"))

    field_order = ("name", "alliance")

    def __init__(self, *args: Any, alliances: Sequence[Alliance], **kwargs: Any) -> None:
        """Offer his alliances."""
        super().__init__(*args, **kwargs)
        choices: Any = [(str(each.pk), each.name) for each in alliances]
        self.fields["alliance"].choices = choices  # type: ignore[attr-defined]

    def area(self) -> dict[str, Any]:
        """Return the alliance."""
        return {"alliance_id": UUID(self.cleaned_data["alliance"])}

    def words(self) -> dict[str, Any]:
        """Return what was said, as the action takes it."""
        return {name: value for name, value in super().words().items() if name != "alliance"}


class AnyEventForm(EventForm):
    """An event of any region or any alliance, as the system administrator declares it."""

    region = RegionField(label=_("Region"), required=False, help_text=_("Its code or its name"))
    alliance = AllianceField(
        label=_("Alliance"), required=False, help_text=_("Instead of a region: its name")
    )

    field_order = ("name", "region", "alliance")

    def area(self) -> dict[str, Any]:
        """Return the region or the alliance; that it is one of them is for the action to say."""
        region, alliance = self.cleaned_data["region"], self.cleaned_data["alliance"]
        return {
            "region": region.code if region else None,
            "alliance_id": alliance.pk if alliance else None,
        }

    def words(self) -> dict[str, Any]:
        """Return what was said, as the action takes it."""
        return {name: value for name, value in super().words().items() if name != "alliance"}
