"""The way up again: from a return to the hospital that sent it, in the same episode and prefilled."""

from typing import Any

import pytest

from accounts import scope
from accounts.actors import Actor
from referral import actions, tasks
from referral.models import Referral, RouteChoice, Transition
from referral.states import Status, Urgency
from tests.api import Answer
from tests.factories import World, as_system, new_key, reload
from tests.referral.expect import audited, do, heard, hidden_from, history, refused, snapshot
from tests.referral.plans import medicine, sent

WHY = {"reason_code": "needs_examination", "reason": "血压再次升高"}


def returned(world: World, *actions: str, **parts: Any) -> Referral:
    """Return a return that has arrived, with one warning sign of blood pressure for each action."""
    signs = [{"code": "blood_pressure_high", "action": action} for action in actions]
    body = sent(medicine(14), warning_signs=signs, **parts)
    answer = do(world.office, "return", world.at(Status.ARRIVED), body)
    as_system()
    leg = Referral.objects.get(pk=answer.body["id"])
    for verb in ("accept", "arrive"):
        leg = world.move(leg, verb, world.doctor)
    return leg


def contact(world: World, leg: Referral, sbp: int) -> Answer:
    measured = {
        "sbp": {"value": sbp, "unit": "mmHg"},
        "dbp": {"value": 95, "unit": "mmHg"},
    }
    words = {"method": "visit", "findings": f"血压{sbp}/95", "observations": measured}
    answer = world.doctor.api.post(f"/referrals/{leg.pk}/follow-ups/", words)
    assert answer.status == 201, answer
    return answer


def new_leg(answer: Answer) -> Referral:
    assert answer.status == 201, answer
    as_system()
    return reload(Referral.objects.get(pk=answer.body["id"]))


def test_a_draft_prefilled_from_the_return_and_the_last_contact(world: World) -> None:
    down = returned(world, "go_up")
    contact(world, down, 190)
    answer = do(world.doctor, "refer_again", down)
    leg = new_leg(answer)
    assert answer.headers["Location"] == f"/api/v1/referrals/{leg.pk}/"
    assert (leg.status, leg.previous_id, leg.episode_id) == ("draft", down.pk, down.episode_id)
    assert (leg.from_facility_id, leg.to_facility_id) == (world.clinic.pk, world.hospital.pk)
    assert leg.origin_id == down.origin_id
    for name in ("diagnosis_code", "diagnosis", "treatment"):
        assert getattr(leg, name) == getattr(down, name)
    assert leg.reason.startswith("血压190/95\n")
    assert leg.urgency == Urgency.URGENT
    assert [row["name"] for row in answer.body["medicines"]] == ["苯磺酸氨氯地平"]
    assert history(leg) == ["create"]
    assert audited(leg, "referral.refer_again", by=world.doctor) == 1
    assert leg.episode.open_legs == 3


@pytest.mark.parametrize(
    ("action", "urgency"),
    [
        ("emergency", Urgency.EMERGENCY),
        ("go_up", Urgency.URGENT),
        ("call_clinic", Urgency.ROUTINE),
    ],
)
def test_what_the_sign_demands_is_the_urgency(world: World, action: str, urgency: int) -> None:
    down = returned(world, "call_clinic", action)
    contact(world, down, 180)
    assert new_leg(do(world.doctor, "refer_again", down)).urgency == urgency


def test_without_any_contact_nothing_is_made_up(world: World) -> None:
    leg = new_leg(do(world.doctor, "refer_again", returned(world, "emergency")))
    assert (leg.reason, leg.urgency) == ("", Urgency.ROUTINE)


def test_sent_in_the_same_breath(world: World) -> None:
    down = returned(world, "go_up")
    leg = new_leg(do(world.doctor, "refer_again", down, {**WHY, "submit": True}))
    assert (leg.status, leg.direction, leg.reason) == ("submitted", "up", WHY["reason"])
    assert heard(leg, "referral.submitted") == {world.hospital.pk}
    refused(world.doctor, "refer_again", down, 409, "already-referred-again", WHY)


def test_again_after_the_hospital_has_declined(world: World) -> None:
    down = returned(world)
    leg = new_leg(do(world.doctor, "refer_again", down, {**WHY, "submit": True}))
    world.move(leg, "decline", world.office, reason="capacity")
    assert do(world.doctor, "refer_again", down, {**WHY, "submit": True}).status == 201


