"""Answers who stands above whom on a day: tiers, directions, shared alliances and their trees."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import F, QuerySet

from facilities.models import Alliance, Facility, Membership
from facilities.models.dated import in_force
from facilities.vocabulary import AllianceForm, Direction, FacilityKind, MembershipRole

# A nested alliance or a chain of parents is never deeper; the bound also ends a loop made by hand.
MAX_DEPTH: Final = 10

_TIER = """COALESCE((SELECT h.tier FROM facilities_accreditation h WHERE h.facility_id = {facility}
 AND h.starts <= %(on)s AND (h.ends IS NULL OR h.ends > %(on)s)), {fallback})"""

# Memberships of the facilities on the day, and the alliances which those are part of.
_BELONGS = f"""belongs(facility_id, alliance_id, height) AS (
  SELECT m.facility_id, m.alliance_id, 0 FROM facilities_membership m
  JOIN facilities_alliance a ON a.id = m.alliance_id
  WHERE m.facility_id = ANY(%(ids)s) AND m.starts <= %(on)s AND (m.ends IS NULL OR m.ends > %(on)s)
    AND a.starts <= %(on)s AND (a.ends IS NULL OR a.ends > %(on)s)
 UNION
  SELECT b.facility_id, p.id, b.height + 1 FROM belongs b
  JOIN facilities_alliance a ON a.id = b.alliance_id
  JOIN facilities_alliance p ON p.id = a.parent_id
  WHERE b.height < {MAX_DEPTH} AND p.starts <= %(on)s AND (p.ends IS NULL OR p.ends > %(on)s)
)"""  # noqa: S608 - built from constants

# The query itself is in migration 0007: a function, so that PostgreSQL keeps its plan. What an event of
# public health asks of the sender (migration 0006) comes in the same statement; nothing, as nearly always,
# while none is in force.
_ROUTES = """SELECT r.*, e.uncoded, e.facilities
FROM facilities_routes(%(from)s, %(to)s::uuid[], %(on)s, %(department)s::uuid) r
LEFT JOIN LATERAL (
  SELECT * FROM facilities_event_rule(%(from)s, %(on)s, %(diagnosis)s::text)
  WHERE EXISTS (SELECT 1 FROM facilities_publichealthevent WHERE ended_at IS NULL)) e ON true
"""

# The same for many senders at once, each with destinations of its own; of events nothing is asked.
_BETWEEN = """SELECT r.*, NULL, NULL
FROM (SELECT p.sender, array_agg(DISTINCT p.destination) AS destinations
      FROM unnest(%(from)s::uuid[], %(to)s::uuid[]) p(sender, destination) GROUP BY p.sender) g
CROSS JOIN LATERAL facilities_routes(g.sender, g.destinations, %(on)s, NULL::uuid) r
"""

# Alliances in force on the day, with those nested in them at any depth.
_NESTED = f"""
WITH RECURSIVE tree(id, depth) AS (
  SELECT a.id, 0 FROM facilities_alliance a
  WHERE a.id = ANY(%(ids)s) AND a.starts <= %(on)s AND (a.ends IS NULL OR a.ends > %(on)s)
 UNION
  SELECT a.id, tree.depth + 1 FROM tree JOIN facilities_alliance a ON a.parent_id = tree.id
  WHERE tree.depth < {MAX_DEPTH} AND a.starts <= %(on)s AND (a.ends IS NULL OR a.ends > %(on)s)
) SELECT DISTINCT id FROM tree
"""  # noqa: S608 - built from constants

# What a facility belongs to, what that is part of, and what is nested in its own alliances.
_AROUND = f"""
WITH RECURSIVE {_BELONGS}, inside(id, depth) AS (
  SELECT alliance_id, 0 FROM belongs WHERE height = 0
 UNION
  SELECT a.id, inside.depth + 1 FROM inside JOIN facilities_alliance a ON a.parent_id = inside.id
  WHERE inside.depth < {MAX_DEPTH} AND a.starts <= %(on)s AND (a.ends IS NULL OR a.ends > %(on)s)
) SELECT alliance_id FROM belongs UNION SELECT id FROM inside
"""  # noqa: S608 - built from constants

_ABOVE = f"WITH RECURSIVE {_BELONGS} SELECT alliance_id FROM belongs"  # noqa: S608 - built from constants

_ANCESTORS = f"""
WITH RECURSIVE above(alliance_id, facility_id, depth) AS (
  SELECT m.alliance_id, COALESCE(m.parent_facility_id, l.facility_id), 1
  FROM facilities_membership m
  JOIN facilities_alliance a ON a.id = m.alliance_id
   AND a.starts <= %(on)s AND (a.ends IS NULL OR a.ends > %(on)s)
  LEFT JOIN facilities_membership l ON l.alliance_id = m.alliance_id AND l.role = 'lead'
   AND l.starts <= %(on)s AND (l.ends IS NULL OR l.ends > %(on)s)
  WHERE m.facility_id = %(id)s AND m.role <> 'lead'
    AND m.starts <= %(on)s AND (m.ends IS NULL OR m.ends > %(on)s)
 UNION
  SELECT b.alliance_id, COALESCE(m.parent_facility_id, l.facility_id), b.depth + 1
  FROM above b
  JOIN facilities_membership m ON m.alliance_id = b.alliance_id AND m.facility_id = b.facility_id
   AND m.role <> 'lead' AND m.starts <= %(on)s AND (m.ends IS NULL OR m.ends > %(on)s)
  LEFT JOIN facilities_membership l ON l.alliance_id = m.alliance_id AND l.role = 'lead'
   AND l.starts <= %(on)s AND (l.ends IS NULL OR l.ends > %(on)s)
  WHERE b.depth < {MAX_DEPTH}
)
SELECT facility_id, alliance_id, min(depth) FROM above WHERE facility_id IS NOT NULL
 AND facility_id <> %(id)s GROUP BY facility_id, alliance_id ORDER BY 3, 2, 1
