"""Reads everybody whom a facility reaches through its alliances, with all that choosing among them asks for."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection
from psycopg.pq import Format

from facilities.hierarchy import MAX_DEPTH
from facilities.vocabulary import TIGHTNESS

# What a facility `t` can do of what is asked about, and its first department that takes what is asked about. A
# subject's code has two, five or eight signs (03, 03.04, 03.04.01), so that of a department is looked up whole
# and by its beginnings.
ABLE: Final = """ARRAY(
    SELECT DISTINCT c.code::text FROM facilities_capability c
    WHERE c.facility_id = t.id AND c.code = ANY(%(capabilities)s)
      AND c.starts <= %(on)s AND (c.ends IS NULL OR c.ends > %(on)s))"""
DEPARTMENT: Final = """LEFT JOIN LATERAL (
  SELECT d.id, d.code, d.name FROM facilities_department d CROSS JOIN LATERAL (
    SELECT LEAST(array_position(%(subjects)s::text[], d.code::text),
      array_position(%(subjects)s::text[], left(d.code, 5)),
      array_position(%(subjects)s::text[], left(d.code, 2)))) wanted(place)
  WHERE d.facility_id = t.id AND d.is_active AND wanted.place IS NOT NULL
  ORDER BY wanted.place, d.code, d.id LIMIT 1
) department ON true"""
# The alliances of the sender and those they are part of; under each of them the nested ones with their
# members. Where two facilities share several alliances the tightest carries the referral, in the order of
# facilities_routes (migration 0007). Nothing that has a row for each facility is joined to another such thing:
# where the planner expects one row it would compare each with each.
_REACH: Final = f"""
WITH RECURSIVE mine(alliance_id, height) AS (
  SELECT m.alliance_id, 0 FROM facilities_membership m JOIN facilities_alliance a ON a.id = m.alliance_id
  WHERE m.facility_id = %(sender)s AND m.starts <= %(on)s AND (m.ends IS NULL OR m.ends > %(on)s)
    AND a.starts <= %(on)s AND (a.ends IS NULL OR a.ends > %(on)s)
 UNION
  SELECT p.id, mine.height + 1 FROM mine JOIN facilities_alliance a ON a.id = mine.alliance_id
  JOIN facilities_alliance p ON p.id = a.parent_id
  WHERE mine.height < {MAX_DEPTH} AND p.starts <= %(on)s AND (p.ends IS NULL OR p.ends > %(on)s)
), tree(root, alliance_id, depth) AS (
  SELECT DISTINCT alliance_id, alliance_id, 0 FROM mine
 UNION
  SELECT tree.root, c.id, tree.depth + 1 FROM tree JOIN facilities_alliance c ON c.parent_id = tree.alliance_id
  WHERE tree.depth < {MAX_DEPTH} AND c.starts <= %(on)s AND (c.ends IS NULL OR c.ends > %(on)s)
), members AS MATERIALIZED (
  SELECT tree.root, m.facility_id, min(tree.depth + mine.height) AS height
  FROM tree JOIN mine ON mine.alliance_id = tree.root
  JOIN facilities_membership m ON m.alliance_id = tree.alliance_id
  WHERE m.starts <= %(on)s AND (m.ends IS NULL OR m.ends > %(on)s)
  GROUP BY tree.root, m.facility_id
), shared AS MATERIALIZED (
  SELECT m.facility_id, array_agg(m.root
      ORDER BY array_position(%(tightness)s::text[], a.form::text), m.height, a.starts, a.id) AS roots,
    array_agg(a.specialty::text) FILTER (WHERE a.specialty IS NOT NULL) AS specialties,
    array_agg(a.specialty::text) FILTER (WHERE a.specialty IS NOT NULL AND a.lead_id = m.facility_id) AS leads
  FROM members m JOIN facilities_alliance a ON a.id = m.root GROUP BY m.facility_id
), treating AS MATERIALIZED (
  SELECT f.id, f.name, f.short_name, f.campus_name, COALESCE(h.tier, f.tier) AS tier, f.level, f.grade,
    f.region_id, f.latitude::float8, f.longitude::float8, f.phone, f.duty_phone, s.roots, s.specialties, s.leads
  FROM shared s JOIN facilities_facility f ON f.id = s.facility_id
  LEFT JOIN facilities_accreditation h ON h.facility_id = f.id
    AND h.starts <= %(on)s AND (h.ends IS NULL OR h.ends > %(on)s)
  WHERE f.kind = 'treating' AND f.is_active
), steps AS MATERIALIZED (
  SELECT way.root, array_agg(DISTINCT t.tier::int) AS tiers
  FROM treating t CROSS JOIN LATERAL unnest(t.roots) way(root) GROUP BY way.root
)
SELECT t.id, t.name, t.short_name, t.campus_name, t.tier, t.level, t.grade, t.region_id, t.latitude, t.longitude,
  t.phone, t.duty_phone, a.id, a.name, a.form::text, steps.tiers,
  CASE WHEN cardinality(%(capabilities)s::text[]) > 0 THEN {ABLE} END,
  department.id, department.code, department.name, t.specialties, t.leads,
  t.id = ANY((SELECT facilities FROM facilities_event_rule(%(sender)s, %(on)s, %(diagnosis)s::text))::uuid[])
