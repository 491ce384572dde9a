"""Derives facts from the rows of legs: one statement, and the deadlines that only the rules of time can tell.

A fact is a function of the rows and of the moment: whatever order changes come in, and however often, the same
rows give the same fact.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models.expressions import RawSQL

from insights.models import FollowUpFact, LegFact
from insights.thresholds import DAYS_TO_CLOSE
from referral import clocks, sla
from referral.codes import ReferralReason, Setting
from referral.models import LegClock, Referral
from referral.states import Status, Urgency

FROM_CHANGES: Final = """
WITH taken AS (
  DELETE FROM insights_change WHERE id IN (SELECT id FROM insights_change ORDER BY id LIMIT %(most)s)
  RETURNING kind, subject),
touched AS (
  SELECT subject AS id FROM taken WHERE kind = 0
  UNION SELECT r.id FROM taken JOIN referral_referral r ON kind = 1 AND r.patient_id = subject
  UNION SELECT r.id FROM taken JOIN referral_referral r ON kind = 2 AND r.from_facility_id = subject
  UNION SELECT r.id FROM taken JOIN referral_referral r ON kind = 2 AND r.to_facility_id = subject
  UNION SELECT r.id FROM taken JOIN referral_referral r ON kind = 3 AND r.alliance_id = subject
    AND r.created_at > %(now)s - interval '2 days'
  UNION SELECT id FROM (SELECT id FROM insights_legfact WHERE changes_at <= %(now)s LIMIT %(most)s) turned)
SELECT id FROM touched
UNION SELECT r.previous_id FROM touched t JOIN referral_referral r ON r.id = t.id
  WHERE r.previous_id IS NOT NULL
