"""Keeping a place from the page: offered to the sender alone, kept, exchanged, given back."""

from typing import Any

from facilities.models import Pool
from facilities.vocabulary import PoolKind
from referral.models import Booking, Referral
from referral.states import Status
from tests.factories import Person, World, as_system
from tests.pages.conftest import browser_of, text_of
from tests.pages.test_filing import page as slip
from tests.referral.pools import ahead, department_of, make_pool, take


def page(leg: Referral) -> str:
    return f"/referrals/{leg.pk}/seat/"


def keep(who: Person, leg: Referral, pool: Pool, **more: Any) -> Any:
    return browser_of(who).post(page(leg), {"place": f"{pool.kind}:{pool.pk}", **more})


def held(leg: Referral) -> list[Any]:
    as_system()
    rows = Booking.objects.filter(referral=leg, released_at=None)
    return list(rows.values_list("pool", flat=True))


def offered(who: Person, leg: Referral) -> list[Any]:
    return [each.pk for each in browser_of(who).get(page(leg)).context["places"]]


def test_a_place_is_kept_exchanged_and_given_back(world: World) -> None:
    draft = world.draft()
    first, later = make_pool(world.hospital), make_pool(world.hospital, starts_at=ahead(2))
    assert offered(world.doctor, draft) == [first.pk, later.pk]
    answer = keep(world.doctor, draft, first)
    assert answer.redirect_chain == [(page(draft), 302)]
    assert "已为本次转诊保留" in text_of(answer)
    assert held(draft) == [first.pk]
    assert offered(world.doctor, draft) == [later.pk]
    keep(world.doctor, draft, later)
    assert held(draft) == [later.pk]
    browser_of(world.doctor).post(page(draft), {"give_back": "1"})
    assert held(draft) == []


def test_the_slip_leads_there(world: World) -> None:
    draft = world.draft()
    assert page(draft) in browser_of(world.doctor).get(slip(draft)).content.decode()


def test_what_somebody_else_took_meanwhile_is_said(world: World) -> None:
    draft, other, pool = world.draft(), world.draft(), make_pool(world.hospital)
    take(pool, other)
    answer = keep(world.doctor, draft, pool)
    assert "该时段已无可用名额。" in text_of(answer)
    assert held(draft) == []


def test_a_bed_for_an_inpatient_and_the_department_that_is_chosen(world: World) -> None:
    bed = make_pool(world.hospital, kind=PoolKind.BED)
    heart = make_pool(world.hospital, starts_at=ahead(1))
    eyes = make_pool(world.hospital, code="10", starts_at=ahead(2))
    assert offered(world.doctor, world.draft(setting="inpatient")) == [bed.pk]
    assert offered(world.doctor, world.draft()) == [heart.pk, eyes.pk]
    ward = department_of(world.hospital)
    assert offered(world.doctor, world.draft(to_department_id=ward.pk)) == [heart.pk]
    draft = world.draft(setting="inpatient")
    keep(world.doctor, draft, bed)
    assert held(draft) == [bed.pk]


def test_idle_equipment_of_the_destination_is_offered_and_kept(world: World) -> None:
    shared: dict[str, Any] = {"kind": PoolKind.EQUIPMENT, "capability": "mri"}
    idle = make_pool(world.hospital, alliance=world.alliance, **shared)
    draft = world.draft()
    assert offered(world.doctor, draft) == [idle.pk]
    keep(world.doctor, draft, idle)
    assert held(draft) == [idle.pk]


def test_only_the_sender_keeps_one_and_only_until_it_is_decided(world: World) -> None:
    pool, sent = make_pool(world.hospital), world.at(Status.SUBMITTED)
    for who, status in ((world.office, 403), (world.manager, 403), (world.stranger, 404)):
        assert browser_of(who).get(page(sent)).status_code == status
        assert keep(who, sent, pool).status_code == status
    assert held(sent) == []
    keep(world.doctor, sent, pool)
    assert held(sent) == [pool.pk]
    decided = world.at(Status.ACCEPTED)
    answer = keep(world.doctor, decided, make_pool(world.hospital, starts_at=ahead(3)))
    assert answer.redirect_chain == [(f"/referrals/{decided.pk}/", 302)]
    assert held(decided) == []


def test_without_a_destination_or_a_choice_nothing_is_kept(world: World) -> None:
    draft = world.draft(to_facility_id=None)
    assert offered(world.doctor, draft) == []
    for words in ({}, {"place": "slot:none"}, {"place": "bed"}):
        answer = browser_of(world.doctor).post(page(draft), words)
        assert answer.redirect_chain == [(page(draft), 302)]
    assert held(draft) == []


def test_a_place_that_was_given_back_is_kept_again_from_the_page_before(world: World) -> None:
    draft, pool = world.draft(), make_pool(world.hospital)
    keep(world.doctor, draft, pool, key="the-page-before")
    browser_of(world.doctor).post(page(draft), {"give_back": "1", "key": "the-page-after"})
    assert held(draft) == []
    keep(world.doctor, draft, pool, key="the-page-before")
    assert held(draft) == [pool.pk]
