"""Cancel: the sender takes a referral back before the patient has arrived, with a coded reason."""

import pytest

from referral.codes import CancelReason
from referral.states import Status
from tests.factories import World, as_system
from tests.referral.expect import (
    do,
    grant_of,
    hidden_from,
    moved,
    refused,
    sees_patient,
    well_mannered,
)

BODY = {"reason": "condition_changed", "note": "病情好转"}
SENT = (
    Status.SUBMITTED,
    Status.RECEIVED,
    Status.INFORMATION_REQUESTED,
    Status.ACCEPTED,
    Status.SCHEDULED,
)


@pytest.mark.parametrize("status", SENT)
def test_the_sender_takes_it_back(world: World, status: Status) -> None:
    after = moved(world.doctor, "cancel", world.at(status), BODY, told=[world.hospital])
    assert after.cancel_reason == "condition_changed"
    assert after.ended_at is not None
    assert (after.episode.open_legs, after.episode.closed_at) == (0, after.ended_at)
    as_system()
    move = after.transitions.get(verb="cancel")
    assert (move.reason_code, move.note) == ("condition_changed", "病情好转")


@pytest.mark.parametrize("status", [Status.DRAFT, Status.INTERNAL_REVIEW])
def test_before_submission_nobody_else_hears_of_it(world: World, status: Status) -> None:
    after = moved(world.doctor, "cancel", world.at(status), BODY, told=[])
    assert after.submitted_at is None
    assert after.episode.closed_at == after.ended_at
    assert world.office.api.get(f"/referrals/{after.pk}/").status == 404


def test_the_receiver_loses_the_patient(world: World) -> None:
    accepted = world.at(Status.ACCEPTED)
    do(world.doctor, "cancel", accepted, BODY)
    assert not sees_patient(world.office, accepted)
    assert sees_patient(world.doctor, accepted)
    grant = grant_of(accepted, world.hospital)
    assert grant is not None
    assert grant.ends is not None


def test_every_reason(world: World) -> None:
    for reason in CancelReason.values:
        answer = do(world.doctor, "cancel", world.at(Status.DRAFT), {"reason": reason})
        assert answer.body["cancel_reason"] == reason


def test_a_reason_is_coded(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    for body in ({}, {"reason": "capacity"}, {"reason": None}):
        answer = refused(world.doctor, "cancel", sent, 400, "invalid", body)
        assert set(answer.body["errors"]) == {"reason"}


def test_who_may_not_cancel(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    refused(world.office, "cancel", sent, 403, "not-sender", BODY)
    refused(world.manager, "cancel", sent, 403, "not-sender", BODY)
    refused(world.chief, "cancel", sent, 403, "role-lacks-right", BODY)
    hidden_from(world.stranger, "cancel", sent, BODY)
    hidden_from(world.office, "cancel", world.at(Status.DRAFT), BODY)


@pytest.mark.parametrize(
    "status", [Status.ARRIVED, Status.COMPLETED, Status.DECLINED, Status.CANCELLED]
)
def test_too_late(world: World, status: Status) -> None:
    refused(world.doctor, "cancel", world.at(status), 409, "wrong-state", BODY)


def test_manners(world: World) -> None:
    well_mannered(world.doctor, "cancel", world.at(Status.SUBMITTED), BODY)
