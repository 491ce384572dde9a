"""Makes and changes facilities, their departments and what they can do."""

from datetime import date
from decimal import Decimal
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from facilities import catalogue
from facilities.actions import history
from facilities.actions.writing import end, locked, write
from facilities.models import Accreditation, Capability, Department, Facility, Subject
from facilities.models.dated import in_force
from facilities.policy.directory import (
    may_edit_details,
    may_edit_directory,
    may_edit_facility,
    require,
)

RATING = ("level", "grade", "tier", "starts", "ends")
OFFERED = ("code", "starts", "ends")


class FacilityDetails(TypedDict, total=False):
    """What may be said of a facility besides its code; `region` is a region's code."""

    name: str
    short_name: str
    uscc: str | None
    region: str
    category: str
    level: int
    grade: int
    tier: int
    ownership: str
    kind: str
    legal_person: UUID | None
    campus_name: str
    phone: str
    duty_phone: str
    address: str
    latitude: Decimal | None
    longitude: Decimal | None
    profile: str
    requires_internal_review: bool
    is_active: bool


class DepartmentDetails(TypedDict, total=False):
    """What may be said of a department; without a name it takes that of the national list."""

    name: str
    phone: str
    accepts: str
    is_active: bool


def _fill(facility: Facility, details: FacilityDetails) -> list[str]:
    """Set the given details and return the names of the model's fields that they touch."""
    for name, value in details.items():
        setattr(facility, f"{name}_id" if name in {"region", "legal_person"} else name, value)
    if "legal_person" in details:
        _check_campus(facility)
    return list(details)


def _check_campus(facility: Facility) -> None:
    """Refuse a campus of a campus: the legal person is the top."""
    main = facility.legal_person_id
    if main is None:
        return
    above = Facility.objects.filter(pk=main, legal_person__isnull=False).exists()
    below = Facility.objects.filter(legal_person=facility.pk).exists()
    if above or below:
        text = _("A campus belongs to a legal person that is not a campus itself.")
        raise Refused(
            "campus-of-campus", text, kind=Kind.INVALID, errors={"legal_person": [str(text)]}
        )


@transaction.atomic
def create_facility(*, by: Actor, code: str, **details: Unpack[FacilityDetails]) -> Facility:
    """Make a facility under its own code; name, region, category and tier are needed.

    Raises Refused: directory-forbidden, directory-invalid with the fields named, campus-of-campus.
    """
    require(may_edit_directory(by))
    facility = Facility(code=code)
    _fill(facility, details)
    write(facility)
    history.keep(
        facility,
        None,
        ("code", *details),
        by=by,
        facility_id=facility.pk,
        subject=Subject.FACILITY,
        label=facility.name,
    )
    return facility


@transaction.atomic
def alter_facility(facility_id: UUID, *, by: Actor, **details: Unpack[FacilityDetails]) -> Facility:
    """Change the given details of a facility; closing it is `is_active=False`. Raises Refused."""
    require(may_edit_details(by, facility_id, details))
    facility = locked(Facility.objects.all(), facility_id)
    before = history.state(facility, details)
    write(facility, _fill(facility, details))
    history.keep(
        facility,
        before,
        details,
        by=by,
        facility_id=facility.pk,
        subject=Subject.FACILITY,
        label=facility.name,
    )
    return facility


@transaction.atomic
def accredit(
    facility_id: UUID,
    *,
    by: Actor,
    level: int,
    grade: int,
    tier: int,
    starts: date,
    ends: date | None = None,
) -> Accreditation:
    """Record what a facility is from a day on; the accreditation then in force ends. Raises Refused."""
    require(may_edit_directory(by))
    facility = locked(Facility.objects.all(), facility_id)
    former = facility.accreditations.filter(in_force(starts), starts__lt=starts).first()
    if former is not None:
        former.ends = starts
        write(former, ["ends"])
    row = write(
        Accreditation(
            facility=facility, level=level, grade=grade, tier=tier, starts=starts, ends=ends
        )
    )
    history.keep(
        row,
        None,
        RATING,
        by=by,
        facility_id=facility.pk,
        subject=Subject.ACCREDITATION,
        label=facility.name,
    )
    return row


def _specialty_name(code: str) -> str:
    entry = catalogue.specialties().get(code)
    if entry is None:
        text = _("This code is not in the national list of treatment subjects.")
        raise Refused("unknown-specialty", text, kind=Kind.INVALID, errors={"code": [str(text)]})
    return entry.name


@transaction.atomic
def add_department(
    facility_id: UUID, *, by: Actor, code: str, **details: Unpack[DepartmentDetails]
) -> Department:
    """Open a department by its code in the national list, as 03.04. Raises Refused."""
    require(may_edit_directory(by))
    facility = locked(Facility.objects.all(), facility_id)
    name = _specialty_name(code)
    row = write(Department(facility=facility, code=code, **{"name": name, **details}))
    history.keep(
        row,
        None,
        ("code", "name", *(each for each in details if each != "name")),
        by=by,
        facility_id=facility.pk,
        subject=Subject.DEPARTMENT,
        label=row.name,
    )
    return row


@transaction.atomic
def alter_department(
    department_id: UUID, *, by: Actor, **details: Unpack[DepartmentDetails]
) -> Department:
    """Change the given details of a department; closing it is `is_active=False`. Raises Refused."""
    department = locked(Department.objects.all(), department_id)
    require(may_edit_facility(by, department.facility_id))
    before = history.state(department, details)
    for name, value in details.items():
        setattr(department, name, value)
    write(department, list(details))
    history.keep(
        department,
        before,
        details,
        by=by,
        facility_id=department.facility_id,
        subject=Subject.DEPARTMENT,
        label=department.name,
    )
    return department


@transaction.atomic
def add_capability(
    facility_id: UUID,
    *,
    by: Actor,
    code: str,
    starts: date,
    ends: date | None = None,
    department_id: UUID | None = None,
) -> Capability:
    """Record that a facility, or one of its departments, can do something. Raises Refused."""
    require(may_edit_facility(by, facility_id))
    facility = locked(Facility.objects.all(), facility_id)
    department = department_id and locked(facility.departments.all(), department_id)
    row = write(
        Capability(
            facility=facility, department=department or None, code=code, starts=starts, ends=ends
        )
    )
    _keep_capability(row, None, by)
    return row


@transaction.atomic
def end_capability(capability_id: UUID, *, by: Actor, on: date) -> Capability:
    """Record the first day without a capability. Raises Refused."""
    capability = locked(Capability.objects.all(), capability_id)
    require(may_edit_facility(by, capability.facility_id))
    before = history.state(capability, OFFERED)
    end(capability, on)
    _keep_capability(capability, before, by)
    return capability


def _keep_capability(row: Capability, before: dict[str, Any] | None, by: Actor) -> None:
    history.keep(
        row,
        before,
        OFFERED,
        by=by,
        facility_id=row.facility_id,
        subject=Subject.CAPABILITY,
        label=row.department.name if row.department else "",
    )
