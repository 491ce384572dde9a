"""Makes plain dictionaries of what the criteria said, of candidates for the way down, and of overrides."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from patients.representations import summary as person
from referral.codes import RuleOutcome
from referral.criteria import explain, loading, units
from referral.criteria.observations import spoken
from referral.criteria.shapes import Rule
from referral.models import Assessment, DownReview, Referral
from referral.queries.criteria import Home
from referral.representations.referrals import people

# Fewer than this could point at a patient or a doctor.
FEWEST_SHOWN: Final = 5


def results(kept: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return kept results in the reader's language, each comparison with the name of what it compares."""
    shown = explain.shown(kept)
    for each in shown:
        each["compared"] = [{**leaf, "label": _label(leaf)} for leaf in each["compared"]]
    return shown


def _label(leaf: Mapping[str, Any]) -> str:
    variables = loading.book().variables
    known = (variables.get(name) for name in (leaf["variable"], leaf["minus"]) if name)
    return " − ".join(spoken(each.words) for each in known if each) or str(leaf["variable"])


def evaluation(kept: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what rules said of observations, with what it comes to."""
    return {"results": results(kept), "advice": explain.advice(kept)}


def criteria(rules: Sequence[Rule]) -> dict[str, Any]:
    """Return rules with the observations they compare and the diseases they are about."""
    book = loading.book()
    conditions = [each for one in rules for each in (one.when, one.raised_when) if each]
    leaves = [leaf for each in conditions for leaf in each.leaves()]
    names = {name for leaf in leaves for name in (leaf.variable, leaf.minus) if name}
    diseases = {one.disease.key: one.disease for one in rules}
    return {
        "results": [explain.rule(one) for one in rules],
        "variables": [
            explain.variable(one, units.units_of(one.quantity) if one.is_number else ())
            for name, one in book.variables.items()
            if name in names
        ],
        "diseases": [
            {"key": one.key, "name": spoken(one.words), "icd10": list(one.icd10)}
            for one in diseases.values()
        ],
    }


def assessment(item: Assessment) -> dict[str, Any]:
    """Return what was observed for a referral and what the rules of that day said."""
    return {
        "referral": item.referral_id,
        "facility": item.facility_id,
        "assessed_by": item.assessed_by.full_name if item.assessed_by else None,
        "assessed_at": item.assessed_at,
        "rules_of": item.rules_of,
        "visit": item.visit or None,
        "age": item.age,
        "gender": item.gender or None,
        "observations": item.observations,
        **evaluation(item.results),
        "override_reason": item.override_reason or None,
        "override_note": item.override_note,
        "overrides": item.overrides,
        "overridden": item.overridden,
        "settled_at": item.settled_at,
    }


def review(item: DownReview) -> dict[str, Any]:
    """Return one look at whether a patient may return."""
    return {
        "id": item.id,
        "reviewed_by": item.reviewed_by.full_name if item.reviewed_by else None,
        "reviewed_at": item.reviewed_at,
        "rules_of": item.rules_of,
        "outcome": item.outcome or None,
        "observations": item.observations,
        **evaluation(item.results),
        "reason": item.reason or None,
        "note": item.note,
        "ask_again_on": item.ask_again_on,
    }


def candidates(
    referrals: Sequence[Referral],
    by: Actor,
    *,
    on: date,
    homes: Mapping[UUID, Home],
    observed: Mapping[UUID, DownReview],
    kept: Mapping[UUID, DownReview],
) -> list[dict[str, Any]]:
    """Return patients who came up and are here, with what their return depends on."""
    patients = people(referrals, by)
    return [
        {
            "referral": each.id,
            "number": each.number,
            "patient": person(patients[each.patient_id]) if each.patient_id in patients else None,
            "patient_age": each.patient_age,
            "diagnosis_code": each.diagnosis_code,
            "diagnosis": each.diagnosis,
            "arrived_at": each.arrived_at,
            "bed_days": (on - timezone.localdate(each.arrived_at)).days,
            "state": _state(observed.get(each.pk), kept.get(each.pk)),
            "home": _home(homes[each.pk]),
            "review": review(observed[each.pk]) if each.pk in observed else None,
            "kept": review(kept[each.pk]) if each.pk in kept else None,
        }
        for each in referrals
    ]


def _state(observed: DownReview | None, kept: DownReview | None) -> str:
    if kept is not None:
        return "kept"
    if observed is None:
        return "unobserved"
    return "proposed" if observed.outcome == RuleOutcome.MET else observed.outcome


def _home(home: Home) -> dict[str, Any]:
    return {
        "id": home.id,
        "name": home.name,
        "tier": home.tier,
        "capabilities": [code.upper() for code in home.capabilities],
        "departments": list(home.departments),
    }


def _at_least(number: int) -> int | None:
    return number if number >= FEWEST_SHOWN else None


def rule_count(rule: str, evaluated: int, met: int, overridden: int) -> dict[str, Any]:
    """Return how often a rule was evaluated, met and not followed; what is below five is not told.

    The rate is that of overrides among the times it was met.
    """
    numbers = {"evaluated": evaluated, "met": met, "overridden": overridden}
    shown = {name: _at_least(number) for name, number in numbers.items()}
    told = shown["met"] is not None and shown["overridden"] is not None
    rate = round(overridden / met, 4) if told else None
    return {"rule": rule, **shown, "override_rate": rate}


def overrides(
    rules: Sequence[tuple[str, int, int, int]],
    reasons: Mapping[str | None, int],
    *,
    since: date,
    until: date,
) -> dict[str, Any]:
    """Return the overrides of a period."""
    everything = reasons.get(None, 0)
    named = {reason: number for reason, number in reasons.items() if reason}
    return {
        "since": since,
        "until": until,
        "assessed": _at_least(everything),
        "overridden": _at_least(sum(named.values())),
        "reasons": [
            {"reason": reason, "count": _at_least(number)}
            for reason, number in sorted(named.items())
        ],
        "results": [rule_count(*counts) for counts in rules],
    }
