"""Reads the alliances of a manager: by name, with their members, as the tree they are."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from facilities.models import Alliance, Facility, Membership
from facilities.models.dated import in_force


@dataclass(slots=True)
class Branch:
    """An alliance with its members, the lead first, then by tier; and those nested in it."""

    alliance: Alliance
    members: list[Facility] = field(default_factory=list)
    nested: list["Branch"] = field(default_factory=list)


def named(alliance_ids: Iterable[UUID], on: date) -> list[Alliance]:
    """Return those of these alliances that are in force on a day, by name."""
    found = Alliance.objects.filter(in_force(on), pk__in=list(alliance_ids))
    return list(found.order_by("name", "id"))


def member_names(alliance_id: UUID, on: date) -> list[tuple[UUID, str]]:
    """Return id and name of each member of an alliance on a day, by name."""
    rows = Membership.objects.filter(in_force(on), alliance=alliance_id)
    names = rows.values_list("facility_id", "facility__name").distinct()
    return list(names.order_by("facility__name", "facility_id"))


def tree(alliance_ids: Iterable[UUID], on: date) -> list[Branch]:
    """Return these alliances with their members of a day, each under its parent where that is among them.

    Two statements, however many alliances there are.
    """
    found = Alliance.objects.filter(in_force(on), pk__in=list(alliance_ids)).order_by("name", "id")
    branches = {row.pk: Branch(row) for row in found}
    memberships = Membership.objects.filter(in_force(on), alliance__in=list(branches))
    for row in memberships.select_related("facility").order_by("facility__name", "id"):
        branches[row.alliance_id].members.append(row.facility)
    for branch in branches.values():
        lead = branch.alliance.lead_id
        branch.members.sort(key=lambda each: (each.pk != lead, -each.tier))
    roots: list[Branch] = []
    for branch in branches.values():
        above = branches.get(branch.alliance.parent_id) if branch.alliance.parent_id else None
        (above.nested if above else roots).append(branch)
    return roots
