"""Keeps what the criteria said: of a draft, at its submission, and of a patient who might go back down."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import Refused
from accounts.ids import uuid7
from audit import record
from facilities import hierarchy
from patients import queries as patient_queries
from referral.actions.moving import demand, locked
from referral.codes import RuleOutcome
from referral.criteria import explain, held, loading, observations
from referral.criteria.evaluate import evaluate_all, most_cautious
from referral.models import Assessment, DownReview, Referral
from referral.policy import criteria as policy_criteria
from referral.queries import criteria as queries_criteria

Observed = Mapping[str, Mapping[str, Any]]
Results = list[dict[str, Any]]
WRITTEN: Final = (
    "assessed_by",
    "assessed_at",
    "rules_of",
    "visit",
    "age",
    "gender",
    "observations",
    "results",
    "met",
    "not_met",
    "override_reason",
    "override_note",
)
SETTLED: Final = (
    "rules_of",
    "age",
    "gender",
    "results",
    "met",
    "not_met",
    "overridden",
    "overrides",
    "settled_at",
)


def consult(
    diagnosis: str,
    *,
    from_tier: int,
    to_tier: int | None,
    visit: str,
    age: int | None,
    observed: Observed,
    on: date,
    gender: str = "",
    alliances: Collection[UUID] = (),
    capabilities: tuple[str, ...] = (),
) -> Results:
    """Return what the rules in force on a day say of observations, as these alliances hold them; nothing is kept.

    `capabilities` are those of the community a patient would return to, and make true what hangs on them
    unless it was observed otherwise; so does `gender` make false what is never true of it. Raises
    BadObservations.
    """
    book = loading.book()
    known = observations.values(observed, book.variables, age=age, gender=gender)
    for variable in book.variables.values():
        if variable.capability in capabilities:
            known.setdefault(variable.name, True)
    rules = book.select(on=on, diagnosis=diagnosis, from_tier=from_tier, to_tier=to_tier)
    results = [evaluate_all(each, known, visit) for each in held.versions(rules, alliances, on)]
    return [explain.kept(most_cautious(several)) for several in results if several]


def assess(
    referral_id: UUID,
    *,
    by: Actor,
    observed: Observed,
    visit: str = "",
    override_reason: str = "",
    override_note: str = "",
    now: datetime | None = None,
) -> Assessment:
    """Keep what was observed for a draft, with what the rules of today say; replaces what was kept before.

    Raises Refused: `not-sender`, `wrong-state` once it has gone.
    """
    moment = now or timezone.now()
    referral = locked(referral_id, by=by)
    demand(policy_criteria.may_assess(referral, by))
    return assess_locked(
        referral,
        by=by,
        now=moment,
        observed=observed,
        visit=visit,
        override_reason=override_reason,
        override_note=override_note,
    )


def assess_locked(
    referral: Referral,
    *,
    by: Actor,
    now: datetime,
    observed: Observed,
    visit: str = "",
    override_reason: str = "",
    override_note: str = "",
) -> Assessment:
    """Keep an assessment of a draft that the caller has locked or has just made."""
    today = timezone.localdate(now)
    person = patient_queries.for_referral(referral.patient_id, referral.from_facility_id, today)
    ends = [each for each in (referral.from_facility_id, referral.to_facility_id) if each]
    tiers = hierarchy.tiers(ends, today)
    kept = queries_criteria.assessment_of(referral) or Assessment(
        referral=referral, facility_id=referral.from_facility_id
    )
    kept.assessed_by_id, kept.assessed_at = by.user_id, now
    kept.visit, kept.observations = visit, dict(observed)
    kept.override_reason, kept.override_note = override_reason, override_note
    _evaluate(
        kept,
        referral.diagnosis_code,
        from_tier=tiers[referral.from_facility_id],
        to_tier=tiers.get(referral.to_facility_id) if referral.to_facility_id else None,
        age=person.age if person else None,
        gender=person.gender if person else "",
        on=today,
        alliances=queries_criteria.judging(
            referral.from_facility_id, referral.to_facility_id, today
        ),
    )
    if kept._state.adding:
        kept.save(force_insert=True)
    else:
        kept.save(update_fields=WRITTEN)
    record.change(by, patient=referral.patient_id, referral=referral.id, what="referral.assess")
    return kept


def observe_again(earlier: Referral, later: Referral, *, by: Actor, now: datetime) -> None:
    """Keep with a new draft what was observed for an earlier leg, as the rules of today see it, if anything was."""
    kept = queries_criteria.assessment_of(earlier)
    if kept is not None:
        assess_locked(
            later,
            by=by,
            now=now,
            observed=kept.observations,
            visit=kept.visit,
            override_reason=kept.override_reason,
            override_note=kept.override_note,
        )


def copy(source: Referral, leg: Referral) -> None:
    """Take the assessment along where a leg is sent on as it was submitted; in the system's scope."""
    kept = queries_criteria.assessment_of(source)
    if kept is not None:
        kept.pk, kept.referral = uuid7(), leg
        kept._state.adding = True
        kept.save(force_insert=True)


