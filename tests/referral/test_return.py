"""Return: the hospital starts the way back down, in the same episode and without typing twice."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from accounts import scope
from patients import actions as patients
from patients.models import ConsentPurpose
from referral.models import Referral
from referral.states import Status
from tests.api import Answer
from tests.facilities.factories import make_department, make_facility
from tests.factories import World, as_system, consented, join, new_key, reload
from tests.referral.expect import (
    do,
    grant_of,
    heard,
    hidden_from,
    history,
    refused,
    sees_patient,
    snapshot,
)

PLAN = {"reason_code": "stable_continue", "plan": "每日监测血压, 两周后复诊"}


def down_leg(answer: Answer) -> Referral:
    assert answer.status == 201, answer
    as_system()
    return reload(Referral.objects.get(pk=answer.body["id"]))


@pytest.mark.parametrize("status", [Status.ARRIVED, Status.COMPLETED])
def test_a_draft_prefilled_from_the_up_leg(world: World, status: Status) -> None:
    up = world.at(status, allergies="青霉素", past_history="糖尿病", treatment="氨氯地平")
    answer = do(world.office, "return", up)
    leg = down_leg(answer)
    assert answer.headers["Location"] == f"/api/v1/referrals/{leg.pk}/"
    assert answer.headers["ETag"] == '"1"'
    assert (leg.status, leg.version, leg.direction) == ("draft", 1, "")
    assert (leg.from_facility_id, leg.to_facility_id) == (world.hospital.pk, world.clinic.pk)
    assert (leg.previous_id, leg.episode_id, leg.origin_id) == (
        up.pk,
        up.episode_id,
        world.clinic.pk,
    )
    for name in ("diagnosis_code", "diagnosis", "past_history", "allergies", "treatment"):
        assert getattr(leg, name) == getattr(up, name) != ""
    assert (leg.reason, leg.reason_code, leg.plan) == ("", "", "")
    assert leg.filed_by_id == world.office.user.pk
    assert history(leg) == ["create"]


def test_what_is_given_replaces_what_was_prefilled(world: World) -> None:
    body = {**PLAN, "diagnosis": "高血压2级", "setting": "inpatient", "inpatient_no": "Z001"}
    leg = down_leg(do(world.office, "return", world.at(Status.ARRIVED), body))
    assert (leg.diagnosis, leg.setting, leg.inpatient_no) == ("高血压2级", "inpatient", "Z001")
    assert leg.plan == PLAN["plan"]


def test_sent_in_the_same_breath(world: World) -> None:
    up = world.at(Status.ARRIVED)
    leg = down_leg(do(world.office, "return", up, {**PLAN, "submit": True}))
    assert (leg.status, leg.direction) == ("submitted", "down")
    assert (leg.from_tier, leg.to_tier) == (3, 1)
    assert heard(leg, "referral.submitted") == {world.clinic.pk}
    assert leg.episode.open_legs == 2
    assert reload(up).status == Status.ARRIVED
    assert grant_of(leg, world.clinic) is not None


def test_a_draft_of_the_hospital_is_hidden_from_the_clinic(world: World) -> None:
    leg = down_leg(do(world.office, "return", world.at(Status.ARRIVED)))
    assert world.doctor.api.get(f"/referrals/{leg.pk}/").status == 404
    legs = world.doctor.api.get(f"/episodes/{leg.episode_id}/").body["legs"]
    assert [row["status"] for row in legs] == ["arrived"]


def test_it_goes_to_the_family_doctor(world: World) -> None:
    contract(world)
    up = world.at(Status.ARRIVED)
    leg = down_leg(do(world.office, "return", up, {**PLAN, "submit": True}))
    assert leg.to_facility_id == world.sister.pk
    assert heard(leg, "referral.submitted") == {world.sister.pk, world.clinic.pk}
    assert sees_patient(world.nurse, leg)


def test_the_caller_may_send_it_elsewhere(world: World) -> None:
    contract(world)
    body = {**PLAN, "submit": True, "to_facility": str(world.clinic.pk)}
    leg = down_leg(do(world.office, "return", world.at(Status.ARRIVED), body))
    assert leg.to_facility_id == world.clinic.pk


def test_a_contract_that_has_ended_counts_no_more(world: World) -> None:
    contract(world, ends=timezone.localdate() - timedelta(days=1))
    leg = down_leg(do(world.office, "return", world.at(Status.ARRIVED)))
    assert leg.to_facility_id == world.clinic.pk


def contract(world: World, **term: Any) -> None:
    """Let the patient sign with the second clinic, where it is registered too."""
    nurse = world.nurse.actor
    started = timezone.localdate() - timedelta(days=30)
    scope.enter_system()
    patients.grant_access(
        world.patient.pk,
        world.sister.pk,
        purpose="referral",
        reference=world.patient.pk,
        starts=timezone.now() - timedelta(days=40),
        by=world.doctor.actor,
    )
    scope.enter(nurse)
    agreed = consented(ConsentPurpose.REGISTRATION)
    patients.record_consent(world.patient.pk, agreed, by=nurse)
    patients.sign_contract(world.patient.pk, starts=started, by=nurse, **term)
    as_system()


def test_one_at_a_time(world: World) -> None:
    up = world.at(Status.ARRIVED)
    do(world.office, "return", up, {**PLAN, "submit": True})
    refused(world.office, "return", up, 409, "leg-follows", PLAN)


def test_a_second_return_after_the_first_was_declined_opens_the_episode_again(
    world: World,
) -> None:
    up = world.at(Status.ARRIVED)
    first = down_leg(do(world.office, "return", up, {**PLAN, "submit": True}))
    world.move(up, "complete", world.office, outcome="improved")
    world.move(first, "decline", world.doctor, reason="capacity")
    episode = reload(first).episode
    assert episode.open_legs == 0
    assert episode.closed_at is not None
    assert world.office.api.get(f"/episodes/{episode.pk}/").body["loop"] == "ended_without_return"
    second = down_leg(do(world.office, "return", up, {**PLAN, "submit": True}))
    assert second.episode_id == episode.pk
    assert (second.episode.open_legs, second.episode.closed_at) == (1, None)
    assert world.office.api.get(f"/episodes/{episode.pk}/").body["loop"] == "open"


def test_whatever_submission_needs_is_needed_here(world: World) -> None:
    up = world.at(Status.ARRIVED)
    answer = refused(world.office, "return", up, 422, "incomplete", {"submit": True})
    assert set(answer.body["errors"]) == {"reason_code", "plan"}
    stranger = {**PLAN, "submit": True, "to_facility": str(world.stranger_clinic.pk)}
    refused(world.office, "return", up, 422, "no-common-alliance", stranger)


def test_places_that_do_not_exist(world: World) -> None:
    up = world.at(Status.ARRIVED)
    elsewhere = make_department(world.second)
    for body in (
        {"to_facility": str(up.pk)},
        {"to_facility": str(world.hospital.pk)},
        {"to_department": str(elsewhere.pk)},
    ):
        answer = refused(world.office, "return", up, 422, "unknown-place", body)
        assert set(answer.body["errors"]) == set(body)


def test_the_consent_given_below_carries_the_return(world: World) -> None:
    up = world.at(Status.ARRIVED)
    leg = down_leg(do(world.office, "return", up, {**PLAN, "submit": True}))
    assert leg.consent_id == up.consent_id
    other = world.at(Status.ARRIVED)
    world.refuse_referral(other.patient)
    body = {**PLAN, "submit": True}
    refused(world.office, "return", other, 422, "consent-refused", body)


def test_who_may_not_return(world: World) -> None:
    up = world.at(Status.ARRIVED)
    refused(world.doctor, "return", up, 403, "not-receiver", PLAN)
    refused(world.manager, "return", up, 403, "no-permission", PLAN)
    hidden_from(world.stranger, "return", up, PLAN)


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.ACCEPTED, Status.DECLINED])
def test_only_who_has_arrived(world: World, status: Status) -> None:
    refused(world.office, "return", world.at(status), 409, "wrong-state", PLAN)


def test_a_return_is_not_returned(world: World) -> None:
    refused(world.doctor, "return", world.returning(Status.ARRIVED), 409, "wrong-state", PLAN)


def test_a_way_up_is_no_return(world: World) -> None:
    province = make_facility("省人民医院", tier=4)
    join(world.alliance, province)
    up = world.at(Status.ARRIVED)
    body = {**PLAN, "reason": "需上级手术", "submit": True, "to_facility": str(province.pk)}
    assert down_leg(do(world.office, "return", up, body)).direction == "up"
    refused(world.office, "complete", up, 422, "return-missing", {"outcome": "improved"})


def test_the_hospital_reviews_too(world: World) -> None:
    world.hospital.requires_internal_review = True
    world.hospital.save(update_fields=["requires_internal_review"])
    up = world.at(Status.ARRIVED)
    refused(world.office, "return", up, 409, "review-required", {**PLAN, "submit": True})
    assert down_leg(do(world.office, "return", up, PLAN)).status == Status.DRAFT


def test_stale_and_repeated(world: World) -> None:
    up = world.at(Status.ARRIVED)
    refused(world.office, "return", up, 412, "stale-referral", PLAN, if_match='"1"')
    key = new_key()
    first = do(world.office, "return", up, PLAN, key=key)
    left = snapshot()
    again = do(world.office, "return", up, PLAN, key=key)
    assert (again.status, again.content) == (201, first.content)
    assert again.headers["Location"] == first.headers["Location"]
    other = do(world.office, "return", up, {**PLAN, "submit": True}, key=key)
    assert (other.status, other.code) == (422, "idempotency-key-reused")
    assert snapshot() == left
    assert UUID(first.body["id"]) != up.pk
