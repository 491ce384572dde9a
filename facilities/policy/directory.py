"""Says who may change the directory; every action asks here first."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from accounts.permissions import Permission, Role

# What an institution says of itself. Its place in the system of levels, its numbers and whether it is open
# decide where patients go, and are for the system administrator.
OWN_DETAILS: Final = frozenset(
    {
        "name",
        "short_name",
        "campus_name",
        "address",
        "phone",
        "duty_phone",
        "profile",
        "requires_internal_review",
    }
)
# Roles that the manager or the office of an institution gives at home. Whoever looks over an alliance, over
# rights or over the trail is put there by the system administrator.
HOME_ROLES: Final = frozenset(
    {Role.CLINIC_DOCTOR, Role.CLINIC_MANAGER, Role.HOSPITAL_DOCTOR, Role.REFERRAL_OFFICE}
)


def may_edit_directory(by: Actor) -> bool:
    """Say whether `by` may make and change facilities, departments, posts and alliances."""
    return by.is_system or by.role == Role.SYSTEM_ADMIN


def may_edit_facility(by: Actor, facility_id: UUID) -> bool:
    """Say whether `by` may change what a facility says of itself: its own manager or office, too."""
    own = by.facility_id == facility_id and by.can(Permission.FACILITY_EDIT)
    return own or may_edit_directory(by)


def may_edit_details(by: Actor, facility_id: UUID, names: Collection[str]) -> bool:
    """Say whether `by` may change these details of a facility."""
    if may_edit_directory(by):
        return True
    return OWN_DETAILS.issuperset(names) and may_edit_facility(by, facility_id)


def may_edit_alliance(by: Actor, alliance_id: UUID) -> bool:
    """Say whether `by` may change the members of an alliance: also the manager at its lead."""
    return may_edit_directory(by) or (
        by.role == Role.ALLIANCE_MANAGER and alliance_id in by.alliance_ids
    )


def may_assign_staff(by: Actor, facility_id: UUID) -> bool:
    """Say whether `by` may see and change the posts of a facility: its own manager or office, too."""
    own = by.facility_id == facility_id and by.can(Permission.STAFF_ASSIGN)
    return own or may_edit_directory(by)


def demand_assignment(by: Actor, facility_id: UUID, user_id: UUID, role: str) -> None:
    """Refuse a post that `by` may not give or end. Raises Refused.

    Nobody changes his own rights, and a manager gives no more than the roles of his house.
    """
    require(may_assign_staff(by, facility_id))
    if user_id in by.persons:
        text = _("A colleague with this right does this for you: nobody changes his own posts.")
        raise Refused("post-own", text, kind=Kind.FORBIDDEN)
    if role not in HOME_ROLES and not may_edit_directory(by):
        text = _("Only the system administrator gives and ends this role.")
        raise Refused("post-role-forbidden", text, kind=Kind.FORBIDDEN)


def require(allowed: bool) -> None:
    """Raise the refusal of every action here that the caller may not do."""
    if not allowed:
        raise Refused(
            "directory-forbidden", _("You may not change the directory."), kind=Kind.FORBIDDEN
        )