"""  # noqa: S608 - built from constants


@dataclass(frozen=True, slots=True)
class Route:
    """What one pair of facilities is to each other on a day; everything that a submission asks.

    `alliance_*` name the tightest shared alliance; `alliance_allows_lateral` is true when any shared
    one does. `relations` are the kinds of bonds in force, either way round. `to_department_ok` is
    None when no department was asked for. `skips_step` is true where the alliance, nested ones
    included, has a treating member of a tier between both ends (逐级转诊, domain.md §3.1).
    `designated` are the facilities that take the diagnosis while an event of public health binds the
    sender, None while none does; `uncoded_in_event` says that an event binds the sender and the
    diagnosis has no code.
    """

    from_facility_id: UUID
    to_facility_id: UUID
    from_tier: int
    to_tier: int
    from_kind: FacilityKind
    to_kind: FacilityKind
    from_is_active: bool
    to_is_active: bool
    from_requires_review: bool
    same_legal_person: bool
    alliance_id: UUID | None
    alliance_name: str | None
    alliance_form: AllianceForm | None
    alliance_allows_lateral: bool
    relations: tuple[str, ...]
    to_department_ok: bool | None
    skips_step: bool
    uncoded_in_event: bool = False
    designated: tuple[UUID, ...] | None = None

    @property
    def direction(self) -> Direction:
        """Up, down or lateral, by the tiers of that day."""
        return direction_of(self.from_tier, self.to_tier)

    @property
    def to_designated(self) -> bool:
        """The destination takes this diagnosis in an event that binds the sender."""
        return self.designated is not None and self.to_facility_id in self.designated

    @property
    def is_same(self) -> bool:
        """Both ends are one facility."""
        return self.from_facility_id == self.to_facility_id


@dataclass(frozen=True, slots=True)
class Ancestor:
    """A facility above another one in an alliance, `depth` steps up."""

    facility_id: UUID
    alliance_id: UUID
    depth: int


@dataclass(slots=True)
class Node:
    """A member in the tree of an alliance, with the members under it."""

    facility: Facility
    role: MembershipRole
    tier: int
    children: list["Node"] = field(default_factory=list)


def direction_of(from_tier: int, to_tier: int) -> Direction:
    """Return the direction between two tiers; equal tiers are lateral 平转."""
    if from_tier == to_tier:
        return Direction.LATERAL
    return Direction.UP if to_tier > from_tier else Direction.DOWN


def tiers(facility_ids: Iterable[UUID], on: date) -> dict[UUID, int]:
    """Return the tier of each facility on a day: its accreditation then, else its present tier."""
    tier = _TIER.format(facility="f.id", fallback="f.tier")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT f.id, {tier} FROM facilities_facility f WHERE f.id = ANY(%(ids)s)",  # noqa: S608
            {"ids": list(facility_ids), "on": on},
        )
        return dict(cursor.fetchall())


def tier(facility: Facility, on: date) -> int:
    """Return the tier of one facility on a day."""
    return tiers([facility.pk], on)[facility.pk]


def direction(a: Facility, b: Facility, on: date) -> Direction:
    """Return the direction of a referral from `a` to `b` on a day."""
    found = tiers([a.pk, b.pk], on)
    return direction_of(found[a.pk], found[b.pk])


def routes(
    from_id: UUID,
    to_ids: Sequence[UUID],
    on: date,
    *,
    department_id: UUID | None = None,
    diagnosis: str | None = None,
) -> dict[UUID, Route]:
    """Return the route to each destination that exists, by its id; one SQL statement.

    Events of public health are asked for with a diagnosis code only, which may be empty.
    """
    values: dict[str, Any] = {
        "from": from_id,
        "to": list(to_ids),
        "on": on,
        "department": department_id,
        "diagnosis": diagnosis,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ROUTES, values)
        rows = cursor.fetchall()
    return {row[1]: _route(row) for row in rows}


def routes_between(
    pairs: Collection[tuple[UUID, UUID]], on: date
) -> dict[tuple[UUID, UUID], Route]:
    """Return the route of each pair of a sender and a destination that exist; one SQL statement, for sweeps."""
    senders, destinations = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    with connection.cursor() as cursor:
        cursor.execute(_BETWEEN, {"from": senders, "to": destinations, "on": on})
        found = [_route(row) for row in cursor.fetchall()]
    return {(each.from_facility_id, each.to_facility_id): each for each in found}


def _route(row: tuple[Any, ...]) -> Route:
    values = list(row)
    values[4], values[5] = FacilityKind(row[4]), FacilityKind(row[5])
    values[12] = None if row[12] is None else AllianceForm(row[12])
    values[14] = tuple(row[14])
    values[17] = bool(row[17])
    values[18] = None if row[18] is None else tuple(row[18])
    return Route(*values)


def route(
    from_id: UUID,
    to_id: UUID,
    on: date,
    *,
    department_id: UUID | None = None,
    diagnosis: str | None = None,
) -> Route | None:
    """Return the route between two facilities, None when either does not exist; one SQL statement."""
    found = routes(from_id, [to_id], on, department_id=department_id, diagnosis=diagnosis)
    return found.get(to_id)


def with_nested(alliance_ids: Iterable[UUID], on: date) -> set[UUID]:
    """Return those of these alliances that are in force on a day, and all that are nested in them."""
    with connection.cursor() as cursor:
        cursor.execute(_NESTED, {"ids": list(alliance_ids), "on": on})
        return {row[0] for row in cursor.fetchall()}


def alliances_around(facility_id: UUID, on: date) -> set[UUID]:
    """Return the alliances of a facility on a day, those that they are part of, and those nested in them.

    Not those beside its own, which have no more in common with it than what they are part of.
    """
    with connection.cursor() as cursor:
        cursor.execute(_AROUND, {"ids": [facility_id], "on": on})
        return {row[0] for row in cursor.fetchall()}


def alliances_above(facility_id: UUID, on: date) -> set[UUID]:
    """Return the alliances of a facility on a day, and those that they are part of."""
    with connection.cursor() as cursor:
        cursor.execute(_ABOVE, {"ids": [facility_id], "on": on})
        return {row[0] for row in cursor.fetchall()}


def ancestors(facility_id: UUID, on: date) -> list[Ancestor]:
    """Return everyone above a facility in each of its alliances, nearest first; one SQL statement."""
    with connection.cursor() as cursor:
        cursor.execute(_ANCESTORS, {"id": facility_id, "on": on})
        return [Ancestor(*row) for row in cursor.fetchall()]


def memberships_on(alliance: Alliance, on: date) -> QuerySet[Membership]:
    """Return the memberships of one alliance in force on a day, with their facilities."""
    return (
        Membership.objects.filter(in_force(on), alliance=alliance)
        .select_related("facility")
        .order_by(F("facility__pinyin"), F("facility_id"))
    )


def members_tree(alliance: Alliance, on: date) -> list[Node]:
    """Return the members on a day as trees: the lead first, whoever hangs in the air after it.

    A member without `parent_facility` stands under the lead. Two SQL statements, whatever the size.
    """
    if not alliance.is_in_force(on):
        return []
    members = list(memberships_on(alliance, on))
    on_day = tiers([member.facility_id for member in members], on)
    nodes = {
        member.facility_id: Node(
            member.facility, MembershipRole(member.role), on_day[member.facility_id]
        )
        for member in members
    }
    lead = next((m.facility_id for m in members if m.role == MembershipRole.LEAD), None)
    above = {m.facility_id: m.parent_facility_id or lead for m in members if m.facility_id != lead}
    roots = [lead] if lead else []
    for facility_id, parent in above.items():
        if parent in nodes and not _in_a_loop(facility_id, above):
            nodes[parent].children.append(nodes[facility_id])
        else:
            roots.append(facility_id)
    return [nodes[facility_id] for facility_id in roots]


def _in_a_loop(facility_id: UUID, above: dict[UUID, UUID | None]) -> bool:
    """Say whether walking up from a member comes back to it, as only a loop typed by hand does."""
    step = above.get(facility_id)
    for _turn in range(len(above)):
        if step is None or step not in above:
            return False
        if step == facility_id:
            return True
        step = above[step]
    return False
