"""Says who reports which figures, and who reads them."""

from collections.abc import Collection
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from accounts.permissions import Permission, Role


def may_report(by: Actor) -> bool:
    """Say whether `by` may report any figures at all."""
    return by.is_system or by.can(Permission.FIGURES_REPORT)


def reports_regions(by: Actor) -> bool:
    """Say whether `by` reports the figures of regions: the system administrator, who keeps the directory."""
    return by.is_system or (by.role == Role.SYSTEM_ADMIN and may_report(by))


def reports_facility(by: Actor, facility_id: UUID, members: Collection[UUID]) -> bool:
    """Say whether `by` reports the figures of an institution.

    Its own manager or office does, and who looks over an alliance for those that are `members` today.
    """
    if by.is_system:
        return True
    if by.role == Role.ALLIANCE_MANAGER:
        return may_report(by) and facility_id in members
    own = by.facility_id == facility_id and by.role != Role.SYSTEM_ADMIN
    return own and may_report(by)


def reads_facility(by: Actor, facility_id: UUID, members: Collection[UUID]) -> bool:
    """Say whether `by` reads the figures of an institution: who reports them."""
    return reports_facility(by, facility_id, members)


def reads_regions(by: Actor) -> bool:
    """Say whether `by` reads the figures of regions: also who looks over an alliance, whose rates hang on them."""
    return reports_regions(by) or by.can(Permission.ALLIANCE_VIEW)


def demand_report(by: Actor) -> None:
    """Refuse whoever reports nothing. Raises Refused."""
    if not may_report(by):
        raise Refused("volumes-forbidden", _("Your post reports no figures."), kind=Kind.FORBIDDEN)