"""
# The day where the facilities are, and whole minutes between two moments.
_LOCAL: Final = "({} AT TIME ZONE '" + settings.TIME_ZONE + "')::date"
_MINUTES: Final = "floor(extract(epoch FROM {1} - {0}) / 60)::int"
# Facts and their contacts by one statement: of facts just written nobody knows how many there are, and a plan that
# looked them up again took minutes for each twenty thousand.
FACTS: Final = f"""
WITH made AS (INSERT INTO insights_legfact (id, patient, alliance, from_facility, to_facility, from_department,
 to_department, filed_by, received_by, from_region, to_region, direction, from_tier, to_tier, urgency,
 disease, inpatient, wish, cancelled, accepted, declined, redirected, expired, late, returned, followed,
 closed, outside, decline_reason, submitted_on, decided_on, arrived_on, completed_on, answer_minutes,
 arrival_minutes, treatment_minutes, changes_at)
SELECT r.id, r.patient_id, r.alliance_id, r.from_facility_id, r.to_facility_id, r.from_department_id,
 r.to_department_id, r.filed_by_id, coalesce(r.received_by_id, refused.by_id),
 left(f.region_id, 6), left(t.region_id, 6),
 r.direction, r.from_tier, r.to_tier, r.urgency,
 coalesce(nullif(upper(left(r.diagnosis_code, 3)), ''), '-'),
 r.setting = '{Setting.INPATIENT.value}', r.reason_code = '{ReferralReason.PATIENT_WISH.value}',
 r.status = '{Status.CANCELLED.value}',
 r.decided_at IS NOT NULL AND r.status <> '{Status.DECLINED.value}',
 r.status = '{Status.DECLINED.value}', r.status = '{Status.REDIRECTED.value}',
 r.status = '{Status.EXPIRED.value}', coalesce(answered, stopped, %(now)s) > due,
 back.first IS NOT NULL, coalesce(back.followed, false),
 coalesce(completed AND least(back.first, c.reported_at)
  <= r.ended_at + interval '{DAYS_TO_CLOSE} days', false),
 CASE WHEN home.code IS NULL OR left(home.code, 6) LIKE '%%00' THEN NULL
  ELSE left(home.code, 6) <> left(t.region_id, 6) END,
 r.decline_reason, {_LOCAL.format("r.submitted_at")}, {_LOCAL.format("r.decided_at")}, {_LOCAL.format("r.arrived_at")},
 CASE WHEN completed THEN {_LOCAL.format("r.ended_at")} END,
 {_MINUTES.format("r.submitted_at", "r.decided_at")}, {_MINUTES.format("r.decided_at", "r.arrived_at")},
 CASE WHEN completed THEN {_MINUTES.format("r.arrived_at", "r.ended_at")} END,
 least(CASE WHEN coalesce(answered, stopped) IS NULL AND due >= %(now)s
  THEN due + interval '1 microsecond' END, plan.next)
FROM unnest(%(ids)s::uuid[], %(dues)s::timestamptz[]) AS mine (id, due) JOIN referral_referral r USING (id)
JOIN facilities_facility f ON f.id = r.from_facility_id
JOIN facilities_facility t ON t.id = r.to_facility_id
JOIN patients_patient p ON p.id = r.patient_id
LEFT JOIN facilities_region home ON home.id = p.region_id
LEFT JOIN referral_legclock c ON c.referral_id = r.id
LEFT JOIN LATERAL (SELECT d.by_id FROM referral_transition d WHERE d.referral_id = r.id
 AND r.status = '{Status.DECLINED.value}' AND d.to_status = r.status LIMIT 1) refused ON true
CROSS JOIN LATERAL (SELECT r.status = '{Status.COMPLETED.value}' AS completed,
 CASE WHEN r.urgency = {Urgency.EMERGENCY.value} THEN coalesce(r.acknowledged_at, r.arrived_at, r.ended_at)
  ELSE coalesce(r.decided_at, r.ended_at) END AS answered, c.paused_at AS stopped) x
LEFT JOIN LATERAL (SELECT min(d.submitted_at) AS first, bool_or(EXISTS (
  SELECT 1 FROM referral_followup u WHERE u.referral_id = d.id AND u.done_at IS NOT NULL)) AS followed
 FROM referral_referral d WHERE d.previous_id = r.id AND d.direction = 'down'
 AND d.submitted_at IS NOT NULL
 AND d.status NOT IN ('{Status.CANCELLED.value}', '{Status.ENTERED_IN_ERROR.value}')) back ON true
LEFT JOIN LATERAL (SELECT min(u.due_on)::timestamp AT TIME ZONE '{settings.TIME_ZONE}' AS next
 FROM referral_followup u WHERE u.referral_id = r.id AND u.due_on > {_LOCAL.format("%(now)s")}) plan ON true
WHERE r.submitted_at IS NOT NULL AND r.status <> '{Status.ENTERED_IN_ERROR.value}'
RETURNING id, cancelled)
INSERT INTO insights_followupfact (id, leg_id, due_on, in_time)
SELECT u.id, made.id, u.due_on, coalesce({_LOCAL.format("u.done_at")} <= u.due_on, false)
FROM made JOIN referral_followup u ON u.referral_id = made.id
WHERE u.due_on <= {_LOCAL.format("%(now)s")} AND NOT made.cancelled
"""  # noqa: S608 - built from constants


class _Sent(NamedTuple):
    """The columns on which a leg's first deadline depends; a whole `Referral` takes three times as long to make."""

    urgency: int
    direction: str
    alliance_id: UUID | None
    submitted_at: datetime


def take_changes(*, most: int, now: datetime) -> list[UUID]:
    """Take up to `most` notes of changes, and return the legs that may be another fact since."""
    with connection.cursor() as cursor:
        cursor.execute(FROM_CHANGES, {"most": most, "now": now})
        return [row[0] for row in cursor.fetchall()]


def derive(ids: Iterable[UUID], now: datetime) -> None:
    """Write the facts of submitted legs as they are at `now`; those of before must be away."""
    legs = list(_due(ids))
    values: dict[str, Any] = {
        "ids": [pk for pk, _at in legs],
        "dues": [at for _pk, at in legs],
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(FACTS, values)


def forget(ids: Iterable[UUID]) -> None:
    """Remove the facts of legs."""
    wanted = list(ids)
    FollowUpFact.objects.filter(leg__in=wanted)._raw_delete(using=connection.alias)
    LegFact.objects.filter(id__in=wanted)._raw_delete(using=connection.alias)


def _due(ids: Iterable[UUID]) -> Iterator[tuple[UUID, datetime]]:
    rules, mine = clocks.read(), RawSQL("SELECT unnest(%s::uuid[])", [list(ids)])
    own = LegClock.objects.filter(referral__in=mine).in_bulk()
    legs = Referral.objects.filter(id__in=mine, submitted_at__isnull=False)
    for pk, *said in legs.values_list("id", *_Sent._fields):
        yield pk, sla.first_answer_due(_Sent(*said), own.get(pk), rules)
