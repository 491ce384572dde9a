"""Reads assessments, candidates for the way down with their homes, and how often rules are overridden."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from accounts.actors import Actor
from facilities import hierarchy
from facilities.models import Facility
from facilities.queries import directory
from facilities.vocabulary import Direction
from patients import queries as patient_queries
from referral.codes import RuleOutcome
from referral.criteria import explain, held
from referral.directions import way_back
from referral.models import Assessment, DownReview, Referral
from referral.states import OPEN, Status

LONGEST_FIRST: Final = ("arrived_at", "id")
RETURNING: Final = [*sorted(OPEN), Status.COMPLETED.value]


@dataclass(frozen=True, slots=True)
class Home:
    """The community to which a patient would return, and what it can do on the day."""

    id: UUID
    name: str
    tier: int
    capabilities: tuple[str, ...]
    departments: tuple[str, ...]


def judging(from_id: UUID | None, to_id: UUID | None, on: date) -> list[UUID]:
    """Return the alliances by whose criteria a leg is judged: the one in which it goes from sender to receiver.

    Before a receiver is chosen those in which it might go. None is looked up where none has set anything.
    """
    if from_id is None or not held.alliances_set(on):
        return []
    if to_id is None:
        return sorted(hierarchy.alliances_around(from_id, on))
    route = hierarchy.route(from_id, to_id, on)
    return [route.alliance_id] if route and route.alliance_id else []


def assessment_of(referral: Referral) -> Assessment | None:
    """Return what was observed for a leg, or None; the leg is one that the caller has found."""
    return Assessment.objects.select_related("assessed_by").filter(referral=referral).first()


def needed_capabilities(referral: Referral) -> frozenset[str]:
    """Return what the destination of a leg must be able to do by the rules that its observations meet."""
    kept = assessment_of(referral)
    return frozenset(code.lower() for code in explain.capabilities(kept.results if kept else []))


def offered(referral: Referral, kept: Assessment, on: date) -> list[str]:
    """Return what the destination of a leg can do on a day, where an assessment asks for anything."""
    if not referral.to_facility_id or not explain.capabilities(kept.results):
        return []
    found = directory.capabilities([referral.to_facility_id], on)
    return found.get(referral.to_facility_id, [])


def reviews_of(referral: Referral) -> QuerySet[DownReview]:
    """Return the reviews of a return, newest first."""
    rows = DownReview.objects.filter(referral=referral).select_related("reviewed_by", "facility")
    return rows.order_by("-id")


def newest_observed(referral_ids: Iterable[UUID]) -> dict[UUID, DownReview]:
    """Return the newest review with observations of each leg that has one."""
    return _newest(DownReview.objects.filter(reason=""), referral_ids)


def newest_reasons(referral_ids: Iterable[UUID], on: date) -> dict[UUID, DownReview]:
    """Return the newest reason against the return of each leg, while it counts."""
    return _newest(DownReview.objects.filter(ask_again_on__gt=on), referral_ids)


def _newest(rows: QuerySet[DownReview], referral_ids: Iterable[UUID]) -> dict[UUID, DownReview]:
    found = rows.filter(referral__in=list(referral_ids)).select_related("reviewed_by")
    ordered = found.order_by("referral_id", "-id").distinct("referral_id")
    return {row.referral_id: row for row in ordered}


def arrived(by: Actor) -> QuerySet[Referral]:
    """Return the up legs whose patients are here, and of whom no return is under way."""
    following = Referral.objects.filter(
        episode=OuterRef("episode"),
        from_facility=OuterRef("to_facility"),
        direction__in=["", Direction.DOWN],  # a draft has no direction yet
        status__in=RETURNING,
    )
    here = Referral.objects.filter(
        to_facility=by.facility_id, status=Status.ARRIVED, direction=Direction.UP
    )
    return here.filter(~Exists(following))


def proposed(by: Actor, on: date) -> QuerySet[Referral]:
    """Return those whose newest observations meet a rule of the way down, unless a reason keeps them."""
    reviews = DownReview.objects.filter(referral=OuterRef("pk"))
    newest = reviews.filter(reason="").order_by("-id").values("outcome")[:1]
    kept = reviews.filter(ask_again_on__gt=on)
    rows = arrived(by).annotate(newest_outcome=Subquery(newest))
    return rows.filter(~Exists(kept), newest_outcome=RuleOutcome.MET)


def homes(referrals: Sequence[Referral], on: date) -> dict[UUID, Home]:
    """Return where each patient of these up legs would return to: who signed the contract, else the sender.

    Five statements, however many legs.
    """
    signed = patient_queries.contract_facilities({each.patient_id for each in referrals}, on)
    chosen = {each.pk: way_back(each, signed.get(each.patient_id)) for each in referrals}
    ids = set(chosen.values())
    places, tiers = directory.places(ids), hierarchy.tiers(ids, on)
    able, departments = directory.capabilities(ids, on), directory.department_names(ids)
    made = {
        facility_id: Home(
            facility_id,
            place.name if isinstance(place := places.get(facility_id), Facility) else "",
            tiers[facility_id],
            tuple(able.get(facility_id, ())),
            tuple(departments.get(facility_id, ())),
        )
        for facility_id in ids
    }
    return {leg: made[home] for leg, home in chosen.items()}


_ASKED: Final = """
asked AS (
  SELECT a.met, a.not_met, a.overridden, a.override_reason, a.overrides
  FROM referral_assessment a JOIN referral_referral r ON r.id = a.referral_id
  WHERE r.alliance_id = ANY(%(alliances)s::uuid[]) AND r.status <> 'entered_in_error'
    AND r.submitted_at >= %(since)s AND r.submitted_at < %(until)s
    -- One submission counts once: a leg that was sent on gave its assessment to the next.
    AND NOT (r.status = 'redirected' AND EXISTS (
      SELECT 1 FROM referral_referral n JOIN referral_assessment b ON b.referral_id = n.id
      WHERE n.previous_id = r.id AND b.assessed_at = a.assessed_at))),
