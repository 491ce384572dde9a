"""What an institution can do: added and ended by its house, with what asks for it counted from rows."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Event
from facilities.models import Capability, DirectoryChange, Facility
from facilities.vocabulary import CapabilityCode, PoolKind
from referral.criteria.loading import book
from referral.queries import capabilities as queries
from referral.states import Status, Urgency
from tests.facilities.factories import make_capability, make_department
from tests.factories import Person, World, as_system, make_person
from tests.pages.conftest import browser_of, text_of
from tests.referral.ordering import make_reader, placed
from tests.referral.pools import make_pool
from tests.referral.test_assessment import INFARCT, put, submit


def add(who: Person, facility: Facility, **said: Any) -> Any:
    words = {"code": "pci", "starts": "2026-01-01", **said}
    address = reverse("facilities:add-capability", args=[facility.pk])
    return browser_of(who).post(address, words, follow=False)


def end(who: Person, row: Capability, on: date | None = None) -> Any:
    address = reverse("facilities:end-capability", args=[row.facility_id, row.pk])
    words = {"on": (on or timezone.localdate()).isoformat()}
    return browser_of(who).post(address, words, follow=False)


def effect(who: Person, facility: Facility, code: str, **options: Any) -> Any:
    address = reverse("referral:capability-effect", args=[facility.pk, code])
    return browser_of(who).get(address, **options)


def test_a_house_adds_and_ends_what_it_can_do(world: World) -> None:
    department = make_department(world.hospital)
    assert add(world.office, world.hospital, department=str(department.pk)).status_code == 302
    row = Capability.objects.get()
    assert (row.code, row.department, row.starts) == ("pci", department, date(2026, 1, 1))
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert end(world.office, row, tomorrow).status_code == 302
    assert Capability.objects.get().ends == tomorrow
    first, second = DirectoryChange.objects.filter(object_id=row.pk).order_by("id")
    assert first.values["starts"] == [None, "2026-01-01"]
    assert second.values == {"ends": [None, tomorrow.isoformat()]}
    assert second.label == department.name
    assert Event.objects.filter(what="directory.capability").count() == 2


def test_the_same_is_not_added_twice(world: World) -> None:
    make_capability(world.hospital, "pci")
    answer = add(world.office, world.hospital)
    assert answer.status_code == 422
    assert "已" in text_of(answer)
    assert add(world.office, world.hospital, code="x", starts="y").status_code == 422
    assert Capability.objects.count() == 1


def test_of_others_nothing_is_added_or_ended(world: World) -> None:
    _ = world.alliance
    row = make_capability(world.hospital, "pci")
    department = make_department(world.hospital)
    for person in (world.chief, world.doctor, world.manager, world.auditor):
        assert add(person, world.hospital, code="ct").status_code == 403
        assert end(person, row).status_code == 403
        assert effect(person, world.hospital, "ct").status_code == 403
    assert add(world.stranger, world.hospital, code="ct").status_code == 404
    assert end(world.stranger, row).status_code == 404
    assert add(world.chief, world.clinic, department=str(department.pk)).status_code == 422
    address = reverse("facilities:end-capability", args=[world.clinic.pk, row.pk])
    assert browser_of(world.chief).get(address).status_code == 404
    assert Capability.objects.get().ends is None


def test_the_criteria_that_ask_for_it_are_counted(world: World) -> None:
    on = timezone.localdate()
    rules = [rule for rule in book().rules if rule.in_force(on) and rule.capability == "pci"]
    assert rules, "the data files have one"
    found = queries.asking(world.hospital.pk, "pci", world.office.actor, now=timezone.now())
    assert found.criteria == len(rules)
    said = text_of(effect(world.office, world.hospital, "pci"))
    assert f"{len(rules)}条转诊标准" in said


def count(world: World) -> int | None:
    as_system()
    found = queries.asking(world.hospital.pk, "pci", world.office.actor, now=timezone.now())
    return found.referrals


def test_open_referrals_that_ask_for_it_are_counted(world: World) -> None:
    make_capability(world.hospital, "pci")
    _ = world.alliance
    world.at(Status.SUBMITTED)
    assert count(world) == 0
    draft = world.draft(urgency=Urgency.EMERGENCY)
    put(world.doctor, draft, INFARCT)
    assert count(world) == 0, "a draft is its sender's alone"
    assert submit(world, draft).status == 200
    assert count(world) == 1, "by what was observed"
    assert count_as(world.manager, world) is None


def count_as(who: Person, world: World) -> int | None:
    now = timezone.now()
    return queries.asking(world.hospital.pk, "pci", who.actor, now=now).referrals


def test_orders_and_sessions_are_counted(world: World) -> None:
    _ = world.alliance
    make_reader(world)
    placed(world)
    make_pool(world.centre, kind=PoolKind.EQUIPMENT, capability="ct", alliance=world.alliance)
    office = make_person(world.centre, Role.REFERRAL_OFFICE)
    said = text_of(effect(office, world.centre, "ct", headers={"HX-Request": "true"}))
    assert "1项待完成的检查" in said
    assert "已安排1个该设备的时段" in said
    assert "目录与设置" not in said, "a part, not a page"


def test_who_may_not_see_the_referrals_is_told_so(world: World) -> None:
    admin = make_person(world.lead, Role.SYSTEM_ADMIN)
    said = text_of(effect(admin, world.hospital, "pci"))
    assert "不能查看该机构的转诊" in said
    assert effect(admin, world.hospital, "no-such").status_code == 404


def test_the_pages_ask_for_the_effect_and_work_without_a_script(world: World) -> None:
    row = make_capability(world.hospital, "pci")
    browser = browser_of(world.office)
    address = reverse("referral:capability-effect", args=[world.hospital.pk, "pci"])
    for page in (
        reverse("facilities:end-capability", args=[world.hospital.pk, row.pk]),
        reverse("facilities:add-capability", args=[world.hospital.pk]) + "?code=pci",
    ):
        body = browser.get(page).content.decode()
        assert f'hx-get="{address}"' in body
        assert f'href="{address}"' in body
    plain = browser.get(reverse("facilities:add-capability", args=[world.hospital.pk]))
    assert "hx-get" not in plain.content.decode().split("<main", 1)[1]


def test_the_effect_costs_a_fixed_number_of_statements(
    world: World, django_assert_num_queries: Any
) -> None:
    browser = browser_of(world.office)
    address = reverse("referral:capability-effect", args=[world.hospital.pk, "pci"])
    world.at(Status.SUBMITTED)
    for _round in range(2):
        with django_assert_num_queries(14):
            browser.client.get(address)
        as_system()
        for _each in range(3):
            world.at(Status.SUBMITTED)


@pytest.mark.parametrize("code", sorted(CapabilityCode.values))
def test_every_capability_can_be_asked_about(world: World, code: str) -> None:
    found = queries.asking(world.hospital.pk, code, world.office.actor, now=timezone.now())
    assert (found.referrals, found.orders, found.sessions, found.more) == (0, 0, 0, False)
