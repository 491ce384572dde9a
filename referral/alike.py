"""Reads what bears on sending: open legs of the same illness, what the destination insists on, a seat."""

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
# One statement for all questions: a submission asks them every time.
_STATEMENT: Final = f"""
SELECT 'open', leg, leg_number, leg_status
FROM referral_alike(%(patient)s, referral_illness(%(code)s, %(words)s), %(direction)s, %(episode)s)
UNION ALL
SELECT 'needed', NULL, n.item, NULL FROM {NEEDS} AND n.level = 'hard'
"""  # noqa: S608 - words of ours
# For a leg that was stored before. The statement begins under the lock of the leg, so it sees a hold that was
# committed while the lock was waited for; the statement that takes the lock would not.
_SEAT: Final = """UNION ALL
SELECT 'seat', b.id, NULL, NULL FROM referral_booking b
WHERE b.referral_id = %(leg)s AND b.released_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class OpenLeg:
    """An open leg of the same person, illness and direction; without an id where the caller may not see it."""

    id: UUID | None
    number: str | None
    status: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What bears on a submission: open legs, seen ones first, the items insisted on, whether there is a seat."""

    alike: tuple[OpenLeg, ...]
    hard_items: tuple[str, ...]
    keeps_seat: bool


def before_sending(referral: Referral) -> Standing:
    """Return what bears on sending a leg whose direction and destination are fixed.

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
        "leg": referral.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT if referral._state.adding else _STATEMENT + _SEAT, values)
        rows = cursor.fetchall()
    return Standing(
        alike=tuple(OpenLeg(*row[1:]) for row in rows if row[0] == "open"),
        hard_items=tuple(dict.fromkeys(row[2] for row in rows if row[0] == "needed")),
        keeps_seat=any(row[0] == "seat" for row in rows),
    )
