"""A declined referral is begun again: prefilled, in the same episode, once at a time."""

from typing import Any

import pytest

from accounts.permissions import Role
from referral.models import Referral, RouteChoice
from referral.states import Status
from tests.api import Answer
from tests.factories import SLIP, World, as_system, make_person, new_key, reload
from tests.referral.expect import do, hidden_from, history, refused
from tests.referral.plans import medicine, sent


def declined(world: World, reason: str = "insufficient_information") -> Referral:
    sent = world.at(Status.RECEIVED, past_history="糖尿病")
    missing = ["ecg"] if reason == "insufficient_information" else []
    return world.move(sent, "decline", world.office, reason=reason, missing=missing)


def new_leg(answer: Answer) -> Referral:
    assert answer.status == 201, answer
    as_system()
    return Referral.objects.select_related("episode").get(pk=answer.body["id"])


def test_the_new_draft_says_what_the_old_one_said(world: World) -> None:
    old = declined(world)
    answer = do(world.doctor, "resend", old)
    leg = new_leg(answer)
    assert answer.body["missing"] == ["ecg"]
    assert answer.headers["Location"] == f"/api/v1/referrals/{leg.pk}/"
    assert (leg.status, leg.previous_id, leg.episode_id) == ("draft", old.pk, old.episode_id)
    assert (leg.to_facility_id, leg.diagnosis) == (world.hospital.pk, SLIP["diagnosis"])
    assert (leg.past_history, leg.patient_id) == ("糖尿病", old.patient_id)
    assert (leg.episode.open_legs, leg.episode.closed_at) == (1, None)
    assert history(leg) == ["create"]
    assert reload(old).status == "declined"


def test_it_is_sent_like_any_other_and_checked_for_what_was_asked(world: World) -> None:
    leg = new_leg(do(world.doctor, "resend", declined(world)))
    path = f"/referrals/{leg.pk}/"
    lacking = world.doctor.api.get(f"{path}completeness/").body["recommended"]
    assert [(row["item"], row["why"]) for row in lacking] == [("ecg", "asked")]
    world.doctor.api.patch(path, {"results": "心电图正常"})
    assert world.doctor.api.get(f"{path}completeness/").body["recommended"] == []
    assert do(world.doctor, "submit", leg).body["status"] == "submitted"


def declined_outside(world: World, reason: str) -> Referral:
    """A leg to a hospital outside the network, which declined it."""
    why = {"outside": True, "skip_reason": "other_skip", "skip_note": "曾在该院手术"}
    body = world.body(to_facility=world.outside.pk, submit=True, **why)
    sent = new_leg(world.doctor.api.post("/referrals/", body, key=new_key()))
    office = make_person(world.outside, Role.REFERRAL_OFFICE)
    missing = ["ecg"] if reason == "insufficient_information" else []
    return world.move(sent, "decline", office, reason=reason, missing=missing)


def test_the_reason_for_an_unusual_destination_goes_along_with_it(world: World) -> None:
    leg = new_leg(do(world.doctor, "resend", declined_outside(world, "insufficient_information")))
    choice = RouteChoice.objects.get(referral=leg)
    assert (choice.skip_reason, choice.note, choice.outside) == ("other_skip", "曾在该院手术", True)
    answer = do(world.doctor, "submit", leg)
    assert (answer.status, answer.body["status"]) == (200, "submitted")
    assert "/o/" in answer.body["outside_link"]


def test_a_reason_without_its_destination_is_forgotten(world: World) -> None:
    leg = new_leg(do(world.doctor, "resend", declined_outside(world, "capacity")))
    assert leg.to_facility_id is None
    assert not RouteChoice.objects.filter(referral=leg).exists()


def test_after_another_refusal_the_sender_chooses_anew(world: World) -> None:
    leg = new_leg(do(world.doctor, "resend", declined(world, "capacity")))
    assert (leg.to_facility_id, leg.diagnosis) == (None, SLIP["diagnosis"])


def test_once_at_a_time(world: World) -> None:
    old = declined(world)
    leg = new_leg(do(world.doctor, "resend", old))
    refused(world.doctor, "resend", old, 409, "resent-already")
    world.move(leg, "cancel", world.doctor, reason="other_cancel")
    assert do(world.doctor, "resend", old).status == 201


@pytest.mark.parametrize("status", [Status.DRAFT, Status.SUBMITTED, Status.CANCELLED])
def test_only_a_declined_one(world: World, status: Status) -> None:
    refused(world.doctor, "resend", world.at(status), 409, "not-declined")


def test_who_may_not(world: World) -> None:
    old = declined(world)
    refused(world.office, "resend", old, 403, "not-sender")
    refused(world.chief, "resend", old, 403, "no-permission")
    hidden_from(world.stranger, "resend", old)
    refused(world.doctor, "resend", old, 412, "stale-referral", if_match='"1"')


def test_a_declined_return_takes_its_plan_along(world: World) -> None:
    up = world.at(Status.ARRIVED)
    visits = [{"side": "down", "due_in_days": 9}]
    signs = [{"code": "blood_pressure_high", "action": "go_up"}]
    body = sent(medicine(14), next_visits=visits, warning_signs=signs)
    down = new_leg(do(world.office, "return", up, body))
    world.move(down, "decline", world.doctor, reason="insufficient_information")
    leg = new_leg(do(world.office, "resend", down))
    before, after = (world.office.api.get(f"/referrals/{each.pk}/").body for each in (down, leg))
    for part in ("medicines", "next_visits", "warning_signs"):
        assert len(after[part]) == 1
        assert _words(after[part]) == _words(before[part])


def _words(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "id"} for row in rows]
