"""The table of moves: every verb in every state, and the parts that each verb must have."""

import ast
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from django.utils import timezone

from referral import actions, messages
from referral.policy import referrals as policy
from referral.serializers import referrals as forms
from referral.states import (
    AGREED,
    DECIDED,
    ENDED,
    LIVE,
    OPEN,
    PREPARING,
    TRANSITIONS,
    WAITING,
    Status,
)
from tests.factories import Person, World
from tests.referral.expect import do, snapshot

HERE: Final = Path(__file__).parent
SENDERS: Final = {"submit", "request_review", "answer", "cancel", "void"}
REVIEWERS: Final = {"approve", "send_back"}


def test_each_state_is_in_one_group() -> None:
    groups = (PREPARING, WAITING, AGREED, frozenset({Status.ARRIVED}), ENDED)
    assert frozenset().union(*groups) == frozenset(Status)
    assert sum(map(len, groups)) == len(Status)
    assert WAITING | AGREED | {Status.ARRIVED} == LIVE
    assert OPEN == PREPARING | LIVE
    assert not DECIDED & (PREPARING | WAITING)


def test_what_has_ended_moves_no_more_but_into_the_void() -> None:
    for verb, move in TRANSITIONS.items():
        if verb != "void":
            assert not move.sources & ENDED, verb


def test_every_open_state_has_a_way_to_end() -> None:
    """From each open state some path of moves leads to an end without voiding."""
    reachable = set(ENDED)
    while True:
        more = {
            source
            for verb, move in TRANSITIONS.items()
            if verb != "void" and move.target in reachable
            for source in move.sources
        } - reachable
        if not more:
            break
        reachable |= more
    assert reachable == set(Status)


@pytest.mark.parametrize("verb", TRANSITIONS)
def test_a_verb_has_everything(verb: str) -> None:
    assert callable(getattr(policy, f"may_{verb}"))
    assert callable(getattr(actions, verb))
    assert verb in forms.VERB_FORMS
    assert messages.TOPICS[verb].startswith("referral.")
    file = HERE / f"test_{verb}.py"
    tests = [
        node.name
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    assert "test_manners" in tests
    assert len(tests) >= 4


def test_topics_and_forms_name_no_other_verb() -> None:
    assert set(messages.TOPICS) == set(forms.VERB_FORMS) == set(TRANSITIONS)
    assert len(set(messages.TOPICS.values())) == len(TRANSITIONS)


def party(world: World, verb: str) -> Person:
    if verb in SENDERS:
        return world.doctor
    if verb in REVIEWERS:
        return world.chief
    return world.manager if verb == "expire" else world.office


def words(world: World, verb: str) -> dict[str, Any]:
    visit = {"scheduled_for": str(timezone.now() + timedelta(days=9))}
    return {
        "ask_information": {"note": "x"},
        "answer": {"note": "x"},
        "send_back": {"note": "x"},
        "void": {"note": "x"},
        "decline": {"reason": "capacity"},
        "cancel": {"reason": "duplicate"},
        "redirect": {"to_facility": str(world.second.pk)},
        "schedule": visit,
        "reschedule": visit,
        "put_off": {"reason": "other_time"},
        "complete": {"outcome": "cured", "no_return_reason": "recovered"},
    }.get(verb, {})


@pytest.mark.parametrize("status", Status)
def test_every_verb_that_the_state_does_not_allow(world: World, status: Status) -> None:
    """Whoever may make a move at all may not make it from another state."""
    referral = world.at(status)
    hidden = referral.submitted_at is None
    before = snapshot()
    for verb, move in TRANSITIONS.items():
        if status in move.sources:
            continue
        who = party(world, verb)
        answer = do(who, verb, referral, words(world, verb))
        inside = verb in SENDERS | REVIEWERS
        expected = (409, "wrong-state") if inside or not hidden else (404, "not-found")
        assert (answer.status, answer.code) == expected, (verb, status)
    as_before = snapshot()
    assert {name for name in before if before[name] != as_before[name]} == set()
