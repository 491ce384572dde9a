"""Counters follow what happens, in whatever order, and building them anew changes nothing."""

import pytest

from insights.actions import count_changes, rebuild
from insights.models import Change, LegFact, Rollup
from insights.vocabulary import Dim, Grain, Scope
from referral.states import Status
from tests.factories import World, as_system

pytestmark = pytest.mark.django_db


def test_a_leg_is_counted_where_it_belongs(world: World) -> None:
    leg = world.at(Status.ARRIVED)
    assert Change.objects.exists()
    assert count_changes()
    as_system()
    fact = LegFact.objects.get()
    assert fact.id == leg.pk
    row = Rollup.objects.get(scope=Scope.ALL, dim=Dim.NONE, grain=Grain.YEAR)
    assert (row.up_submitted, row.up_arrived, row.up_completed) == (1, 1, 0)
    before = list(Rollup.objects.order_by("pk").values())
    assert len(before) > 20
    list(rebuild())
    assert list(Rollup.objects.order_by("pk").values()) == before
    assert not Change.objects.exists()
