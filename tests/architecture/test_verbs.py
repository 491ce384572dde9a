"""A verb is an address: each one in TRANSITIONS has its policy, action, endpoint and test file."""

import pytest
from django.urls import Resolver404, resolve

from referral import actions
from referral.policy import referrals as policy
from referral.states import TRANSITIONS, Status
from tests.architecture.floors import ROOT

SOME_ID = "0190a0a0-0000-7000-8000-000000000000"


@pytest.mark.parametrize("verb", TRANSITIONS)
def test_a_verb_is_found_where_its_name_says(verb: str) -> None:
    assert callable(getattr(policy, f"may_{verb}", None)), f"policy.may_{verb} is missing"
    assert callable(getattr(actions, verb, None)), f"actions.{verb} is missing"
    assert (ROOT / f"tests/referral/test_{verb}.py").exists(), (
        f"tests/referral/test_{verb}.py is missing"
    )


@pytest.mark.parametrize("verb", TRANSITIONS)
def test_a_verb_has_its_endpoint(verb: str) -> None:
    address = f"/api/v1/referrals/{SOME_ID}/{verb.replace('_', '-')}/"
    try:
        found = resolve(address)
    except Resolver404:
        pytest.fail(f"{address} leads nowhere")
    assert set(found.kwargs) >= {"referral_id"}


def test_every_state_can_be_reached_and_left_or_is_an_end() -> None:
    targets = {move.target for move in TRANSITIONS.values()}
    assert targets | {Status.DRAFT} == set(Status)
    reached, frontier = set(), {Status.DRAFT}
    while frontier:
        reached |= frontier
        frontier = {
            move.target for move in TRANSITIONS.values() if move.sources & reached
        } - reached
    assert reached == set(Status), "a state that no history can reach"
