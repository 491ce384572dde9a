"""Journeys of time: nobody answers, somebody asks first, an alliance lets the system step in."""

from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import time_machine
from django.utils import timezone

from facilities.models import Facility
from notifications.models import OutboxMessage
from referral.models import Referral
from referral.states import Status, Urgency
from referral.tasks import remind
from tests.factories import Person, World, as_system
from tests.journeys.test_there_and_back import act, read
from tests.referral.test_record_no_show import backdate

HOUR = timedelta(hours=1)


def called(facility: Facility) -> list[tuple[str, int]]:
    """Return the calls that a facility has got, in their order."""
    as_system()
    rows = OutboxMessage.objects.filter(recipient_id=facility.pk, payload__has_key="step")
    return sorted((row.topic, row.payload["step"]) for row in rows)


def urgent(world: World) -> Referral:
    """Return an urgent leg that was filed three hours ago."""
    leg = world.at(Status.SUBMITTED, urgency=Urgency.URGENT)
    backdate(leg, submitted_at=3 * HOUR)
    return leg


def clock(who: Person, leg: Referral) -> dict[str, Any]:
    answer = who.api.get(f"/referrals/{leg.pk}/clock/")
    assert answer.status == 200, answer
    return answer.body


def later(age: timedelta) -> AbstractContextManager[object]:
    """Do the block as if it were later."""
    return time_machine.travel(timezone.now() + age, tick=False)


def test_nobody_answers(world: World) -> None:
    # Given an urgent referral that has waited for three hours
    leg = urgent(world)
    # When the sweep comes by
    remind()
    # Then the hospital's doctors, its office and its duty officer are called, and the clinic hears of it
    assert called(world.hospital) == [
        ("referral.escalated", 2),
        ("referral.escalated", 3),
        ("referral.overdue", 1),
    ]
    assert called(world.clinic) == [("referral.escalated", 2), ("referral.escalated", 3)]
    assert called(world.lead) == called(world.stranger_clinic) == []
    # And the clinic sees who was called, who is next, and whom to ring
    found = clock(world.doctor, leg)
    assert [each["audience"] for each in found["calls"]] == ["doctors", "office", "duty"]
    assert found["next_call"]["audience"] == "alliance"
    assert found["owner"]["id"] == str(world.hospital.pk)
    # And it stands in the hospital's overdue box
    rows = world.office.api.get("/referrals/", {"box": "overdue"}).results
    assert [row["id"] for row in rows] == [str(leg.pk)]
    # When another hour has passed
    with later(HOUR):
        remind()
    # Then the manager of the alliance is called too
    assert called(world.lead) == [("referral.escalated", 4)]
    # When the hospital answers, nobody is called any more
    act(world.office, str(leg.pk), "accept")
    before = called(world.hospital)
    with later(24 * HOUR):
        assert remind() == 0
    assert called(world.hospital) == before


def test_somebody_asks_first(world: World) -> None:
    # Given an urgent referral
    leg = world.at(Status.SUBMITTED, urgency=Urgency.URGENT)
    # When the hospital asks for more
    act(world.office, str(leg.pk), "ask-information", note="请补充心电图")
    # Then the clinic owes the answer, and the hospital's clock stands still
    found = clock(world.doctor, leg)
    assert (found["paused"], found["stage"]) == (True, "information")
    assert found["owner"]["id"] == str(world.clinic.pk)
    # When the clinic answers
    act(world.doctor, str(leg.pk), "answer", note="已补充")
    # Then the hospital has the time that the question took
    found = clock(world.office, leg)
    assert (found["paused"], found["stage"]) == (False, "answer")
    [pause] = found["pauses"]
    taken = _moment(pause["until"]) - _moment(pause["since"])
    assert _moment(found["due_at"]) - _moment(found["since"]) == 2 * HOUR + taken
    # And a stranger is told nothing of all this
    assert world.stranger.api.get(f"/referrals/{leg.pk}/clock/").status == 404


def test_the_alliance_lets_it_expire(world: World) -> None:
    # Given an alliance whose manager lets the system end what two calls did not bring an answer to
    said = {"stage": "answer", "action": "expire", "after_steps": 2}
    path = f"/alliances/{world.alliance.pk}/automatic-steps/"
    assert world.manager.api.post(path, said).status == 201
    # And an urgent referral that nobody answers
    leg = urgent(world)
    remind()
    assert read(world.doctor, str(leg.pk))["status"] == "submitted"
    # When the second call has had its half an hour
    with later(HOUR):
        remind()
    # Then it has ended, and the clinic hears of it
    assert read(world.doctor, str(leg.pk))["status"] == "expired"
    as_system()
    told = OutboxMessage.objects.filter(topic="referral.expired", subject=leg.pk)
    assert {row.recipient_id for row in told} == {world.clinic.pk, world.hospital.pk}
    # And the timeline says that nobody did it by hand
    last = world.doctor.api.get(f"/referrals/{leg.pk}/timeline/").results[-1]
    assert (last["verb"], last["by"]) == ("expire", None)


def test_the_alliance_sets_its_own_limit(world: World) -> None:
    # Given a routine referral, due in working days
    leg = world.at(Status.SUBMITTED)
    # When the manager looks at what four hours would do, and sets them
    said = {
        "stage": "answer",
        "urgency": "routine",
        "direction": "up",
        "minutes": 240,
        "clock": "calendar",
        "source": "医联体章程第12条",
    }
    path = f"/alliances/{world.alliance.pk}/limits/"
    seen = world.manager.api.post(path, {**said, "preview": True}).body["effect"]
    assert (seen["waiting"], seen["overdue_then"]) == (1, 0)
    assert world.manager.api.post(path, said).status == 201
    # Then both ends read the new deadline, and where it comes from
    found = clock(world.office, leg)
    assert found == clock(world.doctor, leg)
    assert _moment(found["due_at"]) - _moment(found["since"]) == 4 * HOUR
    assert (found["own_limit"], found["source"]) == (True, "医联体章程第12条")


def test_the_manager_plans_and_thinks_again(world: World) -> None:
    # Given an alliance that sends on what nobody answers, and plans to let it expire from next month on
    path = f"/alliances/{world.alliance.pk}/"
    on = {"stage": "answer", "action": "rematch"}
    assert world.manager.api.post(f"{path}automatic-steps/", on).status == 201
    month = str(timezone.localdate() + timedelta(days=30))
    then = {"stage": "answer", "action": "expire", "starts": month}
    rows = world.manager.api.post(f"{path}automatic-steps/", then).results
    [planned] = [row for row in rows if row["action"] == "expire"]
    # When the year was mistyped, it is refused at once
    wrong = {**then, "starts": "9999-12-31"}
    assert world.manager.api.post(f"{path}automatic-steps/", wrong).code == "term-too-far"
    # And when the plan is withdrawn, by its manager alone
    rule = f"{path}rules/{planned['id']}/"
    for who in (world.doctor, world.office, world.stranger):
        assert who.api.send("DELETE", rule).status == 403
    assert world.manager.api.send("DELETE", rule).status == 204
    # Then everybody reads that what was there goes on, and that nothing comes after it
    rows = world.doctor.api.get(f"{path}automatic-steps/").results
    assert {row["action"]: row["ends"] for row in rows} == {"rematch": None, "expire": month}
    assert [row["starts"] for row in rows if row["action"] == "expire"] == [month]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
