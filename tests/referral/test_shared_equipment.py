"""Idle equipment is offered through alliances: one's own, what it is part of, and what is nested in it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.permissions import Role
from facilities.models import Alliance, Facility, Pool
from facilities.vocabulary import PoolKind
from tests.facilities.factories import (
    make_alliance,
    make_facility,
    make_hospital,
    make_membership,
)
from tests.factories import Person, World, make_person
from tests.referral.pools import make_pool


def offer(facility: Facility, alliance: Alliance) -> Pool:
    """Let a member offer a morning on its MRI to an alliance."""
    shared: dict[str, Any] = {"kind": PoolKind.EQUIPMENT, "capability": "mri"}
    return make_pool(facility, alliance=alliance, **shared)


def offered(who: Person, alliance: Alliance) -> set[Any]:
    return set(who.api.get(f"/alliances/{alliance.pk}/equipment/").ids)


@pytest.fixture
def county(world: World) -> Alliance:
    """An alliance nested in the city's, of which none of its members is one itself."""
    lead = make_hospital("县人民医院", tier=2, region=world.region)
    return make_alliance(lead, parent=world.alliance)


@pytest.fixture
def villager(county: Alliance) -> Person:
    """A doctor of a clinic of the county."""
    clinic = make_facility("村卫生室")
    make_membership(county, clinic)
    return make_person(clinic, Role.CLINIC_DOCTOR)


def test_what_a_nested_alliance_offers_is_offered_here_too(world: World, county: Alliance) -> None:
    own, nested = offer(world.hospital, world.alliance), offer(county.lead, county)
    deeper = make_alliance(make_hospital("镇卫生院"), parent=county)
    deepest = offer(deeper.lead, deeper)
    assert offered(world.doctor, world.alliance) == {own.pk, nested.pk, deepest.pk}
    assert offered(world.doctor, county) == {nested.pk, deepest.pk}
    # And a seat of it can be found where it stands, and held.
    slots = world.doctor.api.get(f"/facilities/{county.lead.pk}/slots/", {"kind": "equipment"})
    assert slots.ids == [nested.pk]
    draft = world.draft(to_facility_id=county.lead.pk)
    held = world.doctor.api.post(f"/referrals/{draft.pk}/hold/", {"pool": str(nested.pk)})
    assert held.status == 201


def test_the_nested_one_has_part_in_the_whole_and_not_in_its_neighbours(
    world: World, county: Alliance, villager: Person
) -> None:
    own, nested = offer(world.hospital, world.alliance), offer(county.lead, county)
    beside = make_alliance(make_hospital("邻县医院"), parent=world.alliance)
    theirs = offer(beside.lead, beside)
    assert offered(villager, world.alliance) == {own.pk, nested.pk}
    assert offered(villager, beside) == set()
    slots = villager.api.get(f"/facilities/{beside.lead.pk}/slots/")
    assert slots.ids == []
    assert offered(world.doctor, beside) == {theirs.pk}


def test_a_stranger_and_an_alliance_that_is_over_have_none(
    world: World, county: Alliance, villager: Person
) -> None:
    offer(county.lead, county)
    assert offered(world.outsider, world.alliance) == set()
    assert offered(world.outsider, county) == set()
    Alliance.objects.filter(pk=county.pk).update(ends=timezone.localdate())
    assert offered(world.doctor, world.alliance) == set()
    assert offered(villager, world.alliance) == set()
    Alliance.objects.filter(pk=county.pk).update(ends=timezone.localdate() + timedelta(days=1))
    assert len(offered(world.doctor, world.alliance)) == 1
