"""One examination of one patient ordered at the same instant: one order, and everybody else is told of it."""

from collections import Counter
from functools import partial

import pytest

from accounts import scope
from accounts.actors import Actor
from referral import actions
from referral.models import ExaminationOrder
from tests.facilities.factories import make_capability
from tests.races.racers import RACERS, Racers, code_of
from tests.security.world import World, act


@pytest.mark.slow
def test_of_sixteen_orders_at_once_one_is_placed(world: World, team: Racers) -> None:
    clinic, patient = world.doctor("sender"), world.patient()
    centre = world.facilities["receiver"]
    make_capability(centre, "ct")
    words = {"centre_id": centre.pk, "item": "ct_chest", "question": "肺部占位?"}
    place = partial(act, clinic, actions.place_order, patient, **words)
    codes = team.race([code_of(place)] * RACERS)
    assert Counter(codes) == {"ok": 1, "duplicate-examination": RACERS - 1}
    with scope.transaction_as(Actor.system()):
        assert ExaminationOrder.objects.filter(patient=patient).count() == 1
