"""Says who may change the directory; every action asks here first."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from accounts.permissions import Permission, Role


def may_edit_directory(by: Actor) -> bool:
    """Say whether `by` may make and change facilities, departments, posts and alliances."""
    return by.is_system or by.role == Role.SYSTEM_ADMIN


def may_edit_alliance(by: Actor, alliance_id: UUID) -> bool:
    """Say whether `by` may change the members of an alliance: also the manager at its lead."""
    return may_edit_directory(by) or (
        by.role == Role.ALLIANCE_MANAGER and alliance_id in by.alliance_ids
    )


def require(allowed: bool) -> None:
    """Raise the refusal of every action here that the caller may not do."""
    if not allowed:
        raise Refused(
            "directory-forbidden", _("You may not change the directory."), kind=Kind.FORBIDDEN
        )


def may_manage_capacity(by: Actor, facility_id: UUID) -> bool:
    """Say whether `by` may plan and alter the pools of this facility: its own people with the right."""
    here = by.facility_id == facility_id and by.can(Permission.CAPACITY_MANAGE)
    return by.is_system or here


def require_capacity(allowed: bool) -> None:
    """Raise the refusal of whoever may not change these pools."""
    if not allowed:
        raise Refused(
            "capacity-forbidden",
            _("You may not change the pools of this facility."),
            kind=Kind.FORBIDDEN,
        )
