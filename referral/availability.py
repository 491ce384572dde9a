"""Answers where a referral could still go: the earliest free appointment, and idle equipment of others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import IntegerField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.lookups import GreaterThan
from django.utils import timezone

from facilities import capacity, hierarchy
from facilities.models import Pool
from facilities.vocabulary import HIGHEST_PRIMARY_TIER, PoolKind

# The inner query walks the index of one facility in the order of time and stops at the first session with
# a place; OFFSET 0 keeps the count from being asked for sessions behind it.
_EARLIEST: Final = """
SELECT way.to_facility_id, opening.id, opening.department_id, opening.starts_at, opening.free
FROM facilities_routes(%(sender)s, %(facilities)s::uuid[], %(today)s, NULL) way
CROSS JOIN LATERAL (
    SELECT * FROM (
        SELECT p.id, p.department_id, p.starts_at,
               referral_places_free(p, way.from_tier <= %(primary)s, %(now)s) AS free
        FROM facilities_pool p
        WHERE p.facility_id = way.to_facility_id AND p.kind = 'slot'
          AND p.starts_at >= %(start)s AND p.starts_at < %(until)s AND p.opens_at <= %(now)s
          AND (%(code)s::text IS NULL OR EXISTS (
            SELECT 1 FROM facilities_department d WHERE d.id = p.department_id
              AND (d.code = %(code)s::text OR starts_with(d.code, %(code)s::text || '.'))))
        ORDER BY p.starts_at, p.id OFFSET 0
    ) session WHERE session.free > 0 ORDER BY session.starts_at, session.id LIMIT 1
) opening
WHERE way.alliance_id IS NOT NULL AND way.to_is_active
"""


@dataclass(frozen=True, slots=True)
class Opening:
    """The earliest session of a facility with a place for the sender that asked; `free` are places."""

    pool_id: UUID
    department_id: UUID
    starts_at: datetime
    free: int


def earliest(
    facility_ids: Sequence[UUID],
    *,
    department_code: str | None,
    sender: UUID,
    start: datetime,
    until: datetime,
) -> dict[UUID, Opening]:
    """Return the earliest free appointment from `start` on and before `until`, by facility; one statement.

    A facility without one, or in no alliance with the sender today, is not in the answer. The share
    reserved for primary care counts only for a sender of that tier. `department_code` is one of the
    national list and stands for its parts too.
    """
    if not facility_ids:
        return {}
    now = timezone.now()
    values: dict[str, Any] = {
        "sender": sender,
        "facilities": list(facility_ids),
        "today": timezone.localdate(now),
        "primary": int(HIGHEST_PRIMARY_TIER),
        "now": now,
        "start": max(start, now),
        "until": until,
        "code": department_code,
    }
    with connection.cursor() as cursor:
        cursor.execute(_EARLIEST, values)
        return {row[0]: Opening(*row[1:]) for row in cursor.fetchall()}


def _free(primary: bool, at: datetime) -> RawSQL:
    count = "referral_places_free(facilities_pool, %s, %s)"
    return RawSQL(count, (primary, at), output_field=IntegerField())  # noqa: S611 - a constant


def counted(pools: QuerySet[Pool], *, primary: bool, at: datetime) -> QuerySet[Pool, Any]:
    """Annotate pools with `free`: the places that such a sender could take at this moment."""
    annotated: QuerySet[Pool, Any] = pools.annotate(free=_free(primary, at))
    return annotated


def with_free(pools: QuerySet[Pool], *, primary: bool, at: datetime) -> QuerySet[Pool, Any]:
    """Return those pools, counted, that have a place for such a sender."""
    return counted(pools, primary=primary, at=at).filter(GreaterThan(_free(primary, at), 0))


def free_of(pool: Pool, *, primary: bool, at: datetime) -> int:
    """Return how many places of one pool such a sender could take at this moment."""
    row: Any = counted(Pool.objects.filter(pk=pool.pk), primary=primary, at=at).get()
    free: int = row.free
    return free


def bookable(facility_id: UUID, *, sender: UUID | None, at: datetime) -> QuerySet[Pool, Any]:
    """Return the sessions of a facility in which a sender could take a place now, counted.

    A facility sees all of its own, full ones and those not open yet as well. Without a common alliance
    there are none. Shared equipment is there for the members of its alliance.
    """
    shown = Pool.objects.filter(facility=facility_id).select_related("department")
    if sender == facility_id:
        return counted(shown, primary=True, at=at)
    today = timezone.localdate(at)
    way = hierarchy.route(sender, facility_id, today) if sender else None
    if sender is None or way is None or way.alliance_id is None:
        return counted(shown.none(), primary=False, at=at)
    mine = capacity.memberships(sender, today)
    offered = shown.filter(Q(alliance__isnull=True) | Q(alliance__in=mine))
    open_now = offered.filter(opens_at__lte=at, starts_at__gt=at)
    return with_free(open_now, primary=capacity.is_primary(way.from_tier), at=at)


def offered(
    alliance_ids: Sequence[UUID], *, start: datetime, at: datetime, capability: str = ""
) -> QuerySet[Pool, Any]:
    """Return the sessions with places on equipment that members of these alliances share, counted."""
    pools = Pool.objects.filter(
        kind=PoolKind.EQUIPMENT,
        alliance__in=list(alliance_ids),
        starts_at__gte=max(start, at),
        opens_at__lte=at,
    )
    wanted = pools.filter(capability=capability) if capability else pools
    return with_free(wanted.select_related("department"), primary=True, at=at)
