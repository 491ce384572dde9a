"""One referral: what each side reads of it, which moves it offers, its timeline."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.ids import uuid7
from accounts.permissions import Role
from audit.models import Event
from referral.policy.referrals import MAY
from referral.states import TRANSITIONS, Status
from tests.factories import Person, World, make_person
from tests.referral.expect import do, snapshot


def read(who: Person, referral: Any, part: str = "") -> Any:
    return who.api.get(f"/referrals/{referral.pk}/{part}")


def test_both_sides_and_the_alliance_read_it(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    for who in (world.doctor, world.colleague, world.chief, world.office, world.manager):
        answer = read(who, sent)
        assert answer.status == 200
        assert answer.headers["ETag"] == '"2"'
        assert answer.body["diagnosis"] == sent.diagnosis


def test_a_patient_is_masked(world: World) -> None:
    person = read(world.office, world.at(Status.SUBMITTED)).body["patient"]
    assert person == {
        "id": str(world.patient.pk),
        "name": "欧阳**",
        "gender": "1",
        "birth_year": 1961,
    }


def test_others_do_not_learn_that_it_exists(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    before = snapshot()
    for who in (world.stranger, world.outsider):
        for part in ("", "actions/", "timeline/", "messages/", "follow-ups/"):
            theirs = read(who, sent, part)
            nowhere = who.api.get(f"/referrals/{uuid7()}/{part}")
            assert theirs.status == 404
            assert (theirs.content, dict(theirs.headers)) == (
                nowhere.content,
                dict(nowhere.headers),
            )
    assert snapshot() == before


@pytest.mark.parametrize("status", [Status.DRAFT, Status.INTERNAL_REVIEW, Status.CANCELLED])
def test_the_receiver_does_not_see_what_was_never_sent(world: World, status: Status) -> None:
    unsent = world.at(status)
    for who in (world.office, world.manager):
        assert read(who, unsent).status == 404
        assert who.api.get(f"/episodes/{unsent.episode_id}/").status == 404
    assert read(world.doctor, unsent).status == 200


def test_the_alliance_manager_sees_no_name_anywhere(world: World) -> None:
    sent = world.at(Status.COMPLETED)
    assert read(world.manager, sent).body["patient"] is None
    assert world.manager.api.get(f"/episodes/{sent.episode_id}/").body["patient"] is None
    assert world.patient.name is not None
    for part in ("", "timeline/", "actions/"):
        assert "欧阳" not in read(world.manager, sent, part).content.decode()


def test_a_receiver_that_declined_keeps_the_row(world: World) -> None:
    declined = world.at(Status.DECLINED)
    body = read(world.office, declined).body
    assert (body["status"], body["patient"], body["allowed_actions"]) == ("declined", None, [])


ALLOWED = {
    Status.DRAFT: ({"submit", "request_review", "cancel", "void"}, None),
    Status.INTERNAL_REVIEW: ({"cancel", "void"}, None),
    Status.SUBMITTED: (
        {"cancel", "void"},
        {"open", "ask_information", "accept", "decline", "redirect"},
    ),
    Status.RECEIVED: ({"cancel", "void"}, {"ask_information", "accept", "decline", "redirect"}),
    Status.INFORMATION_REQUESTED: ({"answer", "cancel", "void"}, set()),
    Status.ACCEPTED: ({"cancel", "void"}, {"decline", "schedule", "arrive", "record_no_show"}),
    Status.SCHEDULED: (
        {"cancel", "void", "put_off"},
        {"reschedule", "arrive", "record_no_show", "put_off"},
    ),
    Status.ARRIVED: ({"void"}, {"complete", "return"}),
    Status.COMPLETED: ({"void"}, {"return"}),
    Status.DECLINED: ({"void"}, set()),
    Status.ENTERED_IN_ERROR: (set(), None),
}


@pytest.mark.parametrize("status", ALLOWED)
def test_what_each_side_may_do_next(world: World, status: Status) -> None:
    referral = world.at(status)
    senders, receivers = ALLOWED[status]
    assert set(read(world.doctor, referral).body["allowed_actions"]) == senders
    if receivers is not None:
        assert set(read(world.office, referral).body["allowed_actions"]) == receivers


def test_actions_give_the_reason_that_the_move_itself_gives(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    rows = read(world.doctor, sent, "actions/").body["actions"]
    assert {row["verb"] for row in rows} == {*TRANSITIONS, "return", "refer_again"}
    bodies: dict[str, dict[str, Any]] = {
        "decline": {"reason": "capacity"},
        "redirect": {"to_facility": str(world.second.pk)},
        "schedule": {"scheduled_for": str(timezone.now() + timedelta(days=9))},
        "reschedule": {"scheduled_for": str(timezone.now() + timedelta(days=9))},
        "complete": {"outcome": "cured"},
        "put_off": {"reason": "other_time"},
    }
    for row in rows:
        if row["allowed"]:
            assert (row["code"], row["reason"]) == (None, None)
            continue
        words = bodies.get(row["verb"], {"note": "x"} if row["verb"] in WORDY else {})
        answer = do(world.doctor, row["verb"], sent, words)
        assert (answer.code, answer.body["detail"]) == (row["code"], row["reason"])


WORDY = {"send_back", "ask_information", "answer", "void"}


def test_every_verb_has_its_policy() -> None:
    assert set(MAY) == set(TRANSITIONS)


def test_the_timeline(world: World) -> None:
    done = world.at(Status.COMPLETED)
    rows = read(world.doctor, done, "timeline/").results
    assert [(row["verb"], row["from_status"], row["to_status"]) for row in rows] == [
        ("create", "", "draft"),
        ("submit", "draft", "submitted"),
        ("accept", "submitted", "accepted"),
        ("arrive", "accepted", "arrived"),
        ("complete", "arrived", "completed"),
    ]
    assert [row["version"] for row in rows] == [1, 2, 3, 4, 5]
    assert [row["by"] for row in rows] == ["张医生"] * 2 + ["李主任"] * 3
    times = [row["at"] for row in rows]
    assert times == sorted(times)


def test_what_the_system_did_has_no_name(world: World) -> None:
    expired = world.at(Status.EXPIRED)
    last = read(world.doctor, expired, "timeline/").results[-1]
    assert (last["verb"], last["by"], last["facility"]) == ("expire", None, None)


def test_every_reading_is_written_down(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    read(world.office, sent)
    read(world.office, sent, "timeline/")
    events = Event.objects.filter(kind="access", actor_id=world.office.user.pk)
    assert [event.what for event in events.order_by("seq")] == [
        "referral.view",
        "referral.timeline",
    ]
    for event in events:
        assert (event.referral_ids, event.patient_ids) == ([sent.pk], [sent.patient_id])


def test_who_reads_none(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    admin = make_person(world.clinic, Role.SYSTEM_ADMIN)
    for who in (world.auditor, admin):
        answer = read(who, sent)
        assert (answer.status, answer.code) == (403, "no-permission")
    assert world.anonymous.get(f"/referrals/{sent.pk}/").status == 401


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_there_is_no_other_way_in(world: World, method: str) -> None:
    sent = world.at(Status.SUBMITTED)
    before = snapshot()
    answer = world.doctor.api.send(method, f"/referrals/{sent.pk}/", body={})
    assert answer.status in {403, 405}
    assert snapshot() == before
