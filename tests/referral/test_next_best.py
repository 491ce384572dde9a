"""Where the system may send on what nobody answers: as the sender could have chosen, and nowhere twice."""

from typing import Any

import pytest
from django.utils import timezone

from accounts import scope
from facilities.models import Facility
from facilities.vocabulary import FacilityKind
from referral import matching
from referral.models import Referral
from referral.states import Status
from tests.facilities.factories import (
    make_alliance,
    make_capability,
    make_department,
    make_hospital,
)
from tests.factories import World, as_system, join, make_person
from tests.referral.test_assessment import INFARCT


@pytest.fixture
def heart(world: World) -> Facility:
    """Another hospital of the alliance with the department for the diagnosis."""
    make_department(world.second, "03.04")
    return world.second


def best(leg: Referral) -> Any:
    as_system()
    return matching.next_best(leg, now=timezone.now())


def test_another_hospital_of_the_alliance_with_the_department(
    world: World, heart: Facility
) -> None:
    leg = world.at(Status.SUBMITTED)
    assert best(leg) == heart.pk, "the lead lacks the department"


def test_none_where_nobody_has_the_department(world: World) -> None:
    assert best(world.at(Status.SUBMITTED)) is None


def test_nowhere_twice_in_an_episode(world: World, heart: Facility) -> None:
    make_department(world.hospital, "03.04")
    leg = world.at(Status.SUBMITTED)
    moved = world.move(leg, "redirect", world.office, to_facility_id=heart.pk)
    following = Referral.objects.get(previous=moved)
    assert best(following) is None
    make_department(world.lead, "03.04")
    assert best(following) == world.lead.pk


def test_never_past_a_step(world: World, heart: Facility) -> None:
    leg = world.at(Status.SUBMITTED)
    county = make_hospital("县医院", tier=2, region=world.region)
    join(world.alliance, county)
    assert best(leg) is None, (
        "the step between has no such department, and what is beyond needs a reason"
    )
    make_department(county, "03.04")
    assert best(leg) == county.pk


def test_never_out_of_the_alliance_nor_to_a_third_party_centre(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    other = make_hospital("协作医院", tier=3, region=world.region)
    make_alliance(other, world.clinic, form="telemedicine")
    centre = make_hospital("中心", tier=3, kind=FacilityKind.THIRD_PARTY_CENTRE)
    join(world.alliance, centre)
    for facility in (other, centre):
        make_department(facility, "03.04")
    assert best(leg) is None


def test_only_who_can_do_what_the_observations_call_for(world: World, heart: Facility) -> None:
    draft = world.draft()
    why = {"override_reason": "arranged_by_phone", "override_note": "已联系"}
    body = {"observations": INFARCT, "visit": "first", **why}
    assert world.doctor.api.put(f"/referrals/{draft.pk}/assessment/", body).status == 200
    leg = world.move(draft, "submit", world.doctor)
    assert best(leg) is None
    make_capability(heart, "pci")
    assert best(leg) == heart.pk


def test_a_return_and_a_leg_outside_the_network_are_left_to_people(
    world: World, heart: Facility
) -> None:
    leg = world.returning()
    assert heart.pk not in {leg.from_facility_id, leg.to_facility_id}
    assert best(leg) is None
    body = world.body(
        patient=str(world.make_patient().pk),
        to_facility=str(world.outside.pk),
        outside=True,
        skip_reason="known_there",
        submit=True,
    )
    sent = world.doctor.api.post("/referrals/", body)
    assert sent.status == 201, sent
    as_system()
    assert best(Referral.objects.get(pk=sent.body["id"])) is None


def test_the_system_can_send_it_there(world: World, heart: Facility) -> None:
    leg = world.at(Status.SUBMITTED)
    to = best(leg)
    manager = make_person(world.hospital, "referral_office")
    scope.enter(manager.actor)
    moved = world.move(leg, "redirect", manager, to_facility_id=to)
    assert moved.status == Status.REDIRECTED
