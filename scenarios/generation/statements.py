"""Holds the SQL by which staged legs become episodes, referrals, transitions, grants and follow-ups."""

from typing import Final

# Staging tables live in the session: COPY cannot write a table under row-level security.
STAGES: Final = (
    """CREATE TEMP TABLE IF NOT EXISTS stage_case (no smallint, diagnosis_code text, diagnosis text,
 up_reason text, complaint text, history text, treatment text, results text, plan text,
 down_reason text)""",
    """CREATE TEMP TABLE IF NOT EXISTS stage_episode (id uuid, patient uuid, origin uuid,
 open_legs smallint, opened_at timestamptz, closed_at timestamptz)""",
    """CREATE TEMP TABLE IF NOT EXISTS stage_leg (id uuid, number text, episode uuid, previous uuid,
 patient uuid, origin uuid, from_facility uuid, from_department uuid, to_facility uuid,
 to_department uuid, alliance uuid, direction text, from_tier smallint, to_tier smallint,
 status text, urgency smallint, setting text, case_no smallint, age smallint, consent uuid,
 filed_by uuid, reader uuid, received_by uuid, reviewer uuid, redirector uuid, redirected_at uuid,
 created_at timestamptz, submitted_at timestamptz, decided_at timestamptz,
 acknowledged_at timestamptz, scheduled_for timestamptz, arrived_at timestamptz,
 ended_at timestamptz, decline_reason text, cancel_reason text, outcome text,
 no_return_reason text, verbs text[], statuses text[], moments timestamptz[], sides text,
 access_ends timestamptz, due date[], done timestamptz[])""",
)

# A UUIDv7 of a moment whose random part follows from a text: the same network has the same ids.
# Written out in each statement, since PostgreSQL does not inline a function of this kind.
_ID7: Final = """(lpad(to_hex((extract(epoch FROM {at}) * 1000)::bigint), 12, '0') || '7' || left(h, 3)
 || 'a' || substr(h, 4, 15))::uuid"""
_HASH: Final = "CROSS JOIN LATERAL md5({salt}) AS h"

EPISODES: Final = """
INSERT INTO referral_episode (id, patient_id, origin_id, open_legs, opened_at, closed_at)
SELECT id, patient, origin, open_legs, opened_at, closed_at FROM stage_episode
"""

# A leg that was never submitted has no route yet: no direction, tiers, alliance, consent or age.
REFERRALS: Final = """
INSERT INTO referral_referral (id, number, episode_id, previous_id, patient_id, origin_id,
 from_facility_id, from_department_id, to_facility_id, to_department_id, alliance_id, direction,
 from_tier, to_tier, status, urgency, setting, diagnosis_code, diagnosis, reason_code, reason,
 past_history, allergies, treatment, results, plan, rehabilitation, inpatient_no, contact_phone,
 patient_age, consent_id, filed_by_id, received_by_id, created_at, submitted_at, decided_at,
 acknowledged_at, scheduled_for, arrived_at, ended_at, decline_reason, cancel_reason, outcome,
 no_return_reason, version)
SELECT l.id, l.number, l.episode, l.previous, l.patient, l.origin, l.from_facility,
 l.from_department, l.to_facility, l.to_department,
 CASE WHEN sent THEN l.alliance END, CASE WHEN sent THEN l.direction ELSE '' END,
 CASE WHEN sent THEN l.from_tier END, CASE WHEN sent THEN l.to_tier END,
 l.status, l.urgency, l.setting, c.diagnosis_code, c.diagnosis,
 CASE WHEN down THEN c.down_reason ELSE c.up_reason END, CASE WHEN down THEN '' ELSE c.complaint END,
 c.history, '', c.treatment, CASE WHEN down OR l.outcome <> '' THEN c.results ELSE '' END,
 CASE WHEN down THEN c.plan ELSE '' END, '',
 CASE WHEN down AND l.setting = 'inpatient' THEN right(l.number, 8) ELSE '' END, '',
 CASE WHEN sent THEN l.age END, CASE WHEN sent THEN l.consent END, l.filed_by, l.received_by,
 l.created_at, l.submitted_at, l.decided_at, l.acknowledged_at, l.scheduled_for, l.arrived_at,
 l.ended_at, l.decline_reason, l.cancel_reason, l.outcome, l.no_return_reason,
 cardinality(l.verbs)
FROM stage_leg l JOIN stage_case c ON c.no = l.case_no
CROSS JOIN LATERAL (SELECT l.submitted_at IS NOT NULL AS sent, l.direction = 'down' AS down) x
"""

TRANSITIONS: Final = f"""
INSERT INTO referral_transition (id, referral_id, version, verb, from_status, to_status, at, by_id,
 facility_id, on_behalf_of_id, reason_code, note)
SELECT {_ID7.format(at="l.moments[m.version]")}, l.id, m.version, m.verb,
 coalesce(l.statuses[m.version - 1], ''), l.statuses[m.version], l.moments[m.version],
 CASE side WHEN 's' THEN l.filed_by WHEN 'e' THEN l.filed_by WHEN 'r' THEN l.reader
           WHEN 'm' THEN l.reviewer WHEN 'd' THEN l.redirector END,
 CASE side WHEN 's' THEN l.from_facility WHEN 'e' THEN l.from_facility WHEN 'm' THEN l.from_facility
           WHEN 'r' THEN l.to_facility WHEN 'd' THEN l.redirected_at END,
 CASE side WHEN 'e' THEN l.to_facility WHEN 'd' THEN l.from_facility END,
 CASE m.verb WHEN 'decline' THEN l.decline_reason WHEN 'cancel' THEN l.cancel_reason
             WHEN 'complete' THEN l.no_return_reason ELSE '' END,
 CASE m.verb WHEN 'ask_information' THEN %(question)s WHEN 'answer' THEN %(reply)s
             WHEN 'void' THEN %(error)s WHEN 'send_back' THEN %(question)s ELSE '' END
FROM stage_leg l
CROSS JOIN LATERAL unnest(l.verbs) WITH ORDINALITY AS m(verb, version)
CROSS JOIN LATERAL (SELECT substr(l.sides, m.version::int, 1) AS side) s
{_HASH.format(salt="l.id::text || m.version")}
"""  # noqa: S608 - built from constants

GRANTS: Final = f"""
INSERT INTO patients_accessgrant (id, patient_id, facility_id, purpose, reference, granted_by_id,
 starts, ends)
SELECT {_ID7.format(at="submitted_at")}, patient, to_facility, 'referral', id,
 coalesce(redirected_at, from_facility), submitted_at, access_ends
FROM stage_leg {_HASH.format(salt="id::text || 'access'")} WHERE submitted_at IS NOT NULL
"""  # noqa: S608 - built from constants

FOLLOW_UPS: Final = f"""
INSERT INTO referral_followup (id, referral_id, facility_id, due_on, done_at, method, findings,
 recorded_by_id, created_at)
SELECT {_ID7.format(at="l.arrived_at")}, l.id, l.to_facility, f.due, f.done,
 CASE WHEN f.done IS NULL THEN '' WHEN f.no = 1 THEN 'visit' ELSE 'phone' END,
 CASE WHEN f.done IS NULL THEN '' ELSE %(findings)s END,
 CASE WHEN f.done IS NOT NULL THEN l.received_by END, l.arrived_at
FROM stage_leg l
CROSS JOIN LATERAL unnest(l.due, l.done) WITH ORDINALITY AS f(due, done, no)
{_HASH.format(salt="l.id::text || 'follow' || f.no")}
WHERE cardinality(l.due) > 0
"""  # noqa: S608 - built from constants
