"""Reads the alliances of a manager: by name, with their members, as the tree they are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Generic, TypeVar
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.actors import Actor
from facilities import hierarchy, names
from facilities.models import (
    Alliance,
    DirectoryChange,
    Facility,
    Membership,
    Region,
    Relation,
    Subject,
)
from facilities.models.dated import in_force
from facilities.policy.directory import may_edit_directory
from facilities.vocabulary import MembershipRole

Row = TypeVar("Row")

# What a page of one alliance shows of each.
MOST = 500
NEWEST = 30
# How many are named when what was typed means several.
CANDIDATES = 6


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


def alliances(by: Actor, on: date, *, text: str = "", over: bool = False) -> QuerySet[Alliance]:
    """Return the alliances that a post may look at on a day, or those that are over.

    They are those around its institution and those that it ever belonged to; for a system administrator all.
    """
    ended = Q(ends__isnull=False, ends__lte=on)
    rows = Alliance.objects.filter(ended if over else ~ended).select_related("lead")
    if not may_edit_directory(by):
        around = hierarchy.alliances_around(by.place, on)
        rows = rows.filter(Q(pk__in=around) | Q(memberships__facility=by.place)).distinct()
    return rows.filter(name__icontains=text) if text else rows


def alliance(alliance_id: UUID, by: Actor, on: date) -> Alliance | None:
    """Return an alliance that a post may look at, in force or over."""
    for over in (False, True):
        found = alliances(by, on, over=over).select_related("parent").filter(pk=alliance_id).first()
        if found is not None:
            return found
    return None


def terms(alliance_id: UUID) -> list[Membership]:
    """Return the terms of the members of an alliance: the lead first, what holds before what is over."""
    rows = Membership.objects.filter(alliance=alliance_id)
    found = rows.select_related("facility", "parent_facility").order_by("-starts", "id")[:MOST]
    return sorted(
        found,
        key=lambda row: (
            row.ends is not None,
            row.role != MembershipRole.LEAD,
            row.facility.pinyin,
        ),
    )


def term(alliance_id: UUID, membership_id: UUID) -> Membership | None:
    """Return one term of a member of an alliance."""
    rows = Membership.objects.select_related("facility", "alliance")
    return rows.filter(alliance=alliance_id, pk=membership_id).first()


def changes(alliance_id: UUID, terms: Iterable[Membership]) -> list[DirectoryChange]:
    """Return the newest changes of an alliance and of the terms of its members, with who made them."""
    objects = [alliance_id, *(row.pk for row in terms)]
    rows = DirectoryChange.objects.filter(
        object_id__in=objects, subject__in=(Subject.ALLIANCE, Subject.MEMBERSHIP)
    )
    return list(rows.select_related("by").order_by("-at", "-id")[:NEWEST])


def relation(facility_id: UUID, relation_id: UUID) -> Relation | None:
    """Return one bond of an institution, on either side."""
    sides = Q(from_facility=facility_id) | Q(to_facility=facility_id)
    rows = Relation.objects.select_related("from_facility", "to_facility")
    return rows.filter(sides, pk=relation_id).first()


@dataclass(frozen=True, slots=True)
class Meant(Generic[Row]):
    """What somebody means by a code or a name: the rows that are called exactly so, else those that may be meant."""

    exactly: Sequence[Row]
    perhaps: Sequence[Row] = ()


def meant(text: str) -> Meant[Facility]:
    """Return the institutions that somebody means by a code or a name."""
    code = Facility.objects.filter(code=text.upper()).first()
    if code is not None:
        return Meant([code])
    exact = list(Facility.objects.filter(name=text).order_by("code")[:CANDIDATES])
    if exact:
        return Meant(exact)
    found = Facility.objects.filter(names.matching(text), is_active=True)
    return Meant([], list(found.order_by("pinyin", "id")[:CANDIDATES]))


def meant_alliances(text: str, on: date) -> Meant[Alliance]:
    """Return the alliances of a day that somebody means by a name."""
    rows = Alliance.objects.filter(~Q(ends__isnull=False, ends__lte=on)).select_related("lead")
    exact = list(rows.filter(name=text).order_by("id")[:CANDIDATES])
    if exact:
        return Meant(exact)
    return Meant([], list(rows.filter(name__icontains=text).order_by("name", "id")[:CANDIDATES]))


def meant_regions(text: str) -> Meant[Region]:
    """Return the regions that are still in use and that somebody means by a code or a name."""
    rows = Region.objects.filter(ended__isnull=True).order_by("code")
    exact = list(rows.filter(Q(code=text) | Q(name=text))[:CANDIDATES])
    if exact:
        return Meant(exact)
    return Meant([], list(rows.filter(name__startswith=text)[:CANDIDATES]))
