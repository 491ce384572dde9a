"""Makes plain dictionaries of requests for advice; patients are masked or absent."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from accounts.permissions import Permission
from facilities.representations.directory import named
from patients import queries as patient_queries
from patients.models import Patient
from patients.representations import summary
from referral.models import AdviceRequest
from referral.policy import advice as policy_advice


def rows(requests: Sequence[AdviceRequest], by: Actor) -> list[dict[str, Any]]:
    """Return requests with one query for all their patients; a manager never learns who they are about."""
    asked = {each.patient_id for each in requests} if by.can(Permission.PATIENT_VIEW) else set()
    found = patient_queries.find_many(asked, by)
    return [_row(each, found.get(each.patient_id), by) for each in requests]


def whole(advice: AdviceRequest, by: Actor) -> dict[str, Any]:
    """Return one request."""
    return rows([advice], by)[0]


def _row(advice: AdviceRequest, patient: Patient | None, by: Actor) -> dict[str, Any]:
    return {
        "id": advice.pk,
        "patient": summary(patient) if patient else None,
        "from_facility": named(advice.from_facility),
        "to_facility": named(advice.to_facility),
        "to_department": named(advice.to_department),
        "state": advice.state,
        "diagnosis": advice.diagnosis,
        "question": advice.question,
        "answer": advice.answer,
        "note": advice.note,
        "asked_by": _name(advice.asked_by),
        "answered_by": _name(advice.answered_by),
        "asked_at": advice.asked_at,
        "answered_at": advice.answered_at,
        "ended_at": advice.ended_at,
        "referral": _referral(advice, by),
        "allowed_actions": [
            verb for verb, may in policy_advice.MAY.items() if may(advice, by).allowed
        ],
    }


def _referral(advice: AdviceRequest, by: Actor) -> UUID | None:
    """Name the draft to whoever made it; the other side learns of a referral when it is sent."""
    return advice.referral_id if by.facility_id == advice.from_facility_id else None


def _name(person: Any) -> str | None:
    return None if person is None else str(person.full_name)
