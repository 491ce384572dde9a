"""Reads the directory for everybody else: lists, single rows and the sets that rights hang on."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from accounts.rows import known
from facilities import names
from facilities.models import (
    Accreditation,
    Alliance,
    Capability,
    Department,
    Facility,
    Membership,
    Region,
    StaffPost,
)
from facilities.models.dated import in_force
from facilities.vocabulary import NATION, RegionLevel

_PLACES: Final = """
SELECT id, name, requires_internal_review, NULL::uuid, is_active FROM facilities_facility
WHERE id = ANY(%(ids)s)
UNION ALL
SELECT id, name, NULL, facility_id, is_active FROM facilities_department WHERE id = ANY(%(ids)s)
"""


def places(ids: Iterable[UUID | None]) -> dict[UUID, Facility | Department]:
    """Return facilities and departments by id in one statement, with little more than their names.

    A facility knows whether it reviews referrals, a department its facility; both whether they are
    active. Any other field is read from the database when somebody asks for it.
    """
    wanted = list({each for each in ids if each is not None})
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, {"ids": wanted})
        rows = cursor.fetchall()
    return {row[0]: _place(row) for row in rows}


def _place(row: tuple[Any, ...]) -> Facility | Department:
    pk, name, reviews, facility_id, is_active = row
    if facility_id is not None:
        return known(Department, id=pk, name=name, facility_id=facility_id, is_active=is_active)
    return known(Facility, id=pk, name=name, requires_internal_review=reviews, is_active=is_active)


def region_prefix(code: str) -> str:
    """Return what the codes of a region's parts begin with: 310000 → 31, 310115 → 310115, the nation → nothing."""
    if code == NATION:
        return ""
    if len(code) > 6:
        return code.removesuffix("000") if len(code) == 12 else code
    return code[:2] if code.endswith("0000") else code.removesuffix("00")


def tier_is(tier: int, on: date) -> Q:
    """Return the condition that a facility is of this tier on a day."""
    then = Accreditation.objects.filter(in_force(on), facility=OuterRef("pk"))
    return Q(Exists(then.filter(tier=tier))) | (Q(tier=tier) & Q(~Exists(then)))


def _terms(alliance_id: UUID, on: date) -> QuerySet[Membership]:
    """Return the memberships of an alliance in force on a day; an alliance that is over has none."""
    return Membership.objects.filter(
        in_force(on), in_force(on, path="alliance__"), alliance=alliance_id
    )


def _member_of(alliance_id: UUID, on: date) -> Q:
    return Q(pk__in=_terms(alliance_id, on).values("facility"))


def _has_specialty(code: str) -> Q:
    offered = Department.objects.filter(is_active=True).filter(
        Q(code=code) | Q(code__startswith=f"{code}.")
    )
    return Q(Exists(offered.filter(facility=OuterRef("pk"))))


def _has_capability(code: str, on: date) -> Q:
    return Q(Exists(Capability.objects.filter(in_force(on), code=code, facility=OuterRef("pk"))))


def directory(filters: Mapping[str, Any], on: date) -> QuerySet[Facility]:
    """Return active facilities that match every given filter on a day.

    Filters: alliance (id), tier (number of that day), region (code, with its parts), specialty (code
    of a treatment subject, with its parts), capability (code), text (name, pinyin, initials, code).
    """
    conditions = {
        "alliance": lambda value: _member_of(value, on),
        "tier": lambda value: tier_is(value, on),
        "region": lambda value: Q(region__code__startswith=region_prefix(value)),
        "specialty": _has_specialty,
        "capability": lambda value: _has_capability(value, on),
        "text": names.matching,
    }
    found = Facility.objects.filter(is_active=True)
    for name, condition in conditions.items():
        value = filters.get(name)
        if value is not None and value != "":
            found = found.filter(condition(value))
    return found.select_related("region")


def facility(facility_id: UUID) -> Facility | None:
    """Return one facility, active or not, with its region and legal person."""
    return Facility.objects.select_related("region", "legal_person").filter(pk=facility_id).first()


def accreditations(facility_ids: Iterable[UUID], on: date) -> dict[UUID, Accreditation]:
    """Return the accreditation in force on a day of each facility that has one."""
    rows = Accreditation.objects.filter(in_force(on), facility__in=list(facility_ids))
    return {row.facility_id: row for row in rows}


