"""Send back: the reviewer returns a referral to its author, saying why."""

import pytest

from referral.states import Status
from tests.factories import World, as_system
from tests.referral.expect import hidden_from, history, moved, refused, well_mannered

NOTE = {"note": "请补充化验单"}


def test_the_reviewer_sends_it_back(world: World) -> None:
    after = moved(world.chief, "send_back", world.at(Status.INTERNAL_REVIEW), NOTE, told=[])
    assert after.submitted_at is None
    as_system()
    assert after.transitions.get(verb="send_back").note == NOTE["note"]


def test_the_author_mends_it_and_asks_again(world: World) -> None:
    back = world.move(world.at(Status.INTERNAL_REVIEW), "send_back", world.chief, **NOTE)
    answer = world.doctor.api.patch(f"/referrals/{back.pk}/", {"results": "血常规正常"})
    assert answer.status == 200
    moved(world.doctor, "request_review", back, told=[])
    assert history(back) == ["create", "request_review", "send_back", "request_review"]


def test_it_says_why(world: World) -> None:
    review = world.at(Status.INTERNAL_REVIEW)
    answer = refused(world.chief, "send_back", review, 400, "invalid", {})
    assert set(answer.body["errors"]) == {"note"}


def test_who_may_not_send_back(world: World) -> None:
    review = world.at(Status.INTERNAL_REVIEW)
    refused(world.doctor, "send_back", review, 403, "role-lacks-right", NOTE)
    hidden_from(world.office, "send_back", review, NOTE)
    hidden_from(world.stranger, "send_back", review, NOTE)


@pytest.mark.parametrize("status", [Status.DRAFT, Status.SUBMITTED])
def test_only_under_review(world: World, status: Status) -> None:
    refused(world.chief, "send_back", world.at(status), 409, "wrong-state", NOTE)


def test_manners(world: World) -> None:
    well_mannered(world.chief, "send_back", world.at(Status.INTERNAL_REVIEW), NOTE)


def test_the_receiver_does_not_read_what_the_sender_said_to_itself(world: World) -> None:
    review = world.move(world.at(Status.INTERNAL_REVIEW), "send_back", world.chief, **NOTE)
    world.move(review, "request_review", world.doctor)
    sent = world.move(review, "approve", world.chief)
    path = f"/referrals/{sent.pk}/timeline/"
    mine = [move["verb"] for move in world.doctor.api.get(path).body["results"]]
    theirs = [move["verb"] for move in world.office.api.get(path).body["results"]]
    assert mine == ["create", "request_review", "send_back", "request_review", "approve"]
    assert theirs == ["create", "approve"]
