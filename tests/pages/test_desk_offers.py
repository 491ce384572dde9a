"""What a receiver is offered when it accepts or sends on: free places, the first chosen, and ranked destinations."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from facilities.models import Facility
from referral import clocks
from referral.models import Booking, Referral
from referral.states import Status
from tests.facilities.factories import make_hospital
from tests.factories import Person, World, as_system, join, reload
from tests.pages.conftest import browser_of, text_of
from tests.pages.test_moves import picked, send
from tests.referral.pools import ahead, department_of, make_pool, take


def form(person: Person, leg: Referral, verb: str) -> str:
    """Return the form of a verb as the page shows it."""
    body = browser_of(person).get(f"/referrals/{leg.pk}/").content.decode()
    address = f"/referrals/{leg.pk}/{verb.replace('_', '-')}/"
    [found] = re.findall(rf'(?s)<form method="post" action="{address}".*?</form>', body)
    return str(found)


def places(shown: str) -> list[str]:
    """Return the values of the places offered, in order."""
    return re.findall(r'name="place" value="([^"]+)"', shown)


def chosen(shown: str) -> list[str]:
    """Return the values of what is chosen already."""
    return re.findall(r'name="place" value="([^"]+)"[^>]* checked', shown)


def test_accepting_takes_two_clicks_the_earliest_place_is_chosen(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    later, first = make_pool(world.hospital, starts_at=ahead(3)), make_pool(world.hospital)
    shown = form(world.office, leg, "accept")
    assert places(shown) == [f"slot:{first.pk}", f"slot:{later.pk}", "time", "later"]
    assert chosen(shown) == [f"slot:{first.pk}"]
    assert "余 1 号" in shown
    answer = send(world.office, leg, "accept", place=f"slot:{first.pk}")
    assert answer.redirect_chain == [(f"/referrals/{leg.pk}/", 302)]
    after = reload(leg)
    assert (after.status, after.scheduled_for) == (Status.SCHEDULED, first.starts_at)
    assert Booking.objects.get(referral=leg).pool_id == first.pk


def test_full_past_and_distant_places_and_those_of_others_are_not_offered(world: World) -> None:
    leg, other = world.at(Status.SUBMITTED), world.at(Status.SUBMITTED)
    take(make_pool(world.hospital), other)
    make_pool(world.hospital, starts_at=timezone.now() - timedelta(hours=1))
    make_pool(world.hospital, starts_at=ahead(29))
    make_pool(world.second)
    make_pool(world.hospital, kind="bed", starts_at=ahead(2))
    assert places(form(world.office, leg, "accept")) == []


def test_an_inpatient_is_offered_beds_and_a_department_its_own(world: World) -> None:
    bed = make_pool(world.hospital, kind="bed", starts_at=ahead(1), places=3)
    make_pool(world.hospital)
    inpatient = world.at(Status.SUBMITTED, setting="inpatient")
    shown = form(world.office, inpatient, "accept")
    assert places(shown)[0] == f"bed:{bed.pk}"
    assert "余 3 床" in shown
    surgery = department_of(world.hospital, "04")
    own = make_pool(world.hospital, code="04", starts_at=ahead(5))
    leg = world.at(Status.SUBMITTED, to_department_id=surgery.pk)
    assert places(form(world.office, leg, "accept"))[0] == f"slot:{own.pk}"
    send(world.office, inpatient, "accept", place=f"bed:{bed.pk}")
    assert reload(inpatient).scheduled_for == bed.starts_at


def test_a_place_of_another_department_is_offered_but_not_chosen(world: World) -> None:
    """Two clicks must not book eyes for a heart: the diagnosis says whose place comes first."""
    eyes = make_pool(world.hospital, code="10")
    leg = world.at(Status.SUBMITTED)
    shown = form(world.office, leg, "accept")
    assert places(shown) == [f"slot:{eyes.pk}", "time", "later"]
    assert chosen(shown) == ["later"]
    lungs = make_pool(world.hospital, code="03.01")
    assert f"slot:{lungs.pk}" in places(form(world.office, leg, "accept"))
    heart = make_pool(world.hospital, starts_at=ahead(9))
    shown = form(world.office, leg, "accept")
    assert places(shown) == [f"slot:{heart.pk}", "time", "later"]
    assert chosen(shown) == [f"slot:{heart.pk}"]


def test_an_unknown_diagnosis_is_offered_all_places_and_none_is_chosen(world: World) -> None:
    pool = make_pool(world.hospital)
    leg = world.at(Status.SUBMITTED, diagnosis_code="Z99")
    shown = form(world.office, leg, "accept")
    assert places(shown)[0] == f"slot:{pool.pk}"
    assert chosen(shown) == ["later"]


def test_a_share_for_primary_care_is_offered_to_its_patients(world: World) -> None:
    pool = make_pool(world.hospital, reserved_percent=100)
    from_clinic = world.at(Status.SUBMITTED)
    assert places(form(world.office, from_clinic, "accept"))[0] == f"slot:{pool.pk}"
    lateral = world.at(Status.SUBMITTED)
    Referral.objects.filter(pk=lateral.pk).update(from_tier=2)
    assert places(form(world.office, lateral, "accept")) == []


def test_the_seat_that_the_sender_holds_comes_first(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    free, held = make_pool(world.hospital), make_pool(world.hospital, starts_at=ahead(4))
    take(held, leg, state="held", held_until=ahead(2))
    shown = form(world.office, leg, "accept")
    assert places(shown)[:2] == [f"slot:{held.pk}", f"slot:{free.pk}"]
    assert chosen(shown) == [f"slot:{held.pk}"]
    send(world.office, leg, "accept", place=f"slot:{held.pk}")
    assert reload(leg).scheduled_for == held.starts_at


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"place": "time", "scheduled_for": "+"}, Status.SCHEDULED),
        ({"place": "later"}, Status.ACCEPTED),
        ({"scheduled_for": "+"}, Status.SCHEDULED),
        ({}, Status.ACCEPTED),
        ({"place": "time"}, None),
        ({"place": "slot", "scheduled_for": "+"}, None),
        ({"place": "later", "scheduled_for": "+"}, None),
        ({"place": "slot:nonsense"}, None),
        ({"place": "equipment:0190a0a0-0000-7000-8000-000000000000"}, None),
    ],
)
def test_what_may_be_said_of_the_visit(
    world: World, said: dict[str, str], status: Status | None
) -> None:
    leg, pool = world.at(Status.SUBMITTED), make_pool(world.hospital)
    words = {name: picked() if value == "+" else value for name, value in said.items()}
    if words.get("place") == "slot":
        words["place"] = f"slot:{pool.pk}"
    answer = send(world.office, leg, "accept", **words)
    assert answer.status_code == (200 if status else 400)
    assert reload(leg).status == (status or Status.SUBMITTED)


def test_a_place_that_went_meanwhile_is_refused_and_the_next_one_chosen(world: World) -> None:
    leg, other = world.at(Status.SUBMITTED), world.at(Status.SUBMITTED)
    gone, following = make_pool(world.hospital), make_pool(world.hospital, starts_at=ahead(2))
    take(gone, other)
    answer = send(world.office, leg, "accept", place=f"slot:{gone.pk}")
    assert answer.status_code == 409
    assert "该时段已无可用名额" in text_of(answer)
    assert chosen(answer.content.decode()) == [f"slot:{following.pk}"]
    assert reload(leg).status == Status.SUBMITTED


def test_a_place_of_another_facility_is_refused(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    pool = make_pool(world.second)
    assert send(world.office, leg, "accept", place=f"slot:{pool.pk}").status_code == 422


def test_a_visit_is_moved_to_a_place_that_is_offered(world: World) -> None:
    leg, pool = world.at(Status.SCHEDULED), make_pool(world.hospital, starts_at=ahead(6))
    shown = form(world.office, leg, "reschedule")
    assert places(shown) == [f"slot:{pool.pk}", "time"], "a visit that is fixed stays fixed"
    assert send(world.office, leg, "reschedule").status_code == 400
    send(world.office, leg, "reschedule", place=f"slot:{pool.pk}")
    assert reload(leg).scheduled_for == pool.starts_at


def options(shown: str) -> tuple[list[str], list[str]]:
    """Return the ids of the destinations that are ranked, and those of all others."""
    best, _fold, others = shown.partition("<details")
    ids = r'name="to_facility_id" value="([^"]+)"'
    return re.findall(ids, best), re.findall(ids, others)


def test_the_best_destinations_come_first_with_reasons_and_the_earliest_place(world: World) -> None:
    names = [f"区医院{number}" for number in range(6)]
    hospitals = [make_hospital(name, tier=3, region=world.region) for name in names]
    for each in hospitals:
        join(world.alliance, each)
    pool = make_pool(hospitals[4])
    make_pool(hospitals[5], starts_at=ahead(20))
    leg = world.at(Status.SUBMITTED)
    shown = form(world.office, leg, "redirect")
    best, others = options(shown)
    assert best[0] == str(hospitals[4].pk)
    assert f"{timezone.localtime(pool.starts_at):%m-%d %H:%M}" in shown
    assert "为上一级机构。" in shown
    assert len(best) == 5
    assert sorted([*best, *others]) == sorted(str(each.pk) for each in [*hospitals, world.lead])
    assert str(world.hospital.pk) not in [*best, *others]


def test_whom_the_episode_went_to_before_is_not_among_the_best(world: World) -> None:
    """For whoever sees the earlier leg: the second receiver does not learn of the first."""
    _ = world.second, world.lead
    first = world.at(Status.SUBMITTED)
    send(world.office, first, "redirect", to_facility_id=str(world.second.pk))
    as_system()
    leg = Referral.objects.get(previous=first)
    best, others = options(form(world.manager, leg, "redirect"))
    assert str(world.hospital.pk) not in best
    assert str(world.hospital.pk) in others


def test_a_coordinator_is_offered_the_same_without_seeing_the_patient(world: World) -> None:
    _ = world.second
    leg = world.at(Status.SUBMITTED)
    best, _others = options(form(world.manager, leg, "redirect"))
    assert str(world.second.pk) in best


@pytest.mark.parametrize(
    ("said", "status"), [("", 400), ("nonsense", 400), ("stranger", 422), ("clinic", 422)]
)
def test_where_a_patient_may_not_go(world: World, said: str, status: int) -> None:
    leg = world.at(Status.SUBMITTED)
    there = {"stranger": world.stranger_clinic.pk, "clinic": world.clinic.pk}.get(said, said)
    assert send(world.office, leg, "redirect", to_facility_id=str(there)).status_code == status
    assert reload(leg).status == Status.SUBMITTED


def test_nowhere_to_send_on_is_said(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    Facility.objects.filter(pk=world.lead.pk).update(is_active=False)
    assert "没有其他可转介" in text_of(browser_of(world.office).get(f"/referrals/{leg.pk}/"))


def test_the_statements_of_a_page_that_offers_everything(
    world: World, django_assert_num_queries: Any
) -> None:
    for number in range(12):
        join(world.alliance, make_hospital(f"区医院{number}", tier=3, region=world.region))
        make_pool(world.hospital, starts_at=ahead(number + 1))
    leg = world.at(Status.RECEIVED)
    browser = browser_of(world.office)
    browser.get(f"/referrals/{leg.pk}/")
    clocks.rules()
    # The 18 of a page, the seat held and the free places, members and ways, and for the ranking
    # the needs, home, reach, answers, sessions, free appointments and where the episode went before.
    with django_assert_num_queries(29):
        browser.client.get(f"/referrals/{leg.pk}/")
