"""Says who may plan and alter the pools of a facility."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from accounts.permissions import Permission


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
