"""Alliances as managers look at them and keep them: the list, one with its members, and what may be changed there."""

from typing import Any, Final
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from facilities import catalogue
from facilities.actions import (
    alter_alliance,
    change_lead,
    create_alliance,
    end_alliance,
    join_alliance,
    leave_alliance,
)
from facilities.managing.deeds import Crumb, Deed, DeedPage
from facilities.managing.history import told
from facilities.managing.network_forms import (
    AlterAllianceForm,
    JoinForm,
    LastDayForm,
    LeadForm,
    NewAllianceForm,
    OwnAllianceForm,
)
from facilities.managing.settings import SettingsPage
from facilities.models import Alliance, Membership
from facilities.policy.directory import may_edit_alliance, may_edit_directory
from facilities.queries import networks

LONGEST_TEXT: Final = 64
LIST: Final = "facilities:alliances"


def page_of(alliance: Alliance) -> str:
    """Return the address of an alliance's page."""
    return reverse("facilities:alliance", args=[alliance.pk])


def above(*more: Crumb) -> list[Crumb]:
    """Return the way to a page of alliances."""
    return [(reverse(LIST), _("Alliances")), *more]


class Alliances(SettingsPage):
    """The alliances around the post's institution; for a system administrator all."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show a page of fifty by name."""
        over = "over" in request.GET
        text = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_TEXT]
        rows = networks.alliances(self.actor, timezone.localdate(), text=text, over=over)
        context = {
            "page": self.paged(rows, ("name", "id")),
            "text": text,
            "over": over,
            "founds": may_edit_directory(self.actor),
        }
        return self.show("managing/alliances.html", context)


class OneAlliance(SettingsPage):
    """One alliance: what it is, who belongs to it, and what was changed."""

    def get(self, request: HttpRequest, alliance_id: UUID) -> HttpResponse:
        """Show it; 404 for one that the post's institution has nothing to do with."""
        row = found(self, alliance_id)
        terms = networks.terms(row.pk)
        specialty = catalogue.specialties().get(row.specialty or "")
        context = {
            "row": row,
            "specialty": specialty,
            "terms": terms,
            "edits": may_edit_alliance(self.actor, row.pk),
            "founds": may_edit_directory(self.actor),
            "changes": told(networks.changes(row.pk, terms)),
        }
        return self.show("managing/alliance.html", context)


def found(page: SettingsPage, alliance_id: UUID) -> Alliance:
    """Return an alliance that the post of a page may look at; 404 for any other as for none."""
    row = networks.alliance(alliance_id, page.actor, timezone.localdate())
    if row is None:
        raise Http404
    return row


class AllianceDeed(DeedPage):
    """A page that changes one alliance."""

    # Whether the manager at the lead may do it too.
    by_its_manager = True

    def alliance(self, alliance_id: UUID) -> Alliance:
        """Return the alliance; refuses whoever may not change it."""
        row = found(self, alliance_id)
        may = may_edit_directory(self.actor)
        self.demand(may or (self.by_its_manager and may_edit_alliance(self.actor, row.pk)))
        return row

    def about(self, row: Alliance, **words: Any) -> Deed:
        """Return a deed that leads back to the page of the alliance."""
        place = page_of(row)
        return Deed(address=place, way=above((place, row.name)), **words)


class NewAlliance(DeedPage):
    """Founds an alliance."""

    def deed(self, **ids: UUID) -> Deed:
        """Ask for all that it is."""
        self.demand(may_edit_directory(self.actor))
        return Deed(
            title=_("Found an alliance"),
            form=NewAllianceForm,
            perform=lambda said: create_alliance(by=self.actor, **dict(said)),
            address=page_of,
            said=_("The alliance is founded; its lead is its first member."),
            way=above(),
            initial={"starts": timezone.localdate()},
        )


class EditAlliance(AllianceDeed):
    """Changes what may be said of an alliance at any time."""

    def deed(self, **ids: UUID) -> Deed:
        """Ask with what is written now."""
        row = self.alliance(ids["alliance_id"])
        return self.about(
            row,
            title=_("Change the alliance"),
            form=AlterAllianceForm if may_edit_directory(self.actor) else OwnAllianceForm,
            perform=lambda said: alter_alliance(row.pk, by=self.actor, **dict(said)),
            said=_("The alliance is changed."),
            initial={
                "name": row.name,
                "parent": row.parent.name if row.parent else "",
                "specialty": row.specialty or "",
                "allows_lateral": row.allows_lateral,
            },
        )


class Join(AllianceDeed):
    """Makes an institution a member."""

    def deed(self, **ids: UUID) -> Deed:
        """Ask who, where in the tree, since when."""
        row = self.alliance(ids["alliance_id"])
        return self.about(
            row,
            title=_("Add a member"),
            form=JoinForm,
            perform=lambda said: join_alliance(row.pk, by=self.actor, **dict(said)),
            said=_("The institution is a member now."),
            note=_("From that day on it refers to the other members, and they to it."),
            initial={"starts": timezone.localdate()},
        )


class Leave(AllianceDeed):
    """Ends the term of a member."""

    def deed(self, **ids: UUID) -> Deed:
        """Ask from when on."""
        row = self.alliance(ids["alliance_id"])
        term: Membership | None = networks.term(row.pk, ids["membership_id"])
        if term is None:
            raise Http404
        return self.about(
            row,
            title=_("End the membership"),
            form=LastDayForm,
            perform=lambda said: leave_alliance(term.pk, by=self.actor, on=said["ends"]),
            said=_("The membership is ended."),
            note=_("%(name)s: what is under way goes on, nothing new is sent.")
            % {"name": term.facility.name},
            ends=True,
        )


class ChangeLead(AllianceDeed):
    """Hands the lead to another institution."""

    by_its_manager = False

    def deed(self, **ids: UUID) -> Deed:
        """Ask to whom and since when."""
        row = self.alliance(ids["alliance_id"])
        return self.about(
            row,
            title=_("Change the lead"),
            form=LeadForm,
            perform=lambda said: change_lead(row.pk, by=self.actor, **dict(said)),
            said=_("The lead is changed."),
            note=_("The former lead stays a member. Its managers look over the alliance no more."),
            initial={"on": timezone.localdate()},
        )


class Dissolve(AllianceDeed):
    """Ends an alliance with all its memberships."""

    by_its_manager = False

    def deed(self, **ids: UUID) -> Deed:
        """Ask from when on."""
        row = self.alliance(ids["alliance_id"])
        return self.about(
            row,
            title=_("Dissolve the alliance"),
            form=LastDayForm,
            perform=lambda said: end_alliance(row.pk, by=self.actor, on=said["ends"]),
            said=_("The alliance is dissolved on that day."),
            note=_("Every membership ends with it. What is under way goes on."),
            ends=True,
        )
