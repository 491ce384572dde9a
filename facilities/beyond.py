"""Reads whom an event of public health opens to a facility beyond its alliances, as `reach` shows the others."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db import connection

from facilities.reach import ABLE, DEPARTMENT, Reached

# Without an alliance there are no steps to leave out and no specialty in common; the rest is as in `reach`.
_DESIGNATED: Final = f"""
SELECT t.id, t.name, t.short_name, t.campus_name, COALESCE(h.tier, t.tier) AS tier, t.level, t.grade,
  t.region_id AS region, t.latitude::float8, t.longitude::float8, t.phone, t.duty_phone, {ABLE} AS capabilities,
  department.id AS department_id, department.code AS department_code, department.name AS department_name
FROM facilities_event_rule(%(sender)s, %(on)s, %(diagnosis)s::text) event
JOIN facilities_facility t ON t.id = ANY(event.facilities)
LEFT JOIN facilities_accreditation h ON h.facility_id = t.id
  AND h.starts <= %(on)s AND (h.ends IS NULL OR h.ends > %(on)s)
{DEPARTMENT}
WHERE t.kind = 'treating' AND t.is_active AND NOT t.id = ANY(%(known)b::uuid[])
"""  # noqa: S608 - built from constants
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
    return [
        Reached(**{**row, **_ALONE, "capabilities": frozenset(row["capabilities"])}) for row in rows
    ]
