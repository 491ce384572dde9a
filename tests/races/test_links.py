"""Sixteen browsers open one link of one use at the same instant: exactly one gets in."""

from collections import Counter
from functools import partial
from typing import Final

import pytest
from django.db import transaction
from django.utils import timezone

from referral import links
from referral.models import LinkKind
from tests.races.racers import RACERS, Racers
from tests.security.world import World, act

ROUNDS: Final = 20


def _open(token: str) -> str:
    with transaction.atomic():
        link = links.open(token, LinkKind.OUTSIDE, now=timezone.now())
    return "in" if link else "out"


@pytest.mark.slow
def test_exactly_one_of_sixteen_opens_a_link(world: World, team: Racers) -> None:
    leg, clinic = world.submitted(), world.doctor("sender")
    for _round in range(ROUNDS):
        now = timezone.now()
        token = act(
            clinic,
            lambda *, by: links.make(leg, LinkKind.OUTSIDE, by=by, now=now),  # noqa: B023
        )
        verdicts = team.race([partial(_open, token)] * RACERS)
        assert Counter(verdicts) == {"in": 1, "out": RACERS - 1}
