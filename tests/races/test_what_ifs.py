"""Workers that look for something to compute at the same instant: each job is run once, and one key asks for one."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from accounts.permissions import Role
from insights import jobs_tasks
from insights.actions import jobs, trying
from insights.models import JobState, WhatIf
from tests.insights.history import practise
from tests.races.racers import Racers
from tests.security.world import World, act

WORKERS = 8


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("insights.actions.trying.REPLICATIONS", (2,))


@pytest.fixture
def body(world: World) -> dict[str, Any]:
    """What is asked of a department of the receiver that has worked for ten weeks."""
    with scope.transaction_as(Actor.system()):
        department = world.departments["receiver"]
        practise(world.facilities["receiver"], department, timezone.localdate())
    return {"department": str(department.pk), "kind": "places", "pool": "slot", "number": 1}


def ask(world: World, body: dict[str, Any]) -> WhatIf:
    office = world.who("receiver", Role.REFERRAL_OFFICE)
    facility, now = world.facilities["receiver"].pk, timezone.now()

    def perform(*, by: Actor) -> WhatIf:
        return trying.ask(facility, body, by=by, now=now)

    return act(office.actor, perform)


def runs() -> list[tuple[str, int]]:
    with scope.transaction_as(Actor.system()):
        return list(WhatIf.objects.order_by("asked_at").values_list("state", "tries"))


@pytest.mark.slow
def test_one_job_is_run_once(world: World, team: Racers, body: dict[str, Any]) -> None:
    ask(world, body)
    taken = team.race([jobs_tasks.compute for _worker in range(WORKERS)])
    assert sum(taken) == 1
    assert runs() == [(JobState.DONE, 1)]


@pytest.mark.slow
def test_several_jobs_are_run_once_each_and_one_at_a_time(
    world: World, team: Racers, body: dict[str, Any]
) -> None:
    for _each in range(3):
        ask(world, body)
    rounds = 0
    while any(state == JobState.WAITING for state, _tries in runs()):
        team.race([jobs_tasks.compute for _worker in range(WORKERS)])
        rounds += 1
        assert rounds <= 3, "each round computes one at least"
    assert runs() == [(JobState.DONE, 1)] * 3


@pytest.mark.slow
def test_while_one_is_in_hand_nobody_takes_another(
    world: World, team: Racers, body: dict[str, Any]
) -> None:
    """Computing takes a whole processor; whoever died in it keeps the others out until the lease is over."""
    for _each in range(2):
        ask(world, body)
    now = timezone.now()

    def take(at: Any) -> Any:
        def run() -> str | None:
            with scope.transaction_as(Actor.system()):
                job = jobs.take(at)
            return str(job.pk) if job else None

        return run

    taken = team.race([take(now) for _worker in range(WORKERS)])
    [first] = [each for each in taken if each]
    later = now + jobs.LEASE
    assert not any(team.race([take(later - timedelta(seconds=1)) for _worker in range(WORKERS)]))
    again = [each for each in team.race([take(later) for _worker in range(WORKERS)]) if each]
    assert again == [first], "the oldest is taken again"
    assert sorted(runs()) == [(JobState.WAITING, 0), (JobState.WAITING, 2)]


@pytest.mark.slow
def test_one_key_asks_for_one_run(world: World, team: Racers, body: dict[str, Any]) -> None:
    office = world.who("receiver", Role.REFERRAL_OFFICE)

    def post() -> tuple[int, str]:
        answer = Client().post(
            "/api/v1/what-ifs/",
            json.dumps(body),
            "application/json",
            headers={**office.headers, "Idempotency-Key": "one"},
        )
        return answer.status_code, answer.json().get("id", "")

    answers = set(team.race([post for _racer in range(WORKERS)]))
    assert len(answers) == 1
    assert {status for status, _id in answers} == {202}
    assert runs() == [(JobState.WAITING, 0)]
