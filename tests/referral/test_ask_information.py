"""Ask for information: the receiver wants more before it decides, and the clock pauses."""

from datetime import datetime, timedelta

import pytest

from referral.models import LegClock
from referral.states import Status, Urgency
from tests.factories import World, as_system, reload
from tests.referral.expect import hidden_from, moved, refused, sees_patient, well_mannered
from tests.referral.test_record_no_show import backdate

NOTE = {"note": "请补充近一周血压记录"}


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.RECEIVED])
def test_the_receiver_asks(world: World, status: Status) -> None:
    sent = world.at(status)
    after = moved(world.office, "ask_information", sent, NOTE, told=[world.clinic])
    as_system()
    assert after.transitions.get(verb="ask_information").note == NOTE["note"]


def test_the_question_stands_in_the_timeline_of_the_sender(world: World) -> None:
    asked = world.move(world.at(Status.SUBMITTED), "ask_information", world.office, **NOTE)
    rows = world.doctor.api.get(f"/referrals/{asked.pk}/timeline/").results
    assert rows[-1]["verb"] == "ask_information"
    assert rows[-1]["note"] == NOTE["note"]
    assert rows[-1]["by"] == "李主任"
    assert rows[-1]["facility"] == {"id": str(world.hospital.pk), "name": "仁济医院"}


def test_the_receivers_clock_pauses_and_the_senders_runs(world: World) -> None:
    asked = world.at(Status.INFORMATION_REQUESTED, urgency=Urgency.URGENT)
    backdate(asked, submitted_at=timedelta(days=3))
    as_system()
    row = LegClock.objects.get(referral=asked)
    assert row.paused_at is not None
    body = world.office.api.get(f"/referrals/{asked.pk}/").body
    assert datetime.fromisoformat(body["due_at"]) == row.paused_at + timedelta(hours=2)
    assert body["overdue"] is False


def test_a_question_needs_words(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    for body in ({}, {"note": "  "}, {"note": "长" * 1001}):
        answer = refused(world.office, "ask_information", sent, 400, "invalid", body)
        assert set(answer.body["errors"]) == {"note"}


def test_who_may_not_ask(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    refused(world.doctor, "ask_information", sent, 403, "not-receiver", NOTE)
    refused(world.manager, "ask_information", sent, 403, "not-receiver", NOTE)
    hidden_from(world.stranger, "ask_information", sent, NOTE)


@pytest.mark.parametrize("status", [Status.INFORMATION_REQUESTED, Status.ACCEPTED])
def test_only_before_deciding(world: World, status: Status) -> None:
    refused(world.office, "ask_information", world.at(status), 409, "wrong-state", NOTE)


def test_the_receiver_keeps_seeing_the_patient(world: World) -> None:
    asked = world.at(Status.INFORMATION_REQUESTED)
    assert sees_patient(world.office, asked)
    assert reload(asked).episode.open_legs == 1


def test_manners(world: World) -> None:
    well_mannered(world.office, "ask_information", world.at(Status.SUBMITTED), NOTE)
