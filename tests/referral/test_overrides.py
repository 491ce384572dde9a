"""Rates of override: counted per rule over the manager's alliances, and silent about small numbers."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from referral.models import Referral
from referral.representations.criteria import rule_count
from referral.states import Status, Urgency
from tests.factories import World
from tests.referral.test_assessment import HEADACHE, HIGH, WELL, WHY
from tests.referral.test_down_candidates import STABLE


def send(world: World, observations: Any, urgency: int = Urgency.ROUTINE, **words: Any) -> Referral:
    """Return a submitted leg of a patient of its own, assessed before."""
    draft = world.draft(patient=world.make_patient(), urgency=urgency)
    path = f"/referrals/{draft.pk}/"
    body = {"observations": observations, "visit": "first", **words}
    assert world.doctor.api.put(f"{path}assessment/", body).status == 200
    assert world.doctor.api.post(f"{path}submit/", {}).status == 200
    return draft


def counts(world: World, **query: Any) -> dict[str, Any]:
    answer = world.manager.api.get("/criteria/overrides/", query)
    assert answer.status == 200, answer
    return answer.body


def by_rule(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["rule"]: each for each in body["results"]}


def test_counts_of_a_rule(world: World) -> None:
    for _each in range(5):
        send(world, HEADACHE, **WHY)
    send(world, HEADACHE, Urgency.EMERGENCY)
    send(world, WELL, **WHY)
    body = counts(world)
    assert (body["assessed"], body["overridden"]) == (7, 6)
    assert body["reasons"] == [{"reason": "clinical_judgement", "count": 6}]
    assert by_rule(body)["HTN-E2"] == {
        "rule": "HTN-E2",
        "evaluated": 7,
        "met": 6,
        "overridden": 5,
        "override_rate": 0.8333,
    }
    first = by_rule(body)["HTN-I1"]
    assert (first["evaluated"], first["met"], first["overridden"]) == (7, 6, None)


def test_small_numbers_are_not_told(world: World) -> None:
    for _each in range(4):
        send(world, HEADACHE, **WHY)
    body = counts(world)
    assert (body["assessed"], body["overridden"]) == (None, None)
    assert body["reasons"] == [{"reason": "clinical_judgement", "count": None}]
    assert set(by_rule(body)["HTN-E2"].values()) == {"HTN-E2", None}


@pytest.mark.parametrize(("number", "told"), [(4, None), (5, 5), (0, None)])
def test_five_is_the_fewest(number: int, told: int | None) -> None:
    found = rule_count("HTN-I1", 9, 9, number)
    assert found["overridden"] == told
    assert (found["override_rate"] is None) is (told is None)


def test_a_reason_given_where_none_was_needed_is_no_override(world: World) -> None:
    for _each in range(5):
        send(world, HIGH, **WHY)
    body = counts(world)
    assert (body["assessed"], body["overridden"], body["reasons"]) == (5, None, [])


def test_drafts_and_voided_referrals_do_not_count(world: World) -> None:
    legs = [send(world, HIGH) for _each in range(5)]
    draft = world.draft()
    body = {"observations": HIGH, "visit": "first"}
    world.doctor.api.put(f"/referrals/{draft.pk}/assessment/", body)
    assert counts(world)["assessed"] == 5
    world.move(legs[0], "void", world.doctor, note="误登记")
    assert counts(world)["assessed"] is None


def test_the_period_is_that_of_submission(world: World) -> None:
    for _each in range(5):
        send(world, HIGH)
    today = timezone.localdate()
    tomorrow = today + timedelta(days=1)
    assert counts(world, since=today, until=tomorrow)["assessed"] == 5
    assert counts(world, until=today)["assessed"] is None
    assert counts(world, since=tomorrow)["results"] == []


def test_a_period_that_ends_before_it_begins(world: World) -> None:
    query = {"since": "2026-02-01", "until": "2026-02-01"}
    answer = world.manager.api.get("/criteria/overrides/", query)
    assert (answer.status, set(answer.body["errors"])) == (400, {"until"})


def test_patients_kept_in_spite_of_the_rules_count(world: World) -> None:
    for _each in range(5):
        leg = world.at(Status.ARRIVED, patient=world.make_patient())
        path = f"/referrals/{leg.pk}/down-candidate/"
        for body in (
            {"observations": STABLE},
            {"observations": STABLE},
            {"reason": "no_transport"},
        ):
            assert world.office.api.post(path, body).status == 201
    found = by_rule(counts(world))["HTN-D1"]
    assert (found["evaluated"], found["met"], found["overridden"]) == (5, 5, 5)


def test_only_of_the_own_alliances(world: World) -> None:
    for _each in range(5):
        send(world, HEADACHE, **WHY)
    assert world.outsider.api.get("/criteria/overrides/").body["results"] == []
    for who in (world.doctor, world.chief, world.office, world.auditor):
        assert who.api.get("/criteria/overrides/").status == 403
    assert world.anonymous.get("/criteria/overrides/").status == 401


def test_a_leg_that_was_sent_on_counts_once(world: World) -> None:
    for number in range(5):
        leg = send(world, HEADACHE, **WHY)
        if number:
            world.move(leg, "redirect", world.office, to_facility_id=world.second.pk)
    body = counts(world)
    assert (body["assessed"], body["overridden"]) == (5, 5)
    assert by_rule(body)["HTN-E2"]["met"] == 5
