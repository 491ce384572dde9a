"""Reads what returns carry and how their follow-up stands, always within what the actor may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.actors import Actor
from facilities.vocabulary import Direction
from referral.models import FollowUp, LongPrescription, Medicine, Referral, WarningSign
from referral.queries.referrals import LONG_TEXTS, sent_on
from referral.states import AGREED, ENDED, OPEN, WAITING, Status

DUE_ORDER: Final = ("due_on", "id")
WEEK: Final = timedelta(days=7)

# Everything that a leg carries, by one statement.
_PLAN: Final = """
SELECT
  (SELECT jsonb_agg(to_jsonb(m) - 'referral_id' ORDER BY m.position)
     FROM referral_medicine m WHERE m.referral_id = %(id)s),
  (SELECT jsonb_agg(to_jsonb(v) - 'referral_id' ORDER BY v.position)
     FROM referral_nextvisit v WHERE v.referral_id = %(id)s),
  (SELECT jsonb_agg(to_jsonb(s) - 'referral_id' ORDER BY s.position)
     FROM referral_warningsign s WHERE s.referral_id = %(id)s),
  (SELECT to_jsonb(l) || jsonb_build_object('assessed_by', u.full_name)
     FROM referral_longprescription l LEFT JOIN accounts_user u ON u.id = l.assessed_by_id
     WHERE l.referral_id = %(id)s),
  (SELECT to_jsonb(f) || jsonb_build_object('given_by', u.full_name)
     FROM referral_returnfeedback f LEFT JOIN accounts_user u ON u.id = f.given_by_id
     WHERE f.referral_id = %(id)s)
"""

# How far the follow-up of each leg of a page has come, by one statement.
_STANDING: Final = """
SELECT leg.id, c.planned, c.done, c.overdue, c.next_due, c.last, b.text
FROM unnest(%(ids)s::uuid[]) AS leg(id)
LEFT JOIN referral_returnfeedback b ON b.referral_id = leg.id
CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE f.done_at IS NULL) AS planned,
         count(f.done_at) AS done,
         count(*) FILTER (WHERE f.done_at IS NULL AND f.due_on < %(today)s) AS overdue,
         min(f.due_on) FILTER (WHERE f.done_at IS NULL) AS next_due,
         (array_agg(jsonb_build_object(
             'done_at', f.done_at, 'method', f.method, 'observations', f.observations,
             'adherence', f.adherence, 'met_signs', f.met_signs)
           ORDER BY f.done_at DESC, f.id DESC) FILTER (WHERE f.done_at IS NOT NULL))[1] AS last
  FROM referral_followup f WHERE f.referral_id = leg.id) c
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a leg carries beside its slip, as plain values."""

    medicines: list[dict[str, Any]]
    next_visits: list[dict[str, Any]]
    warning_signs: list[dict[str, Any]]
    long_prescription: dict[str, Any] | None
    feedback: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the follow-up of one leg has come."""

    planned: int
    done: int
    overdue: int
    next_due_on: date | None
    last: dict[str, Any] | None
    feedback: str | None


def plan(referral: Referral) -> Plan:
    """Return everything that a leg carries; the caller has found the leg visible."""
    with connection.cursor() as cursor:
        cursor.execute(_PLAN, {"id": referral.pk})
        row = cursor.fetchone()
    parts = [_parsed(part) for part in row]
    medicines, visits, signs = (part or [] for part in parts[:3])
    return Plan(medicines, visits, signs, parts[3], parts[4])


def _parsed(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, str) else value


def medicines(referral: Referral) -> list[Medicine]:
    """Return the medicines of a leg in their order."""
    return list(Medicine.objects.filter(referral=referral).order_by("position"))


def long_prescription(referral: Referral) -> LongPrescription | None:
    """Return the long prescription of a leg, if it has one."""
    return LongPrescription.objects.filter(referral=referral).first()


def warning_signs(referral: Referral) -> list[WarningSign]:
    """Return the warning signs of a leg in their order."""
    return list(WarningSign.objects.filter(referral=referral).order_by("position"))


def last_contact(referral: Referral) -> FollowUp | None:
    """Return the contact that was recorded last, if there was one."""
    done = FollowUp.objects.filter(referral=referral, done_at__isnull=False)
    return done.order_by("-done_at", "-id").first()


