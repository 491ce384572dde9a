"""Advice before a referral: ask, answer, make a referral of it, or close it as avoided."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import not_found
from audit import record
from facilities import hierarchy
from notifications import outbox
from patients import actions as patients
from patients import queries as patient_queries
from patients.models import AccessPurpose
from patients.queries import ForReferral
from referral.actions import care, sending
from referral.actions.filing import create
from referral.actions.moving import demand
from referral.models import ADVICE_OPEN, AdviceRequest, AdviceState
from referral.policy import advice as policy_advice
from referral.policy import referrals as policy
from referral.queries import advice as queries_advice
from referral.states import Urgency

TOPICS: Final = {
    "ask": "advice.asked",
    "answer": "advice.answered",
    "convert": "advice.converted",
    "avoid": "advice.avoided",
    "withdraw": "advice.withdrawn",
    "lose_consent": "advice.consent_withdrawn",
}
# In which order the messages of one request are told.
SEQUENCE: Final = {
    "ask": 1,
    "answer": 2,
    "convert": 3,
    "avoid": 3,
    "withdraw": 3,
    "lose_consent": 3,
}


def ask(
    patient_id: UUID,
    *,
    by: Actor,
    to_facility_id: UUID,
    question: str,
    to_department_id: UUID | None = None,
    diagnosis: str = "",
    now: datetime | None = None,
) -> AdviceRequest:
    """Ask another facility of the alliance about a patient, who must have agreed to that.

    The facility sees the patient until the request ends, at most as long as data/advice.toml says.
    Raises Refused: `patient-not-found`, `patient-deceased`, `sharing-consent-required`, and of the
    destination as a submission does.
    """
    moment = now or timezone.now()
    today = timezone.localdate(moment)
    demand(policy.may_file(by))
    person = sending.patient_of(patient_id, at=by.place, on=today)
    route = hierarchy.route(by.place, to_facility_id, today, department_id=to_department_id)
    demand(policy_advice.may_consult(None if to_facility_id == by.place else route))
    _demand_agreement(person, by=by)
    advice = AdviceRequest(
        patient_id=person.id,
        from_facility_id=by.place,
        to_facility_id=to_facility_id,
        to_department_id=to_department_id,
        diagnosis=diagnosis,
        question=question,
        asked_by_id=by.user_id,
        asked_at=moment,
    )
    advice.save(force_insert=True)
    patients.grant_access(
        person.id,
        to_facility_id,
        purpose=AccessPurpose.CONSULTATION,
        reference=advice.pk,
        starts=moment,
        ends=moment + queries_advice.access(),
        by=by,
    )
    _announce(advice, "ask", by=by, now=moment)
    return advice


def _demand_agreement(person: ForReferral, *, by: Actor) -> None:
    """Raise Refused where the patient is dead, or has agreed neither to a referral nor to sharing the record."""
    demand(policy.DECEASED if person.deceased else policy.YES)
    demand(policy.YES if _agreed(person, by.place) else policy_advice.SHARING_NOT_AGREED)


def _agreed(person: ForReferral, place: UUID) -> bool:
    """Say whether a patient agrees that a facility asks another about him."""
    return person.consent_id is not None or patient_queries.agreed_to_sharing(person.id, place)


def answer_advice(
    advice_id: UUID, *, by: Actor, answer: str, now: datetime | None = None
) -> AdviceRequest:
    """Answer what was asked, once."""
    moment = now or timezone.now()
    advice = _locked(advice_id, "answer", by=by)
    advice.state = AdviceState.ANSWERED
    advice.answer = answer
    advice.answered_at = moment
    advice.answered_by_id = by.user_id
    advice.save(update_fields=["state", "answer", "answered_at", "answered_by"])
    _announce(advice, "answer", by=by, now=moment)
    return advice


def convert_advice(
    advice_id: UUID,
    *,
    by: Actor,
    fields: Mapping[str, Any] | None = None,
    choice: Mapping[str, Any] | None = None,
    plan: care.Content | None = None,
    now: datetime | None = None,
) -> AdviceRequest:
    """Make a draft of a referral to the facility that was asked, prefilled with what was written.

    `fields` replace what is prefilled; they, `choice` and `plan` are those of `create`. The draft is
    on `advice.referral`.
    """
    moment = now or timezone.now()
    advice = _locked(advice_id, "convert", by=by)
    advice.referral = create(
        advice.patient_id,
        by=by,
        fields={**_prefilled(advice), **(fields or {})},
        choice=choice,
        plan=plan,
        now=moment,
    )
    return _end(advice, "convert", AdviceState.CONVERTED, by=by, now=moment)


def avoid_referral(
    advice_id: UUID, *, by: Actor, note: str = "", now: datetime | None = None
) -> AdviceRequest:
    """Close an answered request: the patient is treated here, and no referral is needed."""
    moment = now or timezone.now()
    advice = _locked(advice_id, "avoid", by=by)
    advice.note = note
    return _end(advice, "avoid", AdviceState.AVOIDED, by=by, now=moment)


def withdraw_advice(
    advice_id: UUID, *, by: Actor, note: str = "", now: datetime | None = None
) -> AdviceRequest:
    """Take a request back that nobody has answered."""
    moment = now or timezone.now()
    advice = _locked(advice_id, "withdraw", by=by)
    advice.note = note
    return _end(advice, "withdraw", AdviceState.WITHDRAWN, by=by, now=moment)


def end_without_consent(advice_id: UUID, *, by: Actor, now: datetime | None = None) -> bool:
    """End an open request whose patient agrees no longer to what it rests on; says whether it was ended.

    The facility that was asked sees the patient no more.
    """
    moment = now or timezone.now()
    advice = queries_advice.lock(advice_id, by)
    if advice is None or advice.state not in ADVICE_OPEN:
        return False
    today = timezone.localdate(moment)
    person = patient_queries.for_referral(advice.patient_id, advice.from_facility_id, today)
    if person is not None and _agreed(person, advice.from_facility_id):
        return False
    _end(advice, "lose_consent", AdviceState.NO_CONSENT, by=by, now=moment)
    return True


def _locked(advice_id: UUID, verb: str, *, by: Actor) -> AdviceRequest:
    advice = queries_advice.lock(advice_id, by)
    if advice is None:
        raise not_found()
    demand(policy_advice.MAY[verb](advice, by))
    return advice


def _prefilled(advice: AdviceRequest) -> dict[str, Any]:
    """Return the draft's words: the question is why, and the advice is what was done about it so far."""
    said = _("Advice of %(place)s: %(answer)s") % {
        "place": advice.to_facility.name,
        "answer": advice.answer,
    }
    return {
        "to_facility_id": advice.to_facility_id,
        "to_department_id": advice.to_department_id,
        "urgency": Urgency.ROUTINE,
        "diagnosis": advice.diagnosis,
        "reason": advice.question,
        "treatment": said if advice.answer else "",
    }


def _end(
    advice: AdviceRequest, verb: str, state: AdviceState, *, by: Actor, now: datetime
) -> AdviceRequest:
    """Write the end; the facility that was asked sees the patient no more because of it."""
    advice.state = state
    advice.ended_at = now
    advice.save(update_fields=["state", "ended_at", "note", "referral"])
    patients.end_access(advice.pk, advice.to_facility_id, ends=now, by=by)
    _announce(advice, verb, by=by, now=now)
    return advice


def _announce(advice: AdviceRequest, verb: str, *, by: Actor, now: datetime) -> None:
    """Tell the other facility, and write the audit row, last of all."""
    ends = (advice.from_facility_id, advice.to_facility_id)
    outbox.post(
        TOPICS[verb],
        {"advice_id": advice.pk, "state": str(advice.state), "occurred_at": now},
        [end for end in ends if end != by.facility_id],
        priority=int(Urgency.ROUTINE),
        subject=advice.pk,
        sequence=SEQUENCE[verb],
        origin=by.facility_id,
    )
    record.change(
        by,
        patient=advice.patient_id,
        referral=advice.referral_id,
        what=TOPICS[verb],
        after=str(advice.state),
    )
