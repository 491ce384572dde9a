"""What the system administrator adds to the directory: an institution, its departments, bonds of two institutions."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from facilities.actions import add_department, create_facility, create_relation, end_relation
from facilities.managing.deeds import Crumb, Deed, DeedPage
from facilities.managing.network_forms import (
    BondForm,
    LastDayForm,
    NewDepartmentForm,
    NewInstitutionForm,
)
from facilities.models import Facility
from facilities.policy.directory import may_edit_directory
from facilities.queries import networks


def page_of(row: Facility) -> str:
    """Return the address of an institution's page."""
    return reverse("facilities:institution", args=[row.pk])


def above(*more: Crumb) -> list[Crumb]:
    """Return the way to a page of institutions."""
    return [(reverse("facilities:directory"), _("Institutions")), *more]


class NewInstitution(DeedPage):
    """Enters an institution into the directory."""

    def deed(self, **ids: UUID) -> Deed:
        """Ask for all without which nobody finds it."""
        self.demand(may_edit_directory(self.actor))
        return Deed(
            title=_("Add an institution"),
            form=NewInstitutionForm,
            perform=lambda said: create_facility(by=self.actor, **dict(said)),
            address=page_of,
            said=_("The institution is in the directory."),
            way=above(),
            note=_("It can be referred to once it belongs to an alliance and has departments."),
        )


class HouseDeed(DeedPage):
    """A page that adds something to one institution."""

    def house(self, facility_id: UUID) -> Facility:
        """Return the institution; refuses whoever does not keep the directory."""
        row = self.institution(facility_id)
        self.demand(may_edit_directory(self.actor))
        return row

    def about(self, row: Facility, **words: Any) -> Deed:
        """Return a deed that leads back to the page of the institution."""
        place = page_of(row)
        return Deed(address=place, way=above((place, row.name)), **words)


class NewDepartment(HouseDeed):
    """Opens a department."""

    def deed(self, **ids: UUID) -> Deed:
        """Ask which of the national list it is."""
        row = self.house(ids["facility_id"])
        return self.about(
            row,
            title=_("Add a department"),
            form=NewDepartmentForm,
            perform=lambda said: add_department(row.pk, by=self.actor, **dict(said)),
            said=_("The department is added."),
        )


class AddRelation(HouseDeed):
    """Binds an institution to another."""

    def deed(self, **ids: UUID) -> Deed:
        """Ask what kind of bond it is, with whom, and who gives."""
        row = self.house(ids["facility_id"])
        return self.about(
            row,
            title=_("Add a relation"),
            form=BondForm,
            perform=lambda said: self._bind(row, said),
            said=_("The relation is recorded."),
            note=_(
                "Trusteeship, counterpart support, a regional centre project or third-party service."
            ),
            initial={"starts": timezone.localdate()},
        )

    def _bind(self, row: Facility, said: Mapping[str, Any]) -> object:
        other = said["other"]
        giver, receiver = (row, other) if said["gives"] else (other, row)
        return create_relation(
            by=self.actor,
            kind=said["kind"],
            from_id=giver.pk,
            to_id=receiver.pk,
            starts=said["starts"],
            ends=said["ends"],
        )


class EndRelation(HouseDeed):
    """Ends a bond."""

    def deed(self, **ids: UUID) -> Deed:
        """Ask from when on."""
        row = self.house(ids["facility_id"])
        bond = networks.relation(row.pk, ids["relation_id"])
        if bond is None:
            raise Http404
        return self.about(
            row,
            title=_("End the relation"),
            form=LastDayForm,
            perform=lambda said: end_relation(bond.pk, by=self.actor, on=said["ends"]),
            said=_("The relation is ended."),
            note=f"{bond.get_kind_display()}: {bond.from_facility.name} → {bond.to_facility.name}",
            ends=True,
        )