def next_contact(referral: Referral) -> FollowUp | None:
    """Return the contact that is due first of those still to be made, if there is one."""
    open_ = FollowUp.objects.filter(referral=referral, done_at__isnull=True)
    return open_.order_by("due_on", "id").first()


def is_late(referral: Referral, today: date) -> bool:
    """Say whether a contact that was due by today is not recorded yet."""
    late = FollowUp.objects.filter(referral=referral, done_at__isnull=True, due_on__lte=today)
    return late.exists()


def referred_again(referral: Referral) -> bool:
    """Say whether an open leg takes this returned patient up again."""
    return sent_on(referral).filter(status__in=sorted(OPEN)).exists()


def _taken_up_again() -> Q:
    """Return the condition that the patient of a return has come to a hospital from there since."""
    gone = Referral.objects.filter(
        episode=OuterRef("episode"),
        from_facility=OuterRef("to_facility"),
        arrived_at__gt=OuterRef("arrived_at"),
        status__in=[Status.ARRIVED, Status.COMPLETED],
    ).exclude(direction=Direction.DOWN)
    return Q(Exists(gone), direction=Direction.DOWN, status=Status.ARRIVED)


def taken_up_again(*, limit: int) -> list[UUID]:
    """Return the returns whose patients have come to a hospital again, in no order; for the sweep.

    It walks over every return that is followed up: 0.3 s for 60,000 of them.
    """
    return list(Referral.objects.filter(_taken_up_again()).values_list("pk", flat=True)[:limit])


def is_taken_up_again(referral: Referral) -> bool:
    """Say whether the patient of a return has come to a hospital again."""
    return Referral.objects.filter(_taken_up_again(), pk=referral.pk).exists()


def follow_ups_here(by: Actor, due: str, today: date) -> QuerySet[FollowUp]:
    """Return the contacts that the actor's facility still has to make, of patients who are with it.

    `due` is `today`, `week` (today and the six days after), `overdue`, or empty for all of them.
    """
    rows = _open_here(by).select_related("referral")
    found = rows.filter(_bounds(today)[due]) if due else rows
    return found.defer(*(f"referral__{name}" for name in LONG_TEXTS))


def follow_up_counts(by: Actor, today: date) -> dict[str, int]:
    """Return how many contacts are due today, within a week, overdue, and open in all, by one statement."""
    counts = {name: Count("pk", filter=bound) for name, bound in _bounds(today).items()}
    return _open_here(by).aggregate(**counts, open=Count("pk"))


def _open_here(by: Actor) -> QuerySet[FollowUp]:
    return FollowUp.objects.filter(
        facility=by.facility_id, done_at__isnull=True, referral__status=Status.ARRIVED
    )


def _bounds(today: date) -> dict[str, Q]:
    """Return when a contact counts as due, by the words of the list."""
    return {
        "today": Q(due_on=today),
        "week": Q(due_on__gte=today, due_on__lt=today + WEEK),
        "overdue": Q(due_on__lt=today),
    }


def returned(by: Actor, state: str, today: date) -> QuerySet[Referral]:
    """Return the legs by which the actor's facility sent patients back, in one state of follow-up or all.

    `state` is `waiting` (not come to the community yet), `following`, `overdue` (a contact is late),
    `ended`, or empty.
    """
    rows = Referral.objects.filter(
        from_facility=by.facility_id, direction=Direction.DOWN, submitted_at__isnull=False
    )
    late = FollowUp.objects.filter(referral=OuterRef("pk"), done_at__isnull=True, due_on__lt=today)
    states = {
        "waiting": Q(status__in=sorted(WAITING | AGREED)),
        "following": Q(status=Status.ARRIVED),
        "overdue": Q(Exists(late), status=Status.ARRIVED),
        "ended": Q(status__in=sorted(ENDED)),
    }
    return rows.filter(states[state]) if state else rows


def standings(rows: Sequence[Referral], today: date) -> dict[UUID, Standing]:
    """Return how far the follow-up of each of these legs has come, by one statement."""
    if not rows:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, {"ids": [row.pk for row in rows], "today": today})
        found = cursor.fetchall()
    return {
        pk: Standing(planned, done, overdue, next_due, _parsed(last), text)
        for pk, planned, done, overdue, next_due, last, text in found
    }
