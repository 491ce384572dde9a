"""Says who reports which figures, and who reads them."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from accounts.permissions import Permission, Role
from facilities.queries.directory import region_prefix

# Who reports of regions, and of no institution for working there.
OF_REGIONS: Final = frozenset({Role.SYSTEM_ADMIN, Role.HEALTH_AUTHORITY})


def may_report(by: Actor) -> bool:
    """Say whether `by` may report any figures at all."""
    return by.is_system or by.can(Permission.FIGURES_REPORT)


def reports_regions(by: Actor) -> bool:
    """Say whether `by` reports the figures of any regions."""
    return regions_reported(by) is not None


def regions_reported(by: Actor) -> str | None:
    """Return what the codes of the regions begin with whose figures `by` reports, None where of none.

    The system administrator, who keeps the directory, reports of all; a health authority of its own and those below.
    """
    if by.is_system or (by.role == Role.SYSTEM_ADMIN and may_report(by)):
        return ""
    return region_prefix(by.region) if by.region is not None and may_report(by) else None


def reports_facility(by: Actor, facility_id: UUID, members: Collection[UUID]) -> bool:
    """Say whether `by` reports the figures of an institution.

    Its own manager or office does, and who looks over an alliance for those that are `members` today.
    """
    if by.is_system:
        return True
    if by.role == Role.ALLIANCE_MANAGER:
        return may_report(by) and facility_id in members
    own = by.facility_id == facility_id and by.role not in OF_REGIONS
    return own and may_report(by)


def reports_terms_of(by: Actor, facility_id: UUID, region: str, members: Collection[UUID]) -> bool:
    """Say whether `by` reports whom an institution (in a region of this code) sends down: itself, or its region's."""
    prefix = regions_reported(by)
    of_region = prefix is not None and region.startswith(prefix)
    return of_region or reports_facility(by, facility_id, members)


def reads_facility(by: Actor, facility_id: UUID, members: Collection[UUID]) -> bool:
    """Say whether `by` reads the figures of an institution: who reports them."""
    return reports_facility(by, facility_id, members)


def reads_regions(by: Actor) -> bool:
    """Say whether `by` reads the figures of any regions."""
    return regions_read(by) is not None


def regions_read(by: Actor) -> str | None:
    """Return what the codes of the regions begin with whose figures `by` reads, None where of none.

    Who looks over an alliance reads all, since its rates hang on them; others read what they report.
    """
    return "" if by.can(Permission.ALLIANCE_VIEW) else regions_reported(by)


def demand_report(by: Actor) -> None:
    """Refuse whoever reports nothing. Raises Refused."""
    if not may_report(by):
        raise Refused("volumes-forbidden", _("Your post reports no figures."), kind=Kind.FORBIDDEN)
