"""Says who may declare an event of public health, for which area, and end it."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from accounts.permissions import Permission, Role


def is_everywhere(by: Actor) -> bool:
    """Say whether the actor declares for any region or alliance: the system administrator."""
    return by.is_system or (by.role == Role.SYSTEM_ADMIN and by.can(Permission.EVENT_DECLARE))


def may_declare(by: Actor) -> bool:
    """Say whether the actor may declare an event for any area at all."""
    return is_everywhere(by) or (bool(by.alliance_ids) and by.can(Permission.EVENT_DECLARE))


def may_speak_for(by: Actor, alliance_id: UUID | None) -> bool:
    """Say whether the actor declares and ends events of an alliance, or with None of a region."""
    own = alliance_id is not None and alliance_id in by.alliance_ids
    return is_everywhere(by) or (own and by.can(Permission.EVENT_DECLARE))


def demand_area(by: Actor, alliance_id: UUID | None) -> None:
    """Let the manager of an alliance speak for it, the administrator for any area. Raises Refused."""
    if not may_speak_for(by, alliance_id):
        text = _("You may declare and end events of your own alliances only.")
        raise Refused("event-not-yours", text, kind=Kind.FORBIDDEN)
