"""Makes plain dictionaries of referrals for the API; patients are masked or absent."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from accounts.permissions import Permission
from facilities.representations.directory import named
from patients import queries as patient_queries
from patients.models import Patient
from patients.representations import summary as person
from referral import clocks, loop, sla
from referral.models import Episode, FollowUp, Message, Referral, Transition
from referral.models.sharing import StoredDocument
from referral.policy import referrals as policy
from referral.states import Urgency

SLIP_TEXTS = (
    "reason_code",
    "reason",
    "past_history",
    "allergies",
    "treatment",
    "results",
    "plan",
    "rehabilitation",
    "inpatient_no",
    "contact_phone",
    "decline_reason",
    "cancel_reason",
    "outcome",
    "no_return_reason",
)


def people(rows: Iterable[Referral], by: Actor) -> dict[UUID, Patient]:
    """Return the patients of these referrals that the actor may see, in one query.

    A manager sees referrals, but never who they are about, even where the facility treats the patient.
    A patient whom the action has just read for this actor hangs on the referral and is not read again.
    """
    if not by.can(Permission.PATIENT_VIEW):
        return {}
    hung = {row.patient_id: row.patient for row in rows if Referral.patient.is_cached(row)}
    return hung | patient_queries.find_many({row.patient_id for row in rows} - set(hung), by)


def row(referral: Referral, patients: Mapping[UUID, Patient], at: datetime) -> dict[str, Any]:
    """Return a referral as it stands in a list."""
    patient = patients.get(referral.patient_id)
    due_at = sla.deadline(referral, clocks.rules())
    return {
        "id": referral.id,
        "number": referral.number,
        "episode": referral.episode_id,
        "previous": referral.previous_id,
        "patient": person(patient) if patient else None,
        "patient_age": referral.patient_age,
        "direction": referral.direction,
        "from_facility": named(referral.from_facility),
        "from_department": named(referral.from_department),
        "to_facility": named(referral.to_facility),
        "to_department": named(referral.to_department),
        "from_tier": referral.from_tier,
        "to_tier": referral.to_tier,
        "status": referral.status,
        "urgency": Urgency(referral.urgency).name.lower(),
        "setting": referral.setting,
        "diagnosis_code": referral.diagnosis_code,
        "diagnosis": referral.diagnosis,
        "created_at": referral.created_at,
        "submitted_at": referral.submitted_at,
        "decided_at": referral.decided_at,
        "acknowledged_at": referral.acknowledged_at,
        "scheduled_for": referral.visit,
        "arrived_at": referral.arrived_at,
        "ended_at": referral.ended_at,
        "due_at": due_at,
        "overdue": due_at is not None and due_at < at,
        "version": referral.version,
    }


def rows(referrals: Sequence[Referral], by: Actor, at: datetime) -> list[dict[str, Any]]:
    """Return a list of referrals with one query for all their patients."""
    patients = people(referrals, by)
    return [row(referral, patients, at) for referral in referrals]


def whole(referral: Referral, by: Actor, at: datetime) -> dict[str, Any]:
    """Return a whole referral with what the actor may do next."""
    verdicts = policy.verdicts(referral, by)
    return {
        **row(referral, people([referral], by), at),
        **{name: getattr(referral, name) for name in SLIP_TEXTS},
        "filed_by": _person(referral, "filed_by", by),
        "received_by": _person(referral, "received_by", by),
        "alliance": referral.alliance_id,
        "consent": referral.consent_id,
        "outside_link": None,
        "allowed_actions": [verb for verb, verdict in verdicts.items() if verdict.allowed],
    }


def actions(referral: Referral, by: Actor) -> list[dict[str, Any]]:
    """Return every verb with the verdict that the action itself would obey."""
    return [
        {
            "verb": verb,
            "allowed": verdict.allowed,
            "code": verdict.code or None,
            "reason": str(verdict.reason) or None,
        }
        for verb, verdict in policy.verdicts(referral, by).items()
    ]


def move(transition: Transition) -> dict[str, Any]:
    """Return one line of the timeline."""
    return {
        "version": transition.version,
        "verb": transition.verb,
        "from_status": transition.from_status,
        "to_status": transition.to_status,
        "at": transition.at,
        "by": _name(transition.by),
        "for_user": _name(transition.for_user),
        "facility": named(transition.facility),
        "on_behalf_of": named(transition.on_behalf_of),
        "reason_code": transition.reason_code,
        "note": transition.note,
    }


def message(item: Message) -> dict[str, Any]:
    """Return a message."""
    return {
        "id": item.id,
        "facility": named(item.facility),
        "sender": _name(item.sender),
        "text": item.text,
        "sent_at": item.sent_at,
        "read_at": item.read_at,
        "read_by": _name(item.read_by),
    }


def follow_up(item: FollowUp) -> dict[str, Any]:
    """Return a follow-up."""
    return {
        "id": item.id,
        "facility": named(item.facility),
        "due_on": item.due_on,
        "done_at": item.done_at,
        "method": item.method,
        "findings": item.findings,
        "recorded_by": _name(item.recorded_by),
    }


def attachment(item: StoredDocument) -> dict[str, Any]:
    """Return a document's description."""
    return {
        "id": item.id,
        "facility": named(item.facility),
        "name": item.name,
        "media_type": item.media_type,
        "size": item.size,
        "sha256": bytes(item.sha256).hex(),
        "uploaded_by": _name(item.uploaded_by),
        "uploaded_at": item.uploaded_at,
    }


def episode(item: Episode, legs: Sequence[Referral], by: Actor, at: datetime) -> dict[str, Any]:
    """Return an episode with its visible legs."""
    patients = people(legs, by)
    patient = patients.get(item.patient_id)
    return {
        "id": item.id,
        "patient": person(patient) if patient else None,
        "origin": item.origin_id,
        "opened_at": item.opened_at,
        "closed_at": item.closed_at,
        "open_legs": item.open_legs,
        "loop": loop.standing(legs, is_closed=item.closed_at is not None),
        "missing": loop.missing(legs),
        "legs": [row(leg, patients, at) for leg in legs],
    }


def _person(referral: Referral, role: str, by: Actor) -> str | None:
    """Return who filed or received; the caller's own name is known without asking the database."""
    mine = by.user_id is not None and getattr(referral, f"{role}_id") == by.user_id
    return by.name if mine else _name(getattr(referral, role))


def _name(person_: Any) -> str | None:
    return None if person_ is None else str(person_.full_name)
