"""Says who administers whose sign-in: the security administrator of a facility its staff, and not himself."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from accounts.permissions import Permission


def demand_administration(by: Actor, user_id: UUID) -> None:
    """Refuse whoever is no security administrator, and a person's own sign-in. Raises Refused."""
    if by.is_system:
        return
    if not by.can(Permission.ACCESS_MANAGE) or by.for_user_id is not None:
        text = _("Only a security administrator may do this.")
        raise Refused("access-forbidden", text, kind=Kind.FORBIDDEN)
    if by.user_id == user_id:
        text = _("Another security administrator does this for you.")
        raise Refused("access-own", text, kind=Kind.FORBIDDEN)
