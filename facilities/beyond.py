"""Reads whom an event of public health opens to a facility beyond its alliances, as `reach` shows the others."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db import connection

from facilities.reach import Reached

# Without an alliance there are no steps to leave out and no specialty in common; the rest is as in `reach`.
_DESIGNATED: Final = """
SELECT f.id, f.name, f.short_name, f.campus_name, COALESCE(h.tier, f.tier) AS tier, f.level, f.grade,
  f.region_id, f.latitude::float8, f.longitude::float8, f.phone, f.duty_phone,
  ARRAY(SELECT DISTINCT c.code::text FROM facilities_capability c
    WHERE c.facility_id = f.id AND c.code = ANY(%(capabilities)s) AND c.starts <= %(on)s
      AND (c.ends IS NULL OR c.ends > %(on)s)) AS capabilities,
  department.id AS department_id, department.code AS department_code, department.name AS department_name
FROM facilities_event_rule(%(sender)s, %(on)s, %(diagnosis)s::text) event
JOIN facilities_facility f ON f.id = ANY(event.facilities)
LEFT JOIN facilities_accreditation h ON h.facility_id = f.id
  AND h.starts <= %(on)s AND (h.ends IS NULL OR h.ends > %(on)s)
LEFT JOIN LATERAL (
  SELECT d.id, d.code, d.name FROM facilities_department d
  CROSS JOIN LATERAL (SELECT LEAST(array_position(%(subjects)s::text[], d.code::text),
    array_position(%(subjects)s::text[], left(d.code, 5)),
    array_position(%(subjects)s::text[], left(d.code, 2)))) wanted(place)
  WHERE d.facility_id = f.id AND d.is_active AND wanted.place IS NOT NULL
  ORDER BY wanted.place, d.code, d.id LIMIT 1) department ON true
WHERE f.kind = 'treating' AND f.is_active AND NOT f.id = ANY(%(known)s::uuid[])
"""
_ALONE: Final[dict[str, Any]] = {
    "alliance_id": None,
    "alliance_name": "",
    "alliance_form": "",
    "steps": (),
    "specialties": (),
    "leads": (),
    "designated": True,
}


def designated(
    sender: UUID,
    on: date,
    *,
    diagnosis: str,
    capabilities: Sequence[str],
    subjects: Sequence[str],
    known: Sequence[UUID],
) -> list[Reached]:
    """Return the facilities designated for a diagnosis by events that bind the sender, but for the known ones.

    None while no event binds; the arguments are those of `reach.reachable`. One statement.
    """
    values: dict[str, Any] = {
        "sender": sender,
        "on": on,
        "diagnosis": diagnosis,
        "capabilities": list(capabilities),
        "subjects": list(subjects),
        "known": list(known),
    }
    with connection.cursor() as cursor:
        cursor.execute(_DESIGNATED, values)
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [_reached(row) for row in rows]


def _reached(row: dict[str, Any]) -> Reached:
    named = {
        **row,
        "region": row["region_id"],
        "capabilities": frozenset(row["capabilities"]),
        **_ALONE,
    }
    return Reached(**{name: named[name] for name in Reached._fields})