FROM treating t JOIN steps ON steps.root = t.roots[1] JOIN facilities_alliance a ON a.id = t.roots[1]
{DEPARTMENT}
"""  # noqa: S608 - built from constants
_NONE: Final[frozenset[str]] = frozenset()


class Reached(NamedTuple):
    """A treating facility in operation, as one sender reaches it on a day.

    `alliance_*` name the tightest shared alliance, nothing for who is designated without one (`beyond`), and
    `steps` the tiers of its treating members.
    `capabilities` are those asked about; `department_*` the first that takes what was asked about.
    `specialties` are those of shared specialty alliances, `leads` those that it leads. Latitude and
    longitude are in degrees, None where unknown. `designated` says whether an event of public health that
    binds the sender lets it take the diagnosis, None while none does.
    """

    id: UUID
    name: str
    short_name: str
    campus_name: str
    tier: int
    level: int
    grade: int
    region: str
    latitude: float | None
    longitude: float | None
    phone: str
    duty_phone: str
    alliance_id: UUID | None
    alliance_name: str
    alliance_form: str
    steps: tuple[int, ...]
    capabilities: frozenset[str]
    department_id: UUID | None
    department_code: str | None
    department_name: str | None
    specialties: tuple[str, ...]
    leads: tuple[str, ...]
    designated: bool | None


def reachable(
    sender: UUID,
    on: date,
    *,
    capabilities: Sequence[str] = (),
    subjects: Sequence[str] = (),
    diagnosis: str = "",
) -> list[Reached]:
    """Return everybody in a common alliance on a day, nested ones included, the sender too; one statement.

    `subjects` are codes of the national list, the best first, each with its parts. Events of public health
    are asked for with a diagnosis code only.
    """
    values: dict[str, Any] = {
        "sender": sender,
        "on": on,
        "tightness": list(TIGHTNESS),
        "capabilities": list(capabilities),
        "subjects": list(subjects),
        "diagnosis": diagnosis or None,
    }
    with connection.cursor() as cursor:
        # A thousand rows of numbers and identifiers: a millisecond less than as text.
        cursor.cursor.format = Format.BINARY
        cursor.execute(_REACH, values)
        return [_reached(row) for row in cursor.fetchall()]


def _reached(row: tuple[Any, ...]) -> Reached:
    able = frozenset(row[16]) if row[16] else _NONE
    special = tuple(row[20] or ()), tuple(row[21] or ())
    return Reached._make((*row[:15], tuple(row[15]), able, *row[17:20], *special, row[22]))
