"""Puts people to their posts and takes them off."""

from datetime import date
from uuid import UUID

from django.db import transaction

from accounts.actors import Actor
from facilities.actions.writing import end, locked, write
from facilities.models import Department, StaffPost
from facilities.policy import may_edit_directory, require


@transaction.atomic
def appoint(
    user_id: UUID,
    *,
    by: Actor,
    facility_id: UUID,
    role: str,
    starts: date,
    ends: date | None = None,
    department_id: UUID | None = None,
    title: str = "",
) -> StaffPost:
    """Give a person a role at a facility for a term; several posts a person are normal.

    Raises Refused: directory-forbidden, directory-invalid, directory-missing for a department of
    another facility.
    """
    require(may_edit_directory(by))
    departments = Department.objects.filter(facility=facility_id)
    department = locked(departments, department_id) if department_id else None
    return write(
        StaffPost(
            user_id=user_id,
            facility_id=facility_id,
            department=department,
            role=role,
            title=title,
            starts=starts,
            ends=ends,
        )
    )


@transaction.atomic
def end_post(post_id: UUID, *, by: Actor, on: date) -> StaffPost:
    """Record the first day on which a person no longer holds a post. Raises Refused."""
    require(may_edit_directory(by))
    return end(locked(StaffPost.objects.all(), post_id), on)
