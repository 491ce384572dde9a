"""Rules of an alliance planned and withdrawn at the same instant: no day without the rule that was left."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from accounts.permissions import Role
from facilities.vocabulary import Direction
from referral import actions
from referral.models import ServiceLimit
from referral.stages import Clock, Stage
from referral.states import Urgency
from tests.races.racers import Racers, code_of
from tests.security.world import World, act

ROUNDS = 10
DAYS = (10, 20, 30, 40)


def plan(world: World, manager: Actor, days: int) -> ServiceLimit:
    return act(
        manager,
        actions.set_limit,
        world.alliance.pk,
        stage=Stage.RESULT,
        urgency=Urgency.ROUTINE,
        direction=Direction.UP,
        minutes=60,
        clock=Clock.CALENDAR,
        source="通知",
        starts=timezone.localdate() + timedelta(days=days),
    )


@pytest.mark.slow
def test_all_that_is_planned_withdrawn_at_once_leaves_the_present_rule(
    world: World, team: Racers
) -> None:
    manager = world.who("parent", Role.ALLIANCE_MANAGER).actor
    today = plan(world, manager, 0)
    for _round in range(ROUNDS):
        rules = [plan(world, manager, days) for days in DAYS]
        withdraw = [
            code_of(partial(act, manager, actions.withdraw_rule, world.alliance.pk, rule.pk))
            for rule in rules
        ]
        later = code_of(partial(plan, world, manager, 50))
        codes = team.race([*withdraw, later])
        assert codes == ["ok"] * 5
        with scope.transaction_as(Actor.system()):
            today.refresh_from_db()
            [last] = ServiceLimit.objects.filter(ends=None)
        assert last.starts == timezone.localdate() + timedelta(days=50)
        assert today.ends == last.starts
        act(manager, actions.withdraw_rule, world.alliance.pk, last.pk)
