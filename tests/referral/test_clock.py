"""The clock of a referral through the API: stage, deadline, pauses, calls made, the next one, whom to ring."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.actors import Actor
from accounts.ids import uuid7
from facilities.models import Facility
from referral import actions
from referral.models import Referral
from referral.states import Status, Urgency
from tests.factories import Person, World, as_system
from tests.referral.test_automatic_steps import switched_on
from tests.referral.test_pauses import MONDAY, question, sent

HOUR = timedelta(hours=1)


def clock(who: Person, leg: Referral) -> dict[str, Any]:
    answer = who.api.get(f"/referrals/{leg.pk}/clock/")
    assert answer.status == 200, answer
    return answer.body


def moment(text: str | None) -> datetime:
    assert text is not None
    return datetime.fromisoformat(text)


def test_both_ends_and_the_manager_read_the_same(world: World) -> None:
    leg = sent(world, MONDAY, urgency=Urgency.URGENT)
    Facility.objects.filter(pk=world.hospital.pk).update(duty_phone="021-5555 0000")
    bodies = [clock(who, leg) for who in (world.doctor, world.office, world.manager)]
    assert bodies[0] == bodies[1] == bodies[2]
    found = bodies[0]
    assert (found["stage"], found["clock"], found["minutes"]) == ("answer", "calendar", 120)
    assert moment(found["due_at"]) == MONDAY + 2 * HOUR
    assert moment(found["since"]) == MONDAY
    assert found["overdue"] is True
    assert found["own_limit"] is False
    assert found["owner"]["name"] == "仁济医院"
    assert found["owner"]["duty_phone"] == "021-5555 0000"
    assert found["paused"] is False
    assert found["pauses"] == found["calls"] == []
    assert found["automatic"] is None
    assert found["next_call"]["step"] == 1
    assert found["next_call"]["audience"] == "doctors"


def test_it_agrees_with_the_detail(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    detail = world.office.api.get(f"/referrals/{leg.pk}/").body
    found = clock(world.office, leg)
    assert (found["due_at"], found["overdue"]) == (detail["due_at"], detail["overdue"])


def test_a_question_stands_there_with_who_owes_the_answer(world: World) -> None:
    leg = sent(world, MONDAY, urgency=Urgency.URGENT)
    question(world, leg, MONDAY + HOUR, MONDAY + 2 * HOUR)
    question(world, leg, MONDAY + 3 * HOUR, None)
    found = clock(world.office, leg)
    assert found["paused"] is True
    assert found["stage"] == "information"
    assert found["owner"]["id"] == str(world.clinic.pk)
    assert [(moment(each["since"]), each["until"]) for each in found["pauses"]][1] == (
        MONDAY + 3 * HOUR,
        None,
    )
    assert moment(found["pauses"][0]["until"]) == MONDAY + 2 * HOUR


def test_the_calls_and_the_next_one(world: World) -> None:
    leg = sent(world, MONDAY, urgency=Urgency.URGENT)
    as_system()
    actions.remind(leg.pk, by=Actor.system(), now=MONDAY + 2 * HOUR + timedelta(minutes=31))
    switched_on(world, after_steps=2)
    found = clock(world.doctor, leg)
    assert [(each["step"], each["audience"]) for each in found["calls"]] == [
        (1, "doctors"),
        (2, "office"),
    ]
    assert found["next_call"]["audience"] == "duty"
    assert moment(found["next_call"]["at"]) == MONDAY + 3 * HOUR
    assert found["automatic"] == {"action": "expire", "after_steps": 2}


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.DRAFT])
def test_nothing_is_due(world: World, status: Status) -> None:
    found = clock(world.doctor, world.at(status))
    assert (found["stage"], found["due_at"], found["overdue"], found["next_call"]) == (
        None,
        None,
        False,
        None,
    )


def test_a_stranger_learns_nothing(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    for who in (world.stranger, world.outsider, world.nurse):
        theirs = who.api.get(f"/referrals/{leg.pk}/clock/")
        nowhere = who.api.get(f"/referrals/{uuid7()}/clock/")
        assert (theirs.status, theirs.content) == (404, nowhere.content)
    assert world.auditor.api.get(f"/referrals/{leg.pk}/clock/").status == 403
