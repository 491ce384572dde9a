"""Consent that was taken back stops every further disclosure, not only the first submission."""

import pytest

from accounts import scope
from patients import actions as patients
from referral.states import Status, Urgency
from tests.factories import Person, World, as_system
from tests.referral.expect import do, refused

pytestmark = pytest.mark.django_db


def _to(world: World) -> dict[str, str]:
    return {"to_facility": str(world.second.pk)}


@pytest.mark.parametrize("who", ["office", "manager"])
def test_after_withdrawal_nobody_sends_the_patient_on(who: str) -> None:
    world = World()
    sent = world.at(Status.SUBMITTED)
    world.refuse_referral(world.patient)
    person: Person = getattr(world, who)
    refused(person, "redirect", sent, 422, "consent-refused", _to(world))


def test_an_emergency_is_sent_on_without_consent() -> None:
    world = World()
    sent = world.at(Status.SUBMITTED, urgency=Urgency.URGENT)
    sent.urgency = Urgency.EMERGENCY
    as_system()
    sent.save(update_fields=["urgency"])
    world.refuse_referral(world.patient)
    assert do(world.office, "redirect", sent, _to(world)).status == 200


def test_the_dead_are_not_sent_on() -> None:
    world = World()
    sent = world.at(Status.SUBMITTED)
    scope.enter(world.doctor.actor)
    patients.update(sent.patient_id, {"deceased": True}, by=world.doctor.actor)
    refused(world.office, "redirect", sent, 422, "patient-deceased", _to(world))


def test_the_new_leg_rests_on_the_consent_of_today() -> None:
    world = World()
    sent = world.at(Status.SUBMITTED)
    assert do(world.office, "redirect", sent, _to(world)).status == 200
    as_system()
    assert sent.following.get().consent_id == sent.consent_id


def test_a_draft_filed_with_consent_is_not_submitted_after_its_withdrawal() -> None:
    world = World()
    draft = world.draft()
    world.refuse_referral(world.patient)
    refused(world.doctor, "submit", draft, 422, "consent-refused")


def test_no_down_leg_leaves_after_withdrawal() -> None:
    world = World()
    arrived = world.at(Status.ARRIVED)
    world.refuse_referral(world.patient)
    body = {"plan": "复查", "reason_code": "stable_continue", "submit": True}
    refused(world.office, "return", arrived, 422, "consent-refused", body)
