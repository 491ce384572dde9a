"""When going against the criteria needs a reason: where all rules spoke and none is met, never for want of a value."""

import pytest

from referral.states import Status
from tests.criteria.cases import well
from tests.factories import World, reload
from tests.referral.test_assessment import LOW, WELL, WHY, kept, outcome, put, submit


def test_while_a_rule_cannot_be_judged_none_has_been_departed_from(world: World) -> None:
    """What is missing is never "not met": whoever measures the pressure alone is asked for no reason."""
    draft = world.draft()
    answer = put(world.doctor, draft, LOW)
    assert outcome(answer, "HTN-I1") == "not-met"
    assert outcome(answer, "HTN-I4") == "cannot-evaluate"
    assert "onset_age" in answer.body["advice"]["missing"]
    assert submit(world, draft).status == 200
    row = kept(draft)
    assert (row.overrides, row.met, "HTN-I1" in row.not_met) == ([], [], True)
    assert {each["outcome"] for each in row.results} == {"not-met", "cannot-evaluate"}


@pytest.mark.parametrize("name", ["onset_age", "pregnant", "breastfeeding", "sbp"])
def test_one_value_that_is_missing_is_enough(world: World, name: str) -> None:
    draft = world.draft(patient=world.make_patient(gender="2"))
    assert name in well("I10"), "a rule of the disease asks for it"
    put(world.doctor, draft, well("I10", but=(name,)))
    assert submit(world, draft).status == 200
    assert kept(draft).overrides == []


def test_what_only_the_other_kind_of_visit_asks_for_is_not_missed(world: World) -> None:
    draft = world.draft()
    put(world.doctor, draft, well("I10", but=("marked_bp_fluctuation",)))
    assert submit(world, draft).code == "override-reason-required"
    put(world.doctor, draft, well("I10", but=("marked_bp_fluctuation",)), visit="follow-up")
    assert submit(world, draft).status == 200


def test_no_rule_met_needs_a_reason(world: World) -> None:
    draft = world.draft()
    answer = put(world.doctor, draft, WELL)
    assert {each["outcome"] for each in answer.body["results"]} == {"not-met"}
    answer = submit(world, draft)
    assert (answer.status, answer.code) == (422, "override-reason-required")
    assert set(answer.body["errors"]) == {"override_reason"}
    assert reload(draft).status == Status.DRAFT
    put(world.doctor, draft, WELL, **WHY)
    assert submit(world, draft).status == 200
    assert (kept(draft).overrides, kept(draft).overridden) == (["none_met"], [])
