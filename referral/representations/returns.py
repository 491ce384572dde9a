"""Makes plain dictionaries of what returns carry and how their follow-up stands."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from accounts.actors import Actor
from facilities.representations.directory import named
from patients.representations import summary as person
from referral import drug_names, observations
from referral.models import FollowUp, Medicine, Referral
from referral.policy import returns as policy_returns
from referral.queries.returns import Plan, Standing
from referral.representations.referrals import follow_up, people, row
from referral.states import Status

MEDICINE: Final = (
    "id",
    "name",
    "strength",
    "dose",
    "route",
    "frequency",
    "days",
    "drug_class",
    "exception",
    "exception_reason",
    "started_on",
    "note",
)
VISIT: Final = ("id", "side", "due_on", "due_in_days", "purpose")
SIGN: Final = ("id", "code", "text", "action")
LONG: Final = (
    "diagnosis_clear",
    "regimen_stable",
    "adherence_good",
    "condition_controlled",
    "long_term_needed",
    "assessment",
    "assessed_by",
    "signature_method",
    "signed_by",
    "signed_at",
)
FEEDBACK: Final = ("text", "given_by", "given_at")


def plan(found: Plan) -> dict[str, Any]:
    """Return what a leg carries, with what a doctor should look at again."""
    long, feedback = found.long_prescription, found.feedback
    rows = [Medicine(name=each["name"], drug_class=each["drug_class"]) for each in found.medicines]
    return {
        "medicines": [
            {
                **_picked(each, MEDICINE),
                "listed_class": drug_names.listed_class(each["name"]) or None,
            }
            for each in found.medicines
        ],
        "next_visits": [_picked(each, VISIT) for each in found.next_visits],
        "warning_signs": [_picked(each, SIGN) for each in found.warning_signs],
        "long_prescription": _picked(long, LONG) if long else None,
        "feedback": _picked(feedback, FEEDBACK) if feedback else None,
        "warnings": [
            {"code": verdict.code, "field": field, "detail": str(verdict.reason)}
            for verdict, field in policy_returns.warnings(rows)
        ],
    }


def contact(item: FollowUp) -> dict[str, Any]:
    """Return a follow-up with what was measured."""
    return {
        **follow_up(item),
        "purpose": item.purpose,
        "observations": item.observations,
        "adherence": item.adherence,
        "symptoms": item.symptoms,
        "met_signs": item.met_signs,
        "signs_shown": sorted(observations.signs_shown(item.observations)),
    }


def due(rows: Sequence[FollowUp], by: Actor, today: date) -> list[dict[str, Any]]:
    """Return contacts to make, with one statement or two for all their patients."""
    patients = people([item.referral for item in rows], by)
    found = []
    for item in rows:
        patient = patients.get(item.referral.patient_id)
        found.append(
            {
                "id": item.id,
                "due_on": item.due_on,
                "overdue": item.due_on < today,
                "purpose": item.purpose,
                "referral": item.referral_id,
                "number": item.referral.number,
                "diagnosis": item.referral.diagnosis,
                "patient": person(patient) if patient else None,
                "from_facility": named(item.referral.from_facility),
            }
        )
    return found


def returned(
    rows: Sequence[Referral], standings: Mapping[UUID, Standing], by: Actor, at: datetime
) -> list[dict[str, Any]]:
    """Return returned patients, each with how the follow-up stands."""
    patients = people(rows, by)
    return [
        {**row(leg, patients, at), "follow_up": _standing(leg, standings[leg.pk])} for leg in rows
    ]


def _standing(leg: Referral, found: Standing) -> dict[str, Any]:
    """Return a standing; what was planned of a leg that has ended is not overdue."""
    return {
        "planned": found.planned,
        "done": found.done,
        "overdue": found.overdue if leg.status == Status.ARRIVED else 0,
        "next_due_on": found.next_due_on if leg.status == Status.ARRIVED else None,
        "last": found.last,
        "feedback": found.feedback,
    }


def _picked(values: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: values[name] for name in names}