def settle(referral: Referral, *, gender: str, now: datetime) -> None:
    """Evaluate the assessment of a referral that goes now, if it has one, and ask why it departs from it.

    The referral bears its tiers and the patient's age of today already, and is not submitted yet; `gender`
    is the patient's. Raises Refused `override-reason-required`.
    """
    kept = queries_criteria.assessment_of(referral)
    if kept is None:
        return
    assert referral.from_tier is not None
    today = timezone.localdate(now)
    _evaluate(
        kept,
        referral.diagnosis_code,
        from_tier=referral.from_tier,
        to_tier=referral.to_tier,
        age=referral.patient_age,
        gender=gender,
        on=today,
        alliances=[referral.alliance_id] if referral.alliance_id else [],
    )
    offered = queries_criteria.offered(referral, kept, today)
    departures = policy_criteria.departures(kept, referral.urgency, offered)
    verdict = policy_criteria.may_depart(departures, kept.override_reason)
    if not verdict.allowed:
        errors = {"override_reason": [str(verdict.reason)]}
        raise Refused(verdict.code, verdict.reason, kind=verdict.kind, errors=errors)
    kept.overrides = sorted(departures)
    kept.overridden = sorted({rule for rules in departures.values() for rule in rules})
    kept.settled_at = now
    kept.save(update_fields=SETTLED)


def review_return(
    referral_id: UUID, *, by: Actor, observed: Observed, now: datetime | None = None
) -> DownReview:
    """Keep what was observed of a patient here, with what the rules of the way down say.

    Raises Refused: `not-receiver`, `wrong-state`, `not-an-up-referral`.
    """
    moment = now or timezone.now()
    referral = locked(referral_id, by=by)
    demand(policy_criteria.may_review_return(referral, by))
    today = timezone.localdate(moment)
    home = queries_criteria.homes([referral], on=today)[referral.pk]
    assert referral.to_tier is not None
    person = patient_queries.for_referral(referral.patient_id, by.place, today)
    results = consult(
        referral.diagnosis_code,
        from_tier=referral.to_tier,
        to_tier=home.tier,
        visit="",
        age=referral.patient_age,
        gender=person.gender if person else "",
        observed=observed,
        on=today,
        alliances=queries_criteria.judging(referral.to_facility_id, home.id, today),
        capabilities=home.capabilities,
    )
    met, not_met = named(results, RuleOutcome.MET), named(results, RuleOutcome.NOT_MET)
    unknown = named(results, RuleOutcome.CANNOT_EVALUATE)
    outcome = RuleOutcome.CANNOT_EVALUATE if unknown else RuleOutcome.NOT_MET
    return _reviewed(
        referral,
        by=by,
        now=moment,
        observations=dict(observed),
        results=results,
        met=met,
        not_met=not_met,
        outcome=RuleOutcome.MET if met else outcome,
    )


def keep_for_now(
    referral_id: UUID, *, by: Actor, reason: str, note: str = "", now: datetime | None = None
) -> DownReview:
    """Say why a patient stays although the way down was proposed; it is not proposed again for some days.

    Raises Refused as `review_return` does.
    """
    moment = now or timezone.now()
    referral = locked(referral_id, by=by)
    demand(policy_criteria.may_review_return(referral, by))
    newest = queries_criteria.newest_observed([referral.pk]).get(referral.pk)
    return _reviewed(
        referral,
        by=by,
        now=moment,
        reason=reason,
        note=note,
        overridden=newest.met if newest else [],
        ask_again_on=timezone.localdate(moment) + policy_criteria.ask_again_after(),
    )


def named(results: Results, outcome: RuleOutcome) -> list[str]:
    """Return the ids of the rules that came to an outcome."""
    return [result["rule"] for result in results if result["outcome"] == outcome]


def _evaluate(
    kept: Assessment,
    diagnosis: str,
    *,
    from_tier: int,
    to_tier: int | None,
    age: int | None,
    gender: str,
    on: date,
    alliances: Collection[UUID],
) -> None:
    """Let the rules of a day say what they make of a kept assessment's observations."""
    kept.rules_of, kept.age, kept.gender = on, age, gender
    kept.results = consult(
        diagnosis,
        from_tier=from_tier,
        to_tier=to_tier,
        visit=kept.visit,
        age=age,
        gender=gender,
        # What a newer edition no longer knows is missing to its rules, and is no error of the sender's.
        observed=observations.usable(kept.observations, loading.book().variables),
        on=on,
        alliances=alliances,
    )
    kept.met = named(kept.results, RuleOutcome.MET)
    kept.not_met = named(kept.results, RuleOutcome.NOT_MET)


def _reviewed(referral: Referral, *, by: Actor, now: datetime, **said: Any) -> DownReview:
    review = DownReview(
        referral=referral,
        facility_id=by.place,
        reviewed_by_id=by.user_id,
        reviewed_at=now,
        rules_of=timezone.localdate(now),
        **said,
    )
    review.save(force_insert=True)
    record.change(by, patient=referral.patient_id, referral=referral.id, what="referral.review")
    return review
