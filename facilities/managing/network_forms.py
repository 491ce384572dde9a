"""The forms by which institutions, alliances, memberships and relations are made and ended."""

from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from facilities import catalogue
from facilities.managing.forms import ModelSettingForm, SettingForm, day
from facilities.models import Alliance, Department, Facility, Region
from facilities.queries import networks
from facilities.vocabulary import AllianceForm, RelationKind

LONGEST: Final = 120


class MeantField(forms.CharField):
    """Something that is typed by its code or name, since no list could hold all; it must mean one row."""

    def __init__(self, **options: Any) -> None:
        """Bound what is looked for."""
        super().__init__(max_length=LONGEST, **options)

    def found(self, text: str) -> networks.Meant[Any]:
        """Return the rows that the text may mean."""
        raise NotImplementedError

    def named(self, row: Any) -> str:
        """Return how somebody types this row so that it is meant alone."""
        return f"{row.name} ({row.code})"

    def clean(self, value: Any) -> Any:
        """Return the row that is named exactly, None for nothing; what else may be meant is named.

        A part of a name is never enough: whoever typed too little would bind another institution.
        """
        text = super().clean(value)
        if not text:
            return None
        meant = self.found(text)
        if len(meant.exactly) == 1:
            return meant.exactly[0]
        rows = meant.exactly or meant.perhaps
        if not rows:
            raise forms.ValidationError(_("Nothing of this name or code is known."))
        raise forms.ValidationError(
            _("Type the code or the whole name. Perhaps you mean: %(several)s"),
            params={"several": "; ".join(self.named(row) for row in rows)},
        )


class InstitutionField(MeantField):
    """An institution by its own code or its name."""

    def found(self, text: str) -> networks.Meant[Facility]:
        """Look in the directory."""
        return networks.meant(text)


class RegionField(MeantField):
    """A region by its code or its name."""

    def found(self, text: str) -> networks.Meant[Region]:
        """Look in the regions in use."""
        return networks.meant_regions(text)


class AllianceField(MeantField):
    """An alliance by its name."""

    def found(self, text: str) -> networks.Meant[Alliance]:
        """Look in the alliances of today."""
        return networks.meant_alliances(text, timezone.localdate())

    def named(self, row: Alliance) -> str:
        """Return its name and who leads it: names may be alike."""
        return f"{row.name} ({row.lead.name})"


def _specialties() -> list[tuple[str, str]]:
    listed = catalogue.specialties().values()
    return [("", "—"), *((each.code, f"{each.code} {each}") for each in listed)]


def _categories() -> list[tuple[str, str]]:
    listed = catalogue.categories().values()
    return [("", "—"), *((each.code, f"{each.code} {each}") for each in listed)]


def _chosen(label: Any, choices: Callable[[], Any], *, required: bool = True) -> Any:
    return forms.ChoiceField(label=label, choices=choices, required=required)


class NewInstitutionForm(ModelSettingForm):
    """Everything without which an institution cannot be found and referred to."""

    region = RegionField(label=_("Region"), help_text=_("Its code or its name"))
    category = _chosen(_("Category (WS 218)"), _categories)
    legal_person = InstitutionField(label=_("Campus of"), required=False)

    class Meta:
        model = Facility
        fields = (
            *("name", "code", "uscc", "tier", "level", "grade", "kind", "ownership"),
            *("short_name", "campus_name", "address", "phone", "duty_phone"),
        )

    field_order: tuple[str, ...] = (
        *("name", "code", "uscc", "region", "category", "tier", "level", "grade", "kind"),
        *("ownership", "legal_person", "campus_name", "short_name", "address", "phone"),
    )

    def words(self) -> dict[str, Any]:
        """Return what was said, as the action takes it."""
        said = super().words()
        main = said.pop("legal_person")
        region = said.pop("region").code
        more = {"legal_person": main.pk} if main else {}
        return {**said, "uscc": said["uscc"] or None, "region": region, **more}


