"""Reads the directory as managers look at it: closed ones too, terms that are over, and what was changed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.actors import Actor
from facilities import hierarchy, names
from facilities.models import (
    Accreditation,
    Capability,
    Department,
    DirectoryChange,
    Facility,
    Membership,
    Relation,
    StaffPost,
)
from facilities.models.dated import in_force
from facilities.policy.directory import may_edit_directory
from facilities.queries import directory
from facilities.queries.directory import tier_is
from facilities.vocabulary import AllianceForm

# What a page of one institution shows of each; the oldest rows beyond are in the trail.
MOST = 200
NEWEST = 30


@dataclass(frozen=True, slots=True)
class Asked:
    """What narrows the list; empty means any. `form` is that of an alliance."""

    text: str = ""
    tier: int | None = None
    form: str = ""
    closed: bool = False


def institutions(asked: Asked, by: Actor, on: date) -> QuerySet[Facility]:
    """Return the institutions of the actor's alliances on a day; for a system administrator all.

    The actor's own is always among them. Closed ones are a list of their own.
    """
    found = Facility.objects.filter(is_active=not asked.closed).select_related("region")
    if not may_edit_directory(by):
        around = hierarchy.alliances_around(by.place, on)
        found = found.filter(Q(pk=by.place) | Q(pk__in=_members(around, asked.form, on)))
    elif asked.form:
        found = found.filter(pk__in=_members(None, asked.form, on))
    if asked.text:
        found = found.filter(names.matching(asked.text))
    if asked.tier is not None:
        found = found.filter(tier_is(asked.tier, on))
    return found


def _members(
    alliance_ids: Collection[UUID] | None, form: str, on: date
) -> QuerySet[Membership, Any]:
    """Return the institutions of these alliances, or of any, and of one form where it is asked for."""
    terms = Membership.objects.filter(in_force(on), in_force(on, path="alliance__"))
    if alliance_ids is not None:
        terms = terms.filter(alliance__in=alliance_ids)
    if form in AllianceForm.values:
        terms = terms.filter(form=form)
    return terms.values("facility")


def is_shown(facility: Facility, by: Actor, on: date) -> bool:
    """Say whether the page of an institution is for this post: its list has it, open or closed."""
    asked = Asked(closed=not facility.is_active)
    return institutions(asked, by, on).filter(pk=facility.pk).exists()


def departments(facility_id: UUID) -> list[Department]:
    """Return all departments of an institution, closed ones last."""
    rows = Department.objects.filter(facility=facility_id)
    return list(rows.order_by("-is_active", "code", "id")[:MOST])


def department(facility_id: UUID, department_id: UUID) -> Department | None:
    """Return one department of an institution."""
    return Department.objects.filter(facility=facility_id, pk=department_id).first()


def capabilities(facility_id: UUID) -> list[Capability]:
    """Return what an institution can, could and will be able to do; what holds comes first."""
    rows = Capability.objects.filter(facility=facility_id).select_related("department")
    return sorted(
        rows.order_by("code", "-starts", "id")[:MOST], key=lambda row: row.ends is not None
    )


def capability(facility_id: UUID, capability_id: UUID) -> Capability | None:
    """Return one capability of an institution."""
    rows = Capability.objects.select_related("department")
    return rows.filter(facility=facility_id, pk=capability_id).first()


def accreditations(facility_id: UUID) -> list[Accreditation]:
    """Return what an institution was and is, the newest first."""
    return list(Accreditation.objects.filter(facility=facility_id).order_by("-starts")[:MOST])


def memberships(facility_id: UUID) -> list[Membership]:
    """Return the terms of an institution in alliances, the newest first."""
    rows = Membership.objects.filter(facility=facility_id)
    return list(rows.select_related("alliance", "parent_facility").order_by("-starts", "id")[:MOST])


def relations(facility_id: UUID) -> list[Relation]:
    """Return the bonds of an institution on both sides, the newest first."""
    rows = Relation.objects.filter(Q(from_facility=facility_id) | Q(to_facility=facility_id))
    both = rows.select_related("from_facility", "to_facility")
    return list(both.order_by("-starts", "id")[:MOST])


def campuses(facility: Facility) -> list[Facility]:
    """Return the other sites of the same legal person."""
    main = facility.legal_person_id or facility.pk
    rows = Facility.objects.filter(Q(legal_person=main) | Q(pk=main)).exclude(pk=facility.pk)
    return list(rows.order_by("pinyin", "id")[:MOST])


def changes(facility_id: UUID, subjects: Collection[str]) -> list[DirectoryChange]:
    """Return the newest changes of an institution's rows of these kinds, with who made them."""
    rows = DirectoryChange.objects.filter(facility=facility_id, subject__in=subjects)
    return list(rows.select_related("by").order_by("-at", "-id")[:NEWEST])


def posts(
    facility_id: UUID, on: date, *, text: str = "", over: bool = False
) -> QuerySet[StaffPost]:
    """Return the posts of an institution that hold or are planned on a day; with `over` those that are over."""
    ended = Q(ends__isnull=False, ends__lte=on)
    rows = StaffPost.objects.filter(ended if over else ~ended, facility=facility_id)
    if text:
        rows = rows.filter(user__in=directory.users_matching(text))
    return rows.select_related("user", "department")


def post(facility_id: UUID, post_id: UUID) -> StaffPost | None:
    """Return one post of an institution."""
    rows = StaffPost.objects.select_related("user", "department")
    return rows.filter(facility=facility_id, pk=post_id).first()


def has_worked_here(user_id: UUID, facility_id: UUID) -> bool:
    """Say whether a person holds, held or will hold a post at an institution."""
    return StaffPost.objects.filter(user=user_id, facility=facility_id).exists()
