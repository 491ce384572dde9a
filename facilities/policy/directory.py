"""Says who may change the directory; every action asks here first."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from accounts.permissions import Role


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