class NewDepartmentForm(ModelSettingForm):
    """A department by its place in the national list; its own name where it has one."""

    code = _chosen(_("Treatment subject"), _specialties)
    name = forms.CharField(
        label=_("Name, if another than in the list"), max_length=60, required=False
    )

    class Meta:
        model = Department
        fields = ("phone", "accepts")
        widgets = {"accepts": forms.Textarea(attrs={"rows": 3})}

    field_order: tuple[str, ...] = ("code", "name", "phone", "accepts")

    def words(self) -> dict[str, Any]:
        """Return what was said; without a name the list names it."""
        said = super().words()
        return said if said["name"] else {key: said[key] for key in said if key != "name"}


class OwnAllianceForm(SettingForm):
    """What the manager at the lead may say of an alliance at any time."""

    name = forms.CharField(label=_("Name"), max_length=LONGEST)
    specialty = _chosen(_("Specialty, of a specialty alliance"), _specialties, required=False)
    allows_lateral = forms.BooleanField(
        label=_("Referrals between institutions of the same tier are allowed"), required=False
    )

    def words(self) -> dict[str, Any]:
        """Return what was said, as the action takes it."""
        said = super().words()
        return {**said, "specialty": said["specialty"] or None}


class AlterAllianceForm(OwnAllianceForm):
    """The same, and of which alliance it is a part: that decides who looks over it and whom it reaches."""

    parent = AllianceField(label=_("Part of"), required=False)

    field_order: tuple[str, ...] = ("name", "parent")

    def words(self) -> dict[str, Any]:
        """Return what was said, as the action takes it."""
        said = super().words()
        parent = said["parent"]
        return {**said, "parent": parent.pk if parent else None}


class NewAllianceForm(AlterAllianceForm):
    """What an alliance is founded with; its lead is its first member."""

    form = forms.ChoiceField(label=_("Kind of alliance"), choices=AllianceForm.choices)
    lead = InstitutionField(label=_("Lead"), help_text=_("Its own code or its name"))
    starts = day(_("From"))
    ends = day(_("First day after the end"), required=False)

    field_order: tuple[str, ...] = (
        "name",
        "form",
        "lead",
        "parent",
        "specialty",
        "allows_lateral",
    )

    def words(self) -> dict[str, Any]:
        """Return what was said, as the action takes it."""
        said = super().words()
        lead = said.pop("lead")
        return {**said, "lead_id": lead.pk}


class JoinForm(SettingForm):
    """Who becomes a member, and where in the tree."""

    facility = InstitutionField(label=_("Institution"), help_text=_("Its own code or its name"))
    parent_facility = InstitutionField(
        label=_("Under"), required=False, help_text=_("Empty: directly under the lead.")
    )
    starts = day(_("From"))
    ends = day(_("First day after the end"), required=False)

    def words(self) -> dict[str, Any]:
        """Return what was said, as the action takes it."""
        said = super().words()
        member, above = said.pop("facility"), said.pop("parent_facility")
        return {
            **said,
            "facility_id": member.pk,
            "parent_facility_id": above.pk if above else None,
        }


class LeadForm(SettingForm):
    """Who leads from a day on."""

    facility = InstitutionField(label=_("New lead"), help_text=_("Its own code or its name"))
    on = day(_("From"))

    def words(self) -> dict[str, Any]:
        """Return what was said, as the action takes it."""
        said = super().words()
        lead = said.pop("facility")
        return {**said, "facility_id": lead.pk}


class LastDayForm(SettingForm):
    """From which day on something no longer holds."""

    ends = day(_("First day after the end"))


class BondForm(SettingForm):
    """A bond of this institution with another: what kind, which of them gives, since when."""

    kind = forms.ChoiceField(label=_("Kind"), choices=RelationKind.choices)
    gives = forms.ChoiceField(
        label=_("This institution"),
        choices=[
            ("1", _("gives: manages, supports, sends its doctors, serves others")),
            ("0", _("receives: is managed, supported, joined by others, served")),
        ],
    )
    other = InstitutionField(
        label=_("The other institution"), help_text=_("Its own code or its name")
    )
    starts = day(_("From"))
    ends = day(_("First day after the end"), required=False)

    def words(self) -> dict[str, Any]:
        """Return what was said: the kind, the other end, and whether this one gives."""
        said = super().words()
        return {**said, "gives": said["gives"] == "1"}
