"""Says who may declare an event of public health, for which area, and end it."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from accounts.permissions import Permission, Role


def is_everywhere(by: Actor) -> bool:
    """Say whether the actor declares for any region or alliance: the system administrator."""
    return by.is_system or (by.role == Role.SYSTEM_ADMIN and by.can(Permission.EVENT_DECLARE))


def demand_area(by: Actor, alliance_id: UUID | None) -> None:
    """Let the manager of an alliance speak for it, the administrator for any area. Raises Refused."""
    own = alliance_id is not None and alliance_id in by.alliance_ids
    if not (is_everywhere(by) or (own and by.can(Permission.EVENT_DECLARE))):
        text = _("You may declare and end events of your own alliances only.")
        raise Refused("event-not-yours", text, kind=Kind.FORBIDDEN)
