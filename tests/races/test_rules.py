"""Rules of an alliance planned and withdrawn at the same instant: no day without the rule that was left."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from accounts.permissions import Role
from facilities.vocabulary import Direction
from referral import actions
from referral.codes import CriterionMode
from referral.criteria import loading
from referral.models import CriterionSetting, MessageText, ServiceLimit
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


def own_words(world: World, manager: Actor, number: int) -> MessageText:
    return act(
        manager,
        actions.set_message_text,
        world.alliance.pk,
        "N001",
        zh=f"第{number}稿",
        en=f"Draft {number}",
    )


def switched_off(world: World, manager: Actor, number: int) -> CriterionSetting:
    [rule] = [each for each in loading.book().rules if each.id == "HTN-I1"]
    return act(
        manager,
        actions.set_criterion,
        world.alliance.pk,
        rule,
        mode=CriterionMode.OFF,
        reason=f"第{number}稿",
        source="通知",
        starts=timezone.localdate() + timedelta(days=1),
    )


@pytest.mark.slow
@pytest.mark.parametrize("set_rule", [own_words, switched_off])
def test_of_many_set_for_one_day_at_once_one_holds(
    world: World, team: Racers, set_rule: Callable[..., object]
) -> None:
    manager = world.who("parent", Role.ALLIANCE_MANAGER).actor
    codes = team.race([code_of(partial(set_rule, world, manager, number)) for number in range(8)])
    assert sorted(codes) == ["ok", *["term-followed"] * 7]
    model = MessageText if set_rule is own_words else CriterionSetting
    with scope.transaction_as(Actor.system()):
        assert model.objects.filter(ends=None).count() == 1
        assert model.objects.count() == 1
