"""Answer: the sender gives what the receiver asked for."""

import pytest

from referral.states import Status
from tests.factories import World
from tests.referral.expect import hidden_from, history, moved, refused, well_mannered

NOTE = {"note": "血压记录已上传"}


def test_the_sender_answers(world: World) -> None:
    asked = world.at(Status.INFORMATION_REQUESTED)
    after = moved(world.doctor, "answer", asked, NOTE, told=[world.hospital])
    assert history(after)[-2:] == ["ask_information", "answer"]
    assert world.doctor.api.get(f"/referrals/{after.pk}/").body["due_at"] is not None


def test_a_second_question_can_follow(world: World) -> None:
    asked = world.at(Status.INFORMATION_REQUESTED)
    answered = world.move(asked, "answer", world.doctor, **NOTE)
    again = world.move(answered, "ask_information", world.office, note="还有心电图")
    assert again.status == Status.INFORMATION_REQUESTED


def test_an_answer_needs_words(world: World) -> None:
    asked = world.at(Status.INFORMATION_REQUESTED)
    answer = refused(world.doctor, "answer", asked, 400, "invalid", {})
    assert set(answer.body["errors"]) == {"note"}


def test_who_may_not_answer(world: World) -> None:
    asked = world.at(Status.INFORMATION_REQUESTED)
    refused(world.office, "answer", asked, 403, "not-sender", NOTE)
    refused(world.manager, "answer", asked, 403, "not-sender", NOTE)
    refused(world.chief, "answer", asked, 403, "role-lacks-right", NOTE)
    hidden_from(world.stranger, "answer", asked, NOTE)


@pytest.mark.parametrize("status", [Status.DRAFT, Status.RECEIVED, Status.ACCEPTED])
def test_only_what_was_asked(world: World, status: Status) -> None:
    refused(world.doctor, "answer", world.at(status), 409, "wrong-state", NOTE)


def test_manners(world: World) -> None:
    well_mannered(world.doctor, "answer", world.at(Status.INFORMATION_REQUESTED), NOTE)