looked AS (
  SELECT d.referral_id, d.met, d.not_met, d.overridden, d.reason, d.id
  FROM referral_downreview d JOIN referral_referral r ON r.id = d.referral_id
  WHERE r.alliance_id = ANY(%(alliances)s::uuid[]) AND r.status <> 'entered_in_error'
    AND r.arrived_at >= %(since)s AND r.arrived_at < %(until)s),
newest AS (
  SELECT DISTINCT ON (referral_id) met, not_met FROM looked WHERE reason = ''
  ORDER BY referral_id, id DESC),
kept AS (SELECT DISTINCT referral_id, unnest(overridden) AS rule FROM looked)
"""
_RULES: Final = f"""
WITH {_ASKED}
SELECT rule, sum(evaluated)::int, sum(met)::int, sum(overridden)::int FROM (
  SELECT unnest(met || not_met) AS rule, 1 AS evaluated, 0 AS met, 0 AS overridden FROM asked
  UNION ALL SELECT unnest(met), 0, 1, 0 FROM asked
  UNION ALL SELECT unnest(overridden), 0, 0, 1 FROM asked
  UNION ALL SELECT unnest(met || not_met), 1, 0, 0 FROM newest
  UNION ALL SELECT unnest(met), 0, 1, 0 FROM newest
  UNION ALL SELECT rule, 0, 0, 1 FROM kept
) AS each GROUP BY rule ORDER BY rule
"""  # noqa: S608 - two constants of this file
_REASONS: Final = f"""
WITH {_ASKED}
SELECT reason, count(*)::int FROM (
  SELECT CASE WHEN overrides = '{{}}' THEN '' ELSE override_reason END AS reason FROM asked
) AS each GROUP BY GROUPING SETS ((), (reason))
"""  # noqa: S608 - two constants of this file


def rule_counts(
    alliances: Iterable[UUID], *, since: datetime, until: datetime
) -> list[tuple[str, int, int, int]]:
    """Return id, evaluated, met and overridden of each rule, over legs of some alliances.

    An assessment counts with its submission in the period, the newest review of a return with the arrival.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RULES, {"alliances": list(alliances), "since": since, "until": until})
        return [(row[0], row[1], row[2], row[3]) for row in cursor.fetchall()]


def reason_counts(
    alliances: Iterable[UUID], *, since: datetime, until: datetime
) -> dict[str | None, int]:
    """Return how many assessed legs went with each reason for doing otherwise.

    Under the empty text those that went as advised, under None all of them.
    """
    values: dict[str, Any] = {"alliances": list(alliances), "since": since, "until": until}
    with connection.cursor() as cursor:
        cursor.execute(_REASONS, values)
        return dict(cursor.fetchall())
