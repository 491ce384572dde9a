"""Writes access grants: one statement to give, one to end; row-level security checks both."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection

from accounts.actors import Actor
from accounts.ids import uuid7
from patients.actions.finding import found

# A record that was merged hands its grants on, so a grant on it is written for the living record too.
_GRANT: Final = """
INSERT INTO patients_accessgrant
  (id, patient_id, facility_id, purpose, reference, granted_by_id, starts, ends)
SELECT x.id, x.patient_id, %(facility)s, %(purpose)s, %(reference)s, %(giver)s, %(starts)s, %(ends)s
FROM patients_patient p
CROSS JOIN LATERAL (VALUES (%(first)s::uuid, p.id), (%(second)s::uuid, p.merged_into_id))
  AS x (id, patient_id)
WHERE p.id = %(patient)s AND x.patient_id IS NOT NULL
ON CONFLICT DO NOTHING
"""
_END: Final = "SELECT patients_end_access(%s, %s, %s)"


def grant_access(
    patient_id: UUID,
    facility_id: UUID,
    *,
    purpose: str,
    reference: UUID,
    starts: datetime,
    ends: datetime | None = None,
    by: Actor,
) -> None:
    """Let a facility see a patient whom the actor sees, for [starts, ends), by one INSERT.

    A grant for the same reference that exists already stays as it is. Raises Refused `not-found` for a
    patient whom the actor does not see.
    """
    values: dict[str, UUID | str | datetime | None] = {
        "first": uuid7(),
        "second": uuid7(),
        "patient": patient_id,
        "facility": facility_id,
        "purpose": purpose,
        "reference": reference,
        "giver": by.facility_id,
        "starts": starts,
        "ends": ends,
    }
    with connection.cursor() as cursor:
        cursor.execute(_GRANT, values)
        written = cursor.rowcount > 0
    if not written:
        found(patient_id, by)


def end_access(reference: UUID, facility_id: UUID, *, ends: datetime, by: Actor) -> int:
    """Let what a facility may see because of `reference` end at `ends`, never later than it would.

    The facility itself may, whoever gave the grant, and whoever has access to the patient; for others
    nothing changes. Returns how many grants changed.
    """
    if by.facility_id is None and not by.is_system:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_END, [reference, facility_id, ends])
        row = cursor.fetchone()
    return int(row[0]) if row else 0
