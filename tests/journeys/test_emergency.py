"""The green channel: a stroke goes with one word, the hospital expects it, and the clinic writes the rest."""

from datetime import timedelta

import time_machine
from django.utils import timezone

from facilities.models import Facility
from referral.tasks import remind
from tests.factories import Person, World, as_system
from tests.journeys.test_clocks import called
from tests.journeys.test_there_and_back import act, read

DAY = timedelta(days=1)


def owed(who: Person, leg: str) -> list[str]:
    """Return what is due beside the running stage of a leg."""
    answer = who.api.get(f"/referrals/{leg}/clock/")
    assert answer.status == 200, answer
    return [each["stage"] for each in answer.body["beside"]]


def waiting(who: Person) -> list[str]:
    """Return the emergencies that a facility has to complete."""
    return [row["referral"]["id"] for row in who.api.get("/tasks/documentation/").results]


def test_a_stroke_goes_first_and_is_completed_afterwards(world: World) -> None:
    Facility.objects.filter(pk=world.hospital.pk).update(duty_phone="021-5555 0000")
    # Given a patient with a stroke, and a doctor who has time for one word
    _ = world.alliance
    body = {
        "patient": world.patient.pk,
        "to_facility": world.hospital.pk,
        "urgency": "emergency",
        "diagnosis": "疑似脑卒中",
        "submit": True,
    }
    # When she sends it, it counts as accepted
    sent = world.doctor.api.post("/referrals/", body)
    assert (sent.status, sent.body["status"]) == (201, "accepted")
    leg = sent.body["id"]
    # And both ends see by when she writes the rest, and whom to ring meanwhile
    for who in (world.doctor, world.office):
        clock = who.api.get(f"/referrals/{leg}/clock/").body
        assert (clock["stage"], clock["owner"]["duty_phone"]) == ("acknowledge", "021-5555 0000")
        assert owed(who, leg) == ["documentation"]
    assert waiting(world.doctor) == [leg]
    # When the hospital has acknowledged it and received the patient, it is still to be completed
    act(world.office, leg, "acknowledge")
    act(world.office, leg, "arrive")
    assert owed(world.doctor, leg) == ["documentation"]
    # And after a day the clinic is called, but not yet the hospital; after another one both are
    with time_machine.travel(timezone.now() + DAY + timedelta(minutes=1), tick=False):
        remind()
    assert called(world.clinic) == [("referral.overdue", 1)]
    assert called(world.hospital) == []
    with time_machine.travel(timezone.now() + 2 * DAY + timedelta(minutes=1), tick=False):
        remind()
    assert called(world.hospital) == [("referral.escalated", 2)]
    # When the doctor writes what she knows, and then the rest
    path = f"/referrals/{leg}/documentation/"
    first = world.doctor.api.post(path, {"reason": "两小时前突发右侧肢体无力, 言语不清"})
    assert [each["item"] for each in first.body["missing"]] == ["reason_code"]
    last = world.doctor.api.post(path, {"reason_code": "critical", "past_history": "高血压10年"})
    assert (last.status, last.body["missing"]) == (200, [])
    # Then the hospital reads it, nothing is owed, and nobody is called any more
    assert read(world.office, leg)["past_history"] == "高血压10年"
    assert owed(world.office, leg) == waiting(world.doctor) == []
    before = called(world.clinic)
    with time_machine.travel(timezone.now() + 9 * DAY, tick=False):
        remind()
    as_system()
    assert called(world.clinic) == before
    # And a stranger was told nothing of all this
    assert world.stranger.api.get(path).status == 404
    assert world.stranger.api.post(path, {"reason": "x"}).status == 404
    assert waiting(world.stranger) == []
