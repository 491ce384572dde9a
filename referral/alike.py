"""Reads what stands against sending: open legs of the same illness, and what the destination insists on."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection

from referral.models import Referral

# The needs in force of a destination, for its department, its specialty, or every referral.
NEEDS: Final = """referral_departmentneed n
WHERE n.facility_id = %(facility)s AND n.ended_at IS NULL
  AND (n.department_id IS NULL AND n.specialty = '' OR n.department_id = %(department)s
       OR n.specialty <> '' AND n.specialty = (
         SELECT d.code FROM facilities_department d WHERE d.id = %(department)s))"""
# One statement for both questions: a submission asks them every time.
_STATEMENT: Final = f"""
SELECT true, leg, leg_number, leg_status
FROM referral_alike(%(patient)s, referral_illness(%(code)s, %(words)s), %(direction)s, %(episode)s)
UNION ALL
SELECT false, NULL, n.item, NULL FROM {NEEDS} AND n.level = 'hard'
"""  # noqa: S608 - words of ours


@dataclass(frozen=True, slots=True)
class OpenLeg:
    """An open leg of the same person, illness and direction; without an id where the caller may not see it."""

    id: UUID | None
    number: str | None
    status: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands against a submission: open legs, seen ones first, and the items insisted on."""

    alike: tuple[OpenLeg, ...]
    hard_items: tuple[str, ...]


def before_sending(referral: Referral) -> Standing:
    """Return what stands against sending a leg whose direction and destination are fixed.

    From here to the commit nobody else sends this person anywhere (migration 0007).
    """
    values: dict[str, Any] = {
        "patient": referral.patient_id,
        "code": referral.diagnosis_code,
        "words": referral.diagnosis,
        "direction": referral.direction,
        "episode": referral.episode_id,
        "facility": referral.to_facility_id,
        "department": referral.to_department_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, values)
        rows = cursor.fetchall()
    return Standing(
        alike=tuple(OpenLeg(*row[1:]) for row in rows if row[0]),
        hard_items=tuple(dict.fromkeys(row[2] for row in rows if not row[0])),
    )
