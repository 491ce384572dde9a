"""Reads what a check of completeness needs, by one statement, within what the caller may see."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from facilities.models import Facility
from facilities.vocabulary import Direction
from referral.alike import NEEDS
from referral.completeness import Facts, Other, Want, settings, why_of
from referral.directions import heading
from referral.models import DepartmentNeed, InformationGap, Referral
from referral.states import LIVE

# The needs in force of a destination and what it asked others for; of the referral itself what it was
# asked for before, and its documents; of the patient, other referrals of the illness. The last two obey
# row security, so that nobody learns here of a referral that he may not see.
_FACTS: Final = f"""
SELECT 'need', n.item, n.level, n.note, 0, 0, NULL::uuid FROM {NEEDS}
UNION ALL
SELECT 'learnt', a.item, '', '', a.times, a.returns, NULL
FROM referral_asked_for(%(facility)s, %(department)s, %(window)s, %(at_least)s) a
UNION ALL
SELECT DISTINCT 'asked', named, '', '', 0, 0, NULL::uuid
FROM referral_informationgap g, unnest(g.items) AS named
WHERE g.referral_id IN (%(referral)s, %(previous)s)
UNION ALL
SELECT 'file', f.name, '', '', 0, 0, NULL FROM referral_attachment f
WHERE f.referral_id = %(referral)s
UNION ALL
SELECT CASE WHEN r.ended_at IS NULL THEN 'open' ELSE 'recent' END, r.number, r.status, '', 0, 0, r.id
FROM referral_referral r
WHERE r.patient_id IN (
    SELECT p.id FROM patients_patient p
    WHERE p.id = %(patient)s OR p.merged_into_id = %(patient)s)
  AND (r.status = ANY (%(live)s) OR r.direction = 'up' AND %(direction)s = 'up'
       AND r.status IN ('completed', 'no_show') AND r.ended_at > %(since)s)
  AND r.direction = %(direction)s AND r.episode_id IS DISTINCT FROM %(episode)s
  AND referral_illness(r.diagnosis_code, r.diagnosis)
    = referral_illness(%(code)s, %(words)s)
"""  # noqa: S608 - words of ours


def facts(referral: Referral, *, at: datetime) -> Facts:
    """Return what the database knows for a check of these words, stored or not."""
    known = settings()
    values: dict[str, Any] = {
        "facility": referral.to_facility_id,
        "department": referral.to_department_id,
        "referral": referral.pk,
        "previous": referral.previous_id,
        "patient": referral.patient_id,
        "episode": referral.episode_id,
        # Without a destination most go up.
        "direction": heading(referral) or Direction.UP.value,
        "code": referral.diagnosis_code,
        "words": referral.diagnosis,
        "live": sorted(LIVE),
        "since": at - known.repeat,
        "window": known.window,
        "at_least": known.at_least,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, values)
        rows = cursor.fetchall()
    return _sorted(rows)


def _sorted(rows: Sequence[tuple[Any, ...]]) -> Facts:
    found = Facts()
    for kind, name, detail, note, times, returns, other in rows:
        if kind == "need":
            found.wants.append(Want(name, why_of(detail), note))
        elif kind == "learnt":
            found.wants.append(Want(name, "learnt", "", times, returns))
        elif kind == "asked":
            found.wants.append(Want(name, "asked"))
        elif kind == "file":
            found.files.append(name)
        else:
            place = found.open if kind == "open" else found.recent
            place.append(Other(other, name, detail))
    return found


def needs(facility_id: UUID) -> QuerySet[DepartmentNeed]:
    """Return the needs of a facility that are in force."""
    rows = DepartmentNeed.objects.filter(facility=facility_id, ended_at__isnull=True)
    return rows.select_related("department").order_by("department_id", "specialty", "id")


class Learnt(NamedTuple):
    """How often an item was asked for in the last returns."""

    times: int
    returns: int


_LEARNT: Final = """
SELECT d.id, a.item, a.times, a.returns
FROM (SELECT id FROM facilities_department WHERE facility_id = %(facility)s
      UNION ALL SELECT NULL::uuid) d,
  LATERAL referral_asked_for(%(facility)s, d.id, %(window)s, 1) a
"""


def learnt(facility_id: UUID, *, window: int) -> dict[UUID | None, dict[str, Learnt]]:
    """Return what each department asked for in its last returns, however seldom; under None without a department.

    One statement, which looks at `window` returns of each.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LEARNT, {"facility": facility_id, "window": window})
        rows = cursor.fetchall()
    found: dict[UUID | None, dict[str, Learnt]] = {}
    for department, item, times, returns in rows:
        found.setdefault(department, {})[item] = Learnt(times, returns)
    return found


def asked_of(referral: Referral) -> list[str]:
    """Return the items that returns of this leg named, in the order of the moves, each once."""
    rows = InformationGap.objects.filter(referral=referral).order_by("version")
    return list(dict.fromkeys(item for row in rows for item in row.items))


def resent(referral: Referral) -> bool:
    """Say whether a new leg of the same sender follows a returned one already."""
    mine = Q(from_facility=referral.from_facility_id)
    return Referral.objects.filter(mine, previous=referral, ended_at__isnull=True).exists()


def unsaved(patient_id: UUID | None, words: Mapping[str, Any], *, at: UUID) -> Referral:
    """Return a referral that is not stored, by a facility, with both ends hung on it; one statement.

    A destination that does not exist is none.
    """
    asked = words.get("to_facility_id")
    ends = Facility.objects.in_bulk([each for each in (at, asked) if each])
    known = {name: value for name, value in words.items() if name != "to_facility_id"}
    there = ends.get(asked) if asked else None
    said: dict[str, Any] = {**known, "patient_id": patient_id, "episode_id": None}
    return Referral(from_facility=ends[at], to_facility=there, **said)
