"""Decline: the receiver does not take the patient, with a coded reason, and loses sight of the person."""

import pytest
from django.utils import timezone

from notifications.models import OutboxMessage
from referral.codes import DeclineReason
from referral.states import Status
from tests.factories import World, as_system
from tests.referral.expect import (
    do,
    grant_of,
    hidden_from,
    moved,
    refused,
    sees_patient,
    snapshot,
    well_mannered,
)

BODY = {"reason": "capacity", "note": "床位已满"}


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.RECEIVED, Status.ACCEPTED])
def test_the_receiver_declines(world: World, status: Status) -> None:
    after = moved(world.office, "decline", world.at(status), BODY, told=[world.clinic])
    assert after.decline_reason == "capacity"
    assert after.decided_at == after.ended_at
    as_system()
    move = after.transitions.get(verb="decline")
    assert (move.reason_code, move.note) == ("capacity", "床位已满")


def test_the_receiver_loses_the_patient_but_keeps_the_row(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    assert sees_patient(world.office, sent)
    do(world.office, "decline", sent, BODY)
    assert not sees_patient(world.office, sent)
    assert sees_patient(world.doctor, sent)
    grant = grant_of(sent, world.hospital)
    assert grant is not None
    assert grant.ends is not None
    assert grant.ends <= timezone.now()
    answer = world.office.api.get(f"/patients/{sent.patient_id}/")
    assert (answer.status, answer.code) == (404, "not-found")


def test_the_episode_closes_with_its_last_leg(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    do(world.office, "decline", sent, BODY)
    sent.refresh_from_db()
    as_system()
    sent.episode.refresh_from_db()
    assert sent.episode.open_legs == 0
    assert sent.episode.closed_at == sent.ended_at
    told = OutboxMessage.objects.filter(topic="episode.closed", subject=sent.episode_id)
    assert {row.recipient_id for row in told} == {world.clinic.pk}
    assert {row.payload["state"] for row in told} == {"closed"}
    episode = world.doctor.api.get(f"/episodes/{sent.episode_id}/").body
    assert (episode["loop"], episode["missing"]) == ("ended_without_return", [])


def test_a_reason_is_coded(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    for body in ({}, {"reason": ""}, {"reason": "busy"}, {"reason": ["capacity"]}):
        answer = refused(world.office, "decline", sent, 400, "invalid", body)
        assert set(answer.body["errors"]) == {"reason"}


def test_every_reason(world: World) -> None:
    for reason in DeclineReason.values:
        after = do(world.office, "decline", world.at(Status.SUBMITTED), {"reason": reason})
        assert after.body["decline_reason"] == reason


def test_an_emergency_that_was_acknowledged_is_a_promise(world: World) -> None:
    emergency = world.emergency()
    seen = world.move(emergency, "acknowledge", world.office)
    refused(world.office, "decline", seen, 409, "emergency-not-declined", BODY)


def test_an_emergency_nobody_has_acknowledged_can_be_declined(world: World) -> None:
    moved(world.office, "decline", world.emergency(), BODY, told=[world.clinic])


def test_who_may_not_decline(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    refused(world.doctor, "decline", sent, 403, "not-receiver", BODY)
    refused(world.manager, "decline", sent, 403, "not-receiver", BODY)
    hidden_from(world.stranger, "decline", sent, BODY)


@pytest.mark.parametrize(
    "status", [Status.INFORMATION_REQUESTED, Status.SCHEDULED, Status.ARRIVED, Status.DECLINED]
)
def test_too_late_to_decline(world: World, status: Status) -> None:
    refused(world.office, "decline", world.at(status), 409, "wrong-state", BODY)


def test_manners(world: World) -> None:
    well_mannered(world.office, "decline", world.at(Status.SUBMITTED), BODY)


def test_a_sender_files_again_elsewhere(world: World) -> None:
    declined = world.at(Status.DECLINED)
    left = snapshot("referral_referral")
    again = world.doctor.api.post(
        "/referrals/", world.body(to_facility=world.second.pk, submit=True)
    )
    assert again.status == 201
    assert again.body["episode"] != str(declined.episode_id)
    assert snapshot("referral_referral") != left