def test_a_second_way_down_needs_a_return_of_its_own(world: World) -> None:
    """The first return, still followed below, is none for the second stay."""
    down = returned(world)
    leg = new_leg(do(world.doctor, "refer_again", down, {**WHY, "submit": True}))
    for verb in ("accept", "arrive"):
        world.move(leg, verb, world.office)
    improved = {"outcome": "improved"}
    refused(world.office, "complete", leg, 422, "return-missing", improved)
    assert do(world.office, "return", leg, sent(medicine(7))).status == 201
    assert do(world.office, "complete", leg, improved).status == 200


def test_the_return_is_handed_on_once_its_patient_has_come_to_the_hospital(world: World) -> None:
    down = returned(world, next_visits=[{"side": "down", "due_in_days": 9}])
    leg = new_leg(do(world.doctor, "refer_again", down, {**WHY, "submit": True}))
    world.move(leg, "accept", world.office)
    assert tasks.hand_on() == 0, "he has not come yet"
    assert reload(down).status == Status.ARRIVED
    world.move(leg, "arrive", world.office)
    assert (tasks.hand_on(), tasks.hand_on()) == (1, 0)
    after = reload(down)
    assert (after.status, after.outcome, after.version) == ("completed", "handed_on", 5)
    move = Transition.objects.get(referral=down, verb="complete")
    assert (move.by_id, move.on_behalf_of_id) == (None, world.clinic.pk)
    assert heard(down, "referral.completed") == {world.hospital.pk, world.clinic.pk}
    assert after.episode.open_legs == 2
    assert world.doctor.api.get("/follow-ups/").results == []


def test_whom_the_hospital_declines_the_community_goes_on_with(world: World) -> None:
    down = returned(world)
    leg = new_leg(do(world.doctor, "refer_again", down, {**WHY, "submit": True}))
    world.move(leg, "decline", world.office, reason="capacity")
    assert tasks.hand_on() == 0
    with scope.transaction_as(Actor.system()):
        assert actions.hand_on(down.pk, by=Actor.system()) is False
    assert reload(down).status == Status.ARRIVED


def test_a_first_stay_hands_nothing_on(world: World) -> None:
    """The stay that the return came from, and a journey that has only gone up, hand nothing on."""
    world.returning(Status.ARRIVED)
    world.at(Status.ARRIVED)
    assert tasks.hand_on() == 0


def test_the_reason_for_an_unusual_hospital_is_kept(world: World) -> None:
    down = returned(world)
    place = {"to_facility": world.outside.pk, "outside": True, "skip_reason": "capability"}
    leg = new_leg(do(world.doctor, "refer_again", down, {**WHY, **place}))
    kept = RouteChoice.objects.get(pk=leg.pk)
    assert (kept.skip_reason, kept.outside) == ("capability", True)
    sent_off = do(world.doctor, "submit", leg)
    assert sent_off.status == 200, sent_off
    assert sent_off.body["outside_link"]


def test_after_the_return_was_completed_the_episode_opens_again(world: World) -> None:
    down = returned(world)
    world.move(down, "complete", world.doctor, outcome="handed_on")
    leg = new_leg(do(world.doctor, "refer_again", down))
    assert leg.episode_id == down.episode_id
    assert leg.episode.closed_at is None


def test_who_may_and_from_where(world: World) -> None:
    down = returned(world)
    refused(world.office, "refer_again", down, 403, "not-receiver", WHY)
    refused(world.chief, "refer_again", down, 403, "no-permission", WHY)
    hidden_from(world.stranger, "refer_again", down, WHY)
    refused(world.office, "refer_again", world.at(Status.ARRIVED), 409, "not-a-return", WHY)
    early = world.returning(Status.ACCEPTED)
    refused(world.doctor, "refer_again", early, 409, "wrong-state", WHY)


def test_repeated_with_the_same_key(world: World) -> None:
    down, key = returned(world), new_key()
    first = do(world.doctor, "refer_again", down, {**WHY, "submit": True}, key=key)
    left = snapshot()
    again = do(world.doctor, "refer_again", down, {**WHY, "submit": True}, key=key)
    assert (again.status, again.content) == (201, first.content)
    assert snapshot() == left


def test_a_stale_version(world: World) -> None:
    down = returned(world)
    refused(world.doctor, "refer_again", down, 412, "stale-referral", WHY, if_match='"99"')
