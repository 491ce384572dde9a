"""Candidates for the way down: reviewed by the same rules, kept for a coded reason, proposed again later."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import scope
from facilities.models import Capability, Department
from referral.models import DownReview, Referral
from referral.states import Status
from tests.api import Answer
from tests.factories import Person, World, as_system, new_key
from tests.referral.expect import audited
from tests.referral.raw import run, seen
from tests.referral.test_return import contract

STABLE = {
    name: {"value": True}
    for name in ("diagnosis_clear", "plan_clear", "primary_care_suffices", "condition_stable")
}
LIMP = {**STABLE, "plan_clear": {"value": False}}


def review(who: Person, leg: Referral, **body: Any) -> Answer:
    return who.api.post(f"/referrals/{leg.pk}/down-candidate/", body)


def candidates(who: Person, **query: Any) -> dict[str, dict[str, Any]]:
    answer = who.api.get("/down-candidates/", query)
    assert answer.status == 200, answer
    return {row["referral"]: row for row in answer.results}


def state(world: World, leg: Referral) -> str:
    return str(candidates(world.office)[str(leg.pk)]["state"])


def test_a_patient_who_meets_the_rules_is_proposed(world: World) -> None:
    leg = world.at(Status.ARRIVED)
    assert state(world, leg) == "unobserved"
    assert candidates(world.office, state="proposed") == {}
    answer = review(world.office, leg, observations=STABLE)
    assert (answer.status, answer.body["outcome"]) == (201, "met")
    assert answer.body["advice"]["met"] == ["HTN-D1"]
    assert answer.body["advice"]["direction"] == "down"
    assert list(candidates(world.office, state="proposed")) == [str(leg.pk)]
    assert audited(leg, "referral.review", by=world.office) == 1


def test_what_is_shown_of_a_candidate(world: World) -> None:
    leg = world.at(Status.ARRIVED)
    as_system()
    today = timezone.localdate()
    Capability.objects.create(facility=world.clinic, code="rehabilitation", starts=today)
    Department.objects.create(facility=world.clinic, code="02", name="全科医疗科")
    Referral.objects.filter(pk=leg.pk).update(arrived_at=timezone.now() - timedelta(days=9))
    review(world.office, leg, observations=STABLE)
    row = candidates(world.office)[str(leg.pk)]
    assert (row["bed_days"], row["state"], row["diagnosis_code"]) == (9, "proposed", "I10")
    assert row["patient"]["name"] == "欧阳**"
    assert row["home"] == {
        "id": str(world.clinic.pk),
        "name": world.clinic.name,
        "tier": 1,
        "capabilities": ["REHABILITATION"],
        "departments": ["全科医疗科"],
    }
    assert row["review"]["reviewed_by"] == "李主任"
    assert row["review"]["observations"] == STABLE
    assert row["kept"] is None


def test_bed_days_are_nights(world: World) -> None:
    leg = world.at(Status.ARRIVED)
    assert candidates(world.office)[str(leg.pk)]["bed_days"] == 0


def test_a_rule_that_fails_and_one_that_lacks_something(world: World) -> None:
    leg = world.at(Status.ARRIVED)
    review(world.office, leg, observations=LIMP)
    assert state(world, leg) == "cannot-evaluate", "another rule lacks an observation"
    found = review(world.office, leg, observations=LIMP).body["results"]
    assert {each["rule"]: each["outcome"] for each in found}["HTN-D1"] == "not-met"
    review(world.office, leg, observations={})
    assert state(world, leg) == "cannot-evaluate"
    assert candidates(world.office, state="proposed") == {}


def test_the_newest_observations_count(world: World) -> None:
    leg = world.at(Status.ARRIVED)
    review(world.office, leg, observations=STABLE)
    review(world.office, leg, observations=LIMP)
    assert candidates(world.office, state="proposed") == {}


def test_what_the_community_can_do_makes_its_rules_true(world: World) -> None:
    quiet = {
        name: {"value": True}
        for name in (
            "diagnosis_and_plan_settled",
            "exacerbation_controlled",
            "comorbidity_stable",
        )
    }
    leg = world.at(Status.ARRIVED, diagnosis_code="J44.1")
    found = {
        each["rule"]: each for each in review(world.office, leg, observations=quiet).body["results"]
    }
    assert found["COPD-D1"]["missing"] == ["local_rehabilitation", "local_long_term_oxygen"]
    as_system()
    Capability.objects.create(
        facility=world.clinic, code="long_term_oxygen", starts=timezone.localdate()
    )
    assert review(world.office, leg, observations=quiet).body["advice"]["met"] == ["COPD-D1"]
    # What the doctor has found out goes before the directory.
    gone = {**quiet, "local_long_term_oxygen": {"value": False}}
    assert "COPD-D1" not in review(world.office, leg, observations=gone).body["advice"]["met"]


def test_a_reason_keeps_the_patient_for_some_days(world: World) -> None:
    leg = world.at(Status.ARRIVED)
    review(world.office, leg, observations=STABLE)
    answer = review(world.office, leg, reason="home_lacks_means", note="社区无该药")
    today = timezone.localdate()
    assert (answer.status, answer.body["ask_again_on"]) == (201, str(today + timedelta(days=7)))
    assert candidates(world.office, state="proposed") == {}
    row = candidates(world.office)[str(leg.pk)]
    assert (row["state"], row["kept"]["reason"]) == ("kept", "home_lacks_means")
    assert row["review"]["advice"]["met"] == ["HTN-D1"]
    as_system()
    assert DownReview.objects.get(reason="home_lacks_means").overridden == ["HTN-D1"]


@pytest.mark.parametrize(("days", "proposed"), [(6, False), (7, True)])
def test_after_those_days_the_patient_is_proposed_again(
    world: World, days: int, proposed: bool
) -> None:
    leg = world.at(Status.ARRIVED)
    review(world.office, leg, observations=STABLE)
    review(world.office, leg, reason="awaiting_result")
    with time_machine.travel(timezone.now() + timedelta(days=days), tick=False):
        assert (str(leg.pk) in candidates(world.office, state="proposed")) is proposed


def test_whoever_is_returning_is_no_candidate(world: World) -> None:
    leg = world.at(Status.ARRIVED)
    review(world.office, leg, observations=STABLE)
    world.start_return(leg)
    assert candidates(world.office) == {}


@pytest.mark.parametrize("status", [Status.ACCEPTED, Status.COMPLETED, Status.SUBMITTED])
def test_only_who_is_here_is_a_candidate(world: World, status: Status) -> None:
    leg = world.at(status)
    assert candidates(world.office) == {}
    answer = review(world.office, leg, observations=STABLE)
    assert (answer.status, answer.code) == (409, "wrong-state")


def test_a_patient_who_came_down_is_none(world: World) -> None:
    down = world.returning(Status.ARRIVED)
    assert candidates(world.doctor) == {}
    assert review(world.doctor, down, observations=STABLE).status == 409


def test_who_reviews_and_who_reads(world: World) -> None:
    leg = world.at(Status.ARRIVED)
    review(world.office, leg, observations=STABLE)
    path = f"/referrals/{leg.pk}/down-candidate/"
    for who in (world.doctor, world.office, world.manager):
        assert len(who.api.get(path).results) == 1
    for who in (world.stranger, world.outsider, world.nurse):
        assert who.api.get(path).status == 404
    assert review(world.doctor, leg, observations=STABLE).code == "not-receiver"
    assert review(world.manager, leg, observations=STABLE).status == 403
    assert review(world.stranger, leg, observations=STABLE).status == 404
    for who in (world.doctor, world.stranger, world.second_office):
        assert candidates(who) == {}
    assert world.manager.api.get("/down-candidates/").status == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "observations"),
        ({"observations": STABLE, "reason": "awaiting_result"}, "reason"),
        ({"observations": STABLE, "note": "x"}, "note"),
        ({"reason": "other_stay"}, "note"),
        ({"reason": "because"}, "reason"),
        ({"observations": {"sbp": {"value": 1, "unit": "mmHg"}}}, "observations.sbp"),
    ],
)
def test_what_is_wrong_is_named(world: World, body: dict[str, Any], field: str) -> None:
    answer = review(world.office, world.at(Status.ARRIVED), **body)
    assert answer.status == 400
    assert field in answer.body["errors"]


def test_a_repeated_key_reviews_once(world: World) -> None:
    leg, key = world.at(Status.ARRIVED), new_key()
    path = f"/referrals/{leg.pk}/down-candidate/"
    first = world.office.api.post(path, {"observations": STABLE}, key=key)
    again = world.office.api.post(path, {"observations": STABLE}, key=key)
    assert first.content == again.content
    as_system()
    assert DownReview.objects.count() == 1


def test_a_contract_elsewhere_is_the_home(world: World) -> None:
    """The way back leads to the signed family doctor first, as the return itself does."""
    leg = world.at(Status.ARRIVED)
    contract(world)
    assert candidates(world.office)[str(leg.pk)]["home"]["id"] == str(world.sister.pk)


def test_a_page_costs_the_same_whatever_its_size(world: World) -> None:
    for _each in range(3):
        review(world.office, world.at(Status.ARRIVED), observations=STABLE)
    world.office.api.get("/down-candidates/", {"limit": 2})
    with CaptureQueriesContext(connection) as two:
        first = world.office.api.get("/down-candidates/", {"limit": 2})
    with CaptureQueriesContext(connection) as one:
        rest = world.office.api.get(first.body["next"])
    assert (len(first.results), len(rest.results)) == (2, 1)
    assert not {row["referral"] for row in first.results} & {
        row["referral"] for row in rest.results
    }
    assert len(two) == len(one)


def test_reviews_stay_as_they_were_written(world: World) -> None:
    leg = world.at(Status.ARRIVED)
    review(world.office, leg, observations=STABLE)
    for actor in (world.office.actor, world.doctor.actor):
        scope.enter(actor)
        for sql in (
            "UPDATE referral_downreview SET note = 'x' WHERE referral_id = %s",
            "DELETE FROM referral_downreview WHERE referral_id = %s",
        ):
            with pytest.raises(DatabaseError, match="permission denied"):
                run(sql, [leg.pk])


def test_rows_are_hidden_from_everybody_else(world: World) -> None:
    leg = world.at(Status.ARRIVED)
    review(world.office, leg, observations=STABLE)
    for who, expected in (
        (world.office, 1),
        (world.doctor, 1),
        (world.manager, 1),
        (world.stranger, 0),
        (world.outsider, 0),
        (world.nurse, 0),
    ):
        scope.enter(who.actor)
        assert seen("downreview", "referral_id", leg.pk) == expected
