"""Sixteen hand on the same legs at the same instant: each leg has one person at the end, the same for all."""

from functools import partial
from random import Random
from typing import Final

import pytest

from accounts import scope
from accounts.actors import Actor
from accounts.permissions import Role
from referral import actions
from referral.models import Assignment
from referral.states import Status
from tests.races.racers import RACERS, Racers, code_of
from tests.security.world import World, act, hire

ROUNDS: Final = 10


@pytest.mark.slow
def test_whoever_comes_last_answers_for_all_of_them(world: World, team: Racers) -> None:
    offices = [hire(world.facilities["receiver"], Role.REFERRAL_OFFICE) for _each in range(RACERS)]
    legs = [world.leg(Status.ACCEPTED).pk for _each in range(3)]
    chance = Random(7)
    for number in range(1, ROUNDS + 1):
        verdicts = team.race(
            [
                code_of(
                    partial(
                        act,
                        person.actor,
                        actions.assign,
                        chance.sample(legs, len(legs)),
                        user_id=person.user.pk,
                    )
                )
                for person in offices
            ]
        )
        assert verdicts == ["ok"] * RACERS
        with scope.transaction_as(Actor.system()):
            rows = Assignment.objects.filter(referral__in=legs)
            current = rows.filter(ended_at=None)
            assert {row.referral_id for row in current} == set(legs)
            assert len(current) == len(legs)
            assert len({row.user_id for row in current}) == 1
            # A round may begin with whoever won the one before, for whom nothing is written.
            most = number * RACERS * len(legs)
            assert most - number * len(legs) <= rows.count() <= most
