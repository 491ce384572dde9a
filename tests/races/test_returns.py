"""Returned patients, by many at the same instant: one way up, every contact kept, no plan that slips in."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from accounts import scope
from accounts.actors import Actor
from accounts.permissions import Role
from referral import actions
from referral.models import FollowUp, Medicine, Referral
from referral.states import Status
from tests.races.racers import RACERS, Racers, code_of
from tests.races.test_moves import check_episode
from tests.security.world import Person, World, act, hire


@pytest.fixture
def clinicians(world: World) -> list[Person]:
    """As many doctors of the clinic as there are racers."""
    return [hire(world.facilities["sender"], Role.CLINIC_DOCTOR) for _each in range(RACERS)]


def _do(by: Actor, action: Callable[..., Any], leg: Referral, **words: Any) -> Callable[[], str]:
    return code_of(partial(act, by, action, leg.pk, **words))


@pytest.mark.slow
def test_one_way_up(world: World, clinicians: list[Person], team: Racers) -> None:
    _up, down = world.returned()
    codes = team.race([_do(each.actor, actions.refer_again, down) for each in clinicians])
    assert Counter(codes) == {"ok": 1, "already-referred-again": RACERS - 1}
    assert check_episode(down).open_legs == 3


@pytest.mark.slow
def test_every_contact_is_kept_and_the_planned_one_done_once(
    world: World, clinicians: list[Person], team: Racers
) -> None:
    _up, down = world.returned()
    words = {"method": "phone", "findings": "血压平稳"}
    codes = team.race(
        [_do(each.actor, actions.record_follow_up, down, **words) for each in clinicians]
    )
    assert codes == ["ok"] * RACERS
    with scope.transaction_as(Actor.system()):
        rows = list(FollowUp.objects.filter(referral=down))
    assert len(rows) == RACERS
    assert all(row.done_at is not None for row in rows)


@pytest.mark.slow
def test_no_long_prescription_slips_in_beside_the_submission(world: World, team: Racers) -> None:
    hospital = world.doctor("receiver")
    for _round in range(5):
        _up, draft = world.returned(status=Status.DRAFT)
        plan = {"medicines": [{"name": "某药", "days": 60}]}
        sent, changed = team.race(
            [
                _do(hospital, actions.submit, draft),
                _do(hospital, actions.update, draft, fields={}, plan=plan),
            ]
        )
        assert (sent, changed) in {("ok", "wrong-state"), ("long-prescription-needed", "ok")}
        with scope.transaction_as(Actor.system()):
            long = Medicine.objects.filter(referral=draft, days__gt=28).exists()
        assert long == (sent != "ok")