def capabilities(facility_ids: Iterable[UUID], on: date) -> dict[UUID, list[str]]:
    """Return the capability codes in force of each facility, sorted; one SQL statement."""
    rows = (
        Capability.objects.filter(in_force(on), facility__in=list(facility_ids))
        .values_list("facility_id", "code")
        .distinct()
        .order_by("facility_id", "code")
    )
    found: dict[UUID, list[str]] = {}
    for facility_id, code in rows:
        found.setdefault(facility_id, []).append(code)
    return found


def is_able(facility_id: UUID, capability: str, on: date) -> bool:
    """Say whether a facility has a capability on a day."""
    rows = Capability.objects.filter(in_force(on), facility=facility_id, code=capability)
    return rows.exists()


def department_capabilities(facility_id: UUID, on: date) -> dict[UUID, list[str]]:
    """Return the capability codes in force by department of one facility."""
    rows = (
        Capability.objects.filter(in_force(on), facility=facility_id, department__isnull=False)
        .values_list("department_id", "code")
        .order_by("code")
    )
    found: dict[UUID, list[str]] = {}
    for department_id, code in rows:
        if department_id is not None:
            found.setdefault(department_id, []).append(code)
    return found


def departments(facility_id: UUID) -> QuerySet[Department]:
    """Return the active departments of a facility."""
    return Department.objects.filter(facility=facility_id, is_active=True)


def department_names(facility_ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """Return the names of the active departments of each facility, by treatment subject; one statement."""
    rows = Department.objects.filter(facility__in=list(facility_ids), is_active=True)
    found: dict[UUID, list[str]] = {}
    for facility_id, name in rows.order_by("code", "id").values_list("facility_id", "name"):
        found.setdefault(facility_id, []).append(name)
    return found


def department(department_id: UUID) -> Department | None:
    """Return one department with its facility."""
    return Department.objects.select_related("facility").filter(pk=department_id).first()


def alliances(filters: Mapping[str, Any], on: date) -> QuerySet[Alliance]:
    """Return the alliances in force on a day; filters: form, facility (a member's id), text."""
    found = Alliance.objects.filter(in_force(on))
    if filters.get("form"):
        found = found.filter(form=filters["form"])
    if filters.get("facility"):
        terms = Membership.objects.filter(in_force(on), facility=filters["facility"])
        found = found.filter(pk__in=terms.values("alliance"))
    if filters.get("text"):
        found = found.filter(name__icontains=filters["text"])
    return found.select_related("lead")


def alliance(alliance_id: UUID) -> Alliance | None:
    """Return one alliance, in force or not, with its lead."""
    return Alliance.objects.select_related("lead").filter(pk=alliance_id).first()


def is_member(facility_id: UUID, alliance_id: UUID, on: date) -> bool:
    """Say whether a facility belongs to an alliance itself on a day."""
    return _terms(alliance_id, on).filter(facility=facility_id).exists()


def posts_of(user_id: UUID, on: date) -> QuerySet[StaffPost]:
    """Return a person's posts in force on a day, the oldest first, with facility and department."""
    return (
        StaffPost.objects.filter(in_force(on), user=user_id)
        .select_related("facility", "department")
        .order_by("starts", "id")
    )


def provinces() -> list[tuple[str, str]]:
    """Return code and name of each province."""
    rows = Region.objects.filter(level=RegionLevel.PROVINCE).order_by("code")
    return list(rows.values_list("code", "name"))


def facility_ids_by_code(start: str) -> QuerySet[Facility, Any]:
    """Return the ids of the facilities whose code begins so, to be used in a condition."""
    return Facility.objects.filter(code__startswith=start.upper()).values("id")


def facility_matches(text: str, field: str = "facility") -> Q:
    """Return the condition that a row's facility is found by this text."""
    found = Facility.objects.filter(names.matching(text)).values("id")
    return Q(**{f"{field}__in": found})


def person_starts(text: str) -> Q:
    """Return the condition that a person's user name or full name begins so."""
    return Q(username__startswith=text) | Q(full_name__startswith=text)


def users_matching(text: str) -> QuerySet[User, Any]:
    """Return the ids of the people whose names begin so, to be used in a condition."""
    return User.objects.filter(person_starts(text)).values("id")
