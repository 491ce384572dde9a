"""Void: the sender marks a referral as entered in error, whatever its state; nothing is deleted."""

from datetime import timedelta

import pytest

from referral.models import Referral, Transition
from referral.states import OPEN, PREPARING, Status
from tests.factories import World, as_system, reload
from tests.referral.expect import (
    do,
    grant_of,
    hidden_from,
    history,
    moved,
    refused,
    sees_patient,
    well_mannered,
)

NOTE = {"note": "登记错人"}


@pytest.mark.parametrize("status", [s for s in Status if s != Status.ENTERED_IN_ERROR])
def test_from_every_state(world: World, status: Status) -> None:
    referral = world.at(status)
    moves = len(history(referral))
    told = [] if referral.submitted_at is None else [world.hospital]
    after = moved(world.doctor, "void", referral, NOTE, told=told)
    assert after.ended_at is not None
    if status not in OPEN:
        assert after.ended_at == referral.ended_at
    open_legs = 1 if status == Status.REDIRECTED else 0
    assert after.episode.open_legs == open_legs
    as_system()
    assert Transition.objects.filter(referral=after).count() == moves + 1
    assert Referral.objects.filter(pk=after.pk).exists()
    assert after.transitions.get(verb="void").note == "登记错人"


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.ACCEPTED, Status.SCHEDULED])
def test_a_receiver_without_the_patient_loses_sight_at_once(world: World, status: Status) -> None:
    referral = world.at(status)
    assert sees_patient(world.office, referral)
    do(world.doctor, "void", referral, NOTE)
    assert not sees_patient(world.office, referral)


def test_nobody_is_cut_off_from_a_patient_in_treatment(world: World) -> None:
    arrived = world.at(Status.ARRIVED)
    do(world.doctor, "void", arrived, NOTE)
    assert sees_patient(world.office, arrived)
    grant, ended_at = grant_of(arrived, world.hospital), reload(arrived).ended_at
    assert grant is not None
    assert ended_at is not None
    assert grant.ends == ended_at + timedelta(days=90)


def test_voiding_what_was_completed_prolongs_nothing(world: World) -> None:
    done = world.at(Status.COMPLETED)
    before = grant_of(done, world.hospital)
    do(world.doctor, "void", done, NOTE)
    after = grant_of(done, world.hospital)
    assert before is not None
    assert after is not None
    assert before.ends == after.ends is not None


def test_it_says_why(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    for body in ({}, {"note": ""}, {"note": "\t"}):
        answer = refused(world.doctor, "void", sent, 400, "invalid", body)
        assert set(answer.body["errors"]) == {"note"}


def test_who_may_not_void(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    refused(world.office, "void", sent, 403, "not-sender", NOTE)
    refused(world.manager, "void", sent, 403, "not-sender", NOTE)
    hidden_from(world.stranger, "void", sent, NOTE)


def test_once(world: World) -> None:
    refused(world.doctor, "void", world.at(Status.ENTERED_IN_ERROR), 409, "wrong-state", NOTE)


def test_nothing_is_allowed_any_more(world: World) -> None:
    void = world.at(Status.ENTERED_IN_ERROR)
    body = world.doctor.api.get(f"/referrals/{void.pk}/").body
    assert body["allowed_actions"] == []
    assert void.status not in PREPARING


def test_manners(world: World) -> None:
    well_mannered(world.doctor, "void", world.at(Status.SUBMITTED), NOTE)
