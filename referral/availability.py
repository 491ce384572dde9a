"""Answers where a referral could still go: the earliest free appointment, and idle equipment of others."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import IntegerField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.lookups import GreaterThan
from django.utils import timezone

from accounts.ids import array_of
from facilities import capacity, hierarchy
from facilities.models import Pool
from facilities.vocabulary import HIGHEST_PRIMARY_TIER, PoolKind
from referral.codes import Setting
from referral.models import Referral

# How far ahead a receiver is offered its own free places: as far as a routine patient is asked to wait.
AHEAD: Final = timedelta(days=28)
_SESSIONS: Final = """FROM facilities_pool p WHERE {place} AND p.kind = 'slot'
  AND p.starts_at >= %(start)s AND p.starts_at < %(until)s AND p.opens_at <= %(now)s
ORDER BY p.starts_at, p.id"""
# Walks an index in the order of time and stops at the first session with a place; OFFSET 0 keeps the count
# from being asked for sessions behind it.
_WITH_A_PLACE: Final = f"""SELECT * FROM (
  SELECT p.id, p.department_id, p.starts_at,
    referral_places_free(p, way.from_tier <= %(primary)s, %(now)s) AS free
  {_SESSIONS} OFFSET 0
) session WHERE session.free > 0 ORDER BY session.starts_at, session.id LIMIT 1"""  # noqa: S608 - constants
_AT_ALL: Final = f"SELECT p.id, p.starts_at {_SESSIONS} LIMIT 1"
# With a department each one that it stands for is walked by itself, so that sessions of others cost nothing.
_OF_DEPARTMENTS: Final = """SELECT earliest.* FROM facilities_department d CROSS JOIN LATERAL ({first}) earliest
WHERE d.facility_id = {facility} AND (d.code = %(code)s::text OR starts_with(d.code, %(code)s::text || '.'))
ORDER BY earliest.starts_at, earliest.id LIMIT 1"""
_EARLIEST: Final = """
SELECT way.to_facility_id, opening.id, opening.department_id, opening.starts_at, opening.free
FROM facilities_routes(%(sender)s, %(facilities)s::uuid[], %(today)s, NULL) way
CROSS JOIN LATERAL ({first}) opening
WHERE way.alliance_id IS NOT NULL AND way.to_is_active
"""
_FIRST: Final = """
SELECT wanted.id, opening.starts_at FROM unnest(%(facilities)s::uuid[]) wanted(id)
CROSS JOIN LATERAL ({first}) opening
"""


def _of(first: str, facility: str, *, department: bool) -> str:
    """Return the query for the first session of one facility: in the department asked for, or in any."""
    if department:
        one = first.format(place="p.department_id = d.id")
        return _OF_DEPARTMENTS.format(first=one, facility=facility)
    return first.format(place=f"p.facility_id = {facility}")


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
        "facilities": array_of(facility_ids),
        "today": timezone.localdate(now),
        "primary": int(HIGHEST_PRIMARY_TIER),
        "now": now,
        "start": max(start, now),
        "until": until,
        "code": department_code,
    }
    with connection.cursor() as cursor:
        first = _of(_WITH_A_PLACE, "way.to_facility_id", department=department_code is not None)
        cursor.execute(_EARLIEST.format(first=first), values)
        return {row[0]: Opening(*row[1:]) for row in cursor.fetchall()}


def first_sessions(
    facility_ids: Sequence[UUID], *, department_code: str | None, start: datetime, until: datetime
) -> dict[UUID, datetime]:
    """Return when the first session from `start` on and before `until` begins, full or not, by facility.

    No earlier than `earliest` would find a place there, and much cheaper: nothing is counted. One statement.
    """
    now = timezone.now()
    values: dict[str, Any] = {
        "facilities": array_of(facility_ids),
        "now": now,
        "start": max(start, now),
        "until": until,
        "code": department_code,
    }
    with connection.cursor() as cursor:
        first = _of(_AT_ALL, "wanted.id", department=department_code is not None)
        cursor.execute(_FIRST.format(first=first), values)
        return dict(cursor.fetchall())


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
    there are none. Shared equipment is there for whoever has the alliance around it.
    """
    shown = Pool.objects.filter(facility=facility_id).select_related("department")
    if sender == facility_id:
        return counted(shown, primary=True, at=at)
    today = timezone.localdate(at)
    way = hierarchy.route(sender, facility_id, today) if sender else None
    if sender is None or way is None or way.alliance_id is None:
        return counted(shown.none(), primary=False, at=at)
    mine = hierarchy.alliances_around(sender, today)
    offered = shown.filter(Q(alliance__isnull=True) | Q(alliance__in=mine))
    open_now = offered.filter(opens_at__lte=at, starts_at__gt=at)
    return with_free(open_now, primary=capacity.is_primary(way.from_tier), at=at)


def sharing(alliance_id: UUID, reader: UUID | None, *, on: date) -> set[UUID]:
    """Return an alliance with those nested in it, as far as they are around the reader; none for a stranger."""
    around = hierarchy.alliances_around(reader, on) if reader else set()
    return hierarchy.with_nested([alliance_id], on) & around if alliance_id in around else set()


def offered(
    alliance_ids: Iterable[UUID], *, start: datetime, at: datetime, capability: str = ""
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


def idle(
    facilities: Iterable[UUID], *, capability: str, reader: UUID, at: datetime
) -> dict[UUID, Any]:
    """Return the first session with a place of each facility that offers such equipment to the reader, counted.

    At most four weeks ahead; two statements.
    """
    around = hierarchy.alliances_around(reader, timezone.localdate(at))
    pools = offered(around, start=at, at=at, capability=capability).filter(
        facility__in=list(facilities), starts_at__lt=at + AHEAD
    )
    first = pools.order_by("facility", "starts_at", "id").distinct("facility")
    return {pool.facility_id: pool for pool in first}


def next_places(
    referral: Referral, *, subjects: Sequence[str] = (), at: datetime, limit: int
) -> list[Pool]:
    """Return the next places of a leg's receiver that the leg could take, the earliest first, counted.

    Beds for an inpatient, sessions for others, also such as are not open to senders yet: of the department
    that the leg goes to, if it names one, else of those for `subjects` of the national list, else of any.
    At most four weeks ahead; one statement.
    """
    kind = PoolKind.BED if referral.setting == Setting.INPATIENT else PoolKind.SLOT
    mine = Pool.objects.filter(
        facility=referral.to_facility_id, kind=kind, starts_at__gt=at, starts_at__lt=at + AHEAD
    )
    if referral.to_department_id is not None:
        mine = mine.filter(department=referral.to_department_id)
    elif subjects:
        mine = mine.filter(_takes(subjects))
    inside = referral.alliance_id is not None and referral.from_tier is not None
    primary = inside and capacity.is_primary(referral.from_tier or 0)
    counted_ones = with_free(mine.select_related("department"), primary=primary, at=at)
    return list(counted_ones.order_by("starts_at", "id")[:limit])


def _takes(subjects: Sequence[str]) -> Q:
    found = Q()
    for code in subjects:
        found |= Q(department__code=code) | Q(department__code__startswith=f"{code}.")
    return found
