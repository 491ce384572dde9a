"""The directory on its pages: who sees which institution, what each may change there, and what is kept of it."""

from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Event
from facilities.models import Accreditation, Capability, Department, DirectoryChange, Facility
from facilities.vocabulary import AllianceForm, CapabilityCode
from tests.facilities.factories import (
    make_alliance,
    make_capability,
    make_department,
    make_facility,
    make_relation,
)
from tests.factories import Person, World, make_person
from tests.pages.conftest import browser_of, text_of
from tests.referral.raw import run


@pytest.fixture
def admin(world: World) -> Person:
    """Return the system administrator, who works at the hospital."""
    return make_person(world.hospital, Role.SYSTEM_ADMIN)


def page(facility: Facility, name: str = "institution", *more: Any) -> str:
    return reverse(f"facilities:{name}", args=[facility.pk, *more])


def details(**said: Any) -> dict[str, Any]:
    return {"name": "塘桥社区卫生服务中心", "phone": "021-1", "duty_phone": "021-2", **said}


def test_a_post_finds_the_institutions_of_its_alliances(world: World) -> None:
    _ = world.alliance, world.outside
    browser = browser_of(world.doctor)
    said = text_of(browser.get("/settings/directory/"))
    assert all(each.name in said for each in (world.clinic, world.hospital, world.lead))
    assert "外区" not in said
    for text in ("仁济", "renji", "rj", world.hospital.code):
        said = text_of(browser.get("/settings/directory/", data={"q": text}))
        assert "仁济医院" in said
        assert "东方医院" not in said
    assert "没有找到" in text_of(browser.get("/settings/directory/?q=%00不存在%25_"))


def test_the_list_is_narrowed_by_tier_and_form(world: World, admin: Person) -> None:
    _ = world.alliance
    browser = browser_of(admin)
    county = make_alliance(make_facility("县医院"), form=AllianceForm.COUNTY_COMMUNITY)
    found = browser.get("/settings/directory/?form=county_community").context["page"].rows
    assert found == [county.lead]
    found = browser.get("/settings/directory/?tier=1").context["page"].rows
    assert world.clinic in found
    assert world.hospital not in found
    found = browser.get("/settings/directory/?tier=x&form=y").context["page"].rows
    assert world.hospital in found, "what is no filter narrows nothing"


def test_a_closed_institution_is_in_a_list_of_its_own(world: World) -> None:
    _ = world.alliance
    Facility.objects.filter(pk=world.hospital.pk).update(is_active=False)
    browser = browser_of(world.doctor)
    assert "仁济医院" not in text_of(browser.get("/settings/directory/"))
    assert "仁济医院" in text_of(browser.get("/settings/directory/?closed=1"))
    assert "已停用" in text_of(browser.get(page(world.hospital)))


def test_more_than_fifty_are_on_further_pages(world: World, admin: Person) -> None:
    for number in range(55):
        make_facility(f"阿{number:02}卫生院")
    browser = browser_of(admin)
    first = browser.get("/settings/directory/?q=卫生院")
    assert len(first.context["page"].rows) == 50
    second = browser.get(first.context["page"].next)
    assert len(second.context["page"].rows) == 5
    assert browser.get("/settings/directory/?cursor=x").status_code == 400


def test_an_institution_is_shown_with_all_that_belongs_to_it(world: World) -> None:
    _ = world.alliance
    make_department(world.hospital, accepts="胸痛")
    make_capability(world.hospital, "pci")
    make_capability(world.hospital, "icu", ends=date(2021, 1, 1))
    make_relation(world.lead, world.hospital)
    said = text_of(browser_of(world.doctor).get(page(world.hospital)))
    for words in (
        "心血管内科",
        "收治： 胸痛",
        "已结束",
        "生效中",
        "托管",
        world.alliance.name,
        "上转",
    ):
        assert words in said


def test_the_pages_cost_a_fixed_number_of_statements(
    world: World, django_assert_num_queries: Any
) -> None:
    _ = world.alliance
    codes = list(CapabilityCode.values)
    browser = browser_of(world.doctor)
    for turn in range(2):
        with django_assert_num_queries(10):
            browser.client.get("/settings/directory/")
        with django_assert_num_queries(19):
            browser.client.get(page(world.hospital))
        for number in range(4):
            made = make_facility(f"成员{number}")
            make_alliance(world.hospital, made, form=AllianceForm.TELEMEDICINE)
            make_department(world.hospital, name=f"科{turn}{number}")
            make_capability(world.hospital, codes.pop())
            make_relation(world.hospital, made)


def test_its_manager_changes_what_an_institution_says_of_itself(world: World) -> None:
    browser = browser_of(world.chief)
    answer = browser.post(page(world.clinic, "edit-institution"), details(name="塘桥新名"))
    assert "机构信息已修改" in text_of(answer)
    row = Facility.objects.get(pk=world.clinic.pk)
    assert (row.name, row.phone) == ("塘桥新名", "021-1")
    assert row.pinyin.startswith("tangqiao")
    assert "x" in row.pinyin, "the search finds it by its new name"
    [change] = DirectoryChange.objects.filter(facility=world.clinic)
    assert change.values["name"] == ["塘桥社区卫生服务中心", "塘桥新名"]
    assert change.by == world.chief.user
    [event] = Event.objects.filter(what="directory.facility")
    assert event.detail["fields"] == ["duty_phone", "name", "phone"]
    assert "塘桥社区卫生服务中心 → 塘桥新名" in text_of(answer)


def test_saving_without_a_change_leaves_no_trace(world: World) -> None:
    address = page(world.clinic, "edit-institution")
    browser_of(world.chief).post(address, {"name": world.clinic.name})
    assert not DirectoryChange.objects.exists()
    assert not Event.objects.filter(what="directory.facility").exists()


def test_a_manager_cannot_raise_the_own_house(world: World) -> None:
    words = details(is_active="", category="A100", ownership="private", uscc="x", tier=5)
    browser_of(world.chief).post(page(world.clinic, "edit-institution"), words)
    row = Facility.objects.get(pk=world.clinic.pk)
    assert (row.is_active, row.category, row.ownership, row.tier) == (True, "B100", "public", 1)
    assert browser_of(world.chief).get(page(world.clinic, "rate-institution")).status_code == 403


@pytest.mark.parametrize("name", ["edit-institution", "rate-institution"])
def test_of_others_nothing_is_changed(world: World, name: str) -> None:
    _ = world.alliance
    for person in (world.chief, world.office, world.manager, world.auditor):
        facility = world.lead if person is not world.manager else world.clinic
        answer = browser_of(person).post(page(facility, name), details(), follow=False)
        assert answer.status_code == 403
    answer = browser_of(world.stranger).post(page(world.clinic, name), details(), follow=False)
    assert answer.status_code == 404
    assert not DirectoryChange.objects.exists()


def test_what_is_wrong_is_said_beside_its_field(world: World, admin: Person) -> None:
    words = details(uscc="12345", category="Z9", ownership="public")
    answer = browser_of(admin).post(page(world.clinic, "edit-institution"), words)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"uscc", "category"}
    answer = browser_of(admin).post(page(world.clinic, "edit-institution"), {"name": ""})
    assert "name" in answer.context["form"].errors
    words = details(uscc="91310000MA1FL0000Q", category="B100", ownership="public", is_active="1")
    answer = browser_of(admin).post(page(world.clinic, "edit-institution"), words)
    assert answer.status_code == 422, "the check character is wrong"


def test_an_administrator_closes_and_rates(world: World, admin: Person) -> None:
    words = details(category="B100", ownership="public")
    browser_of(admin).post(page(world.clinic, "edit-institution"), words)
    assert not Facility.objects.get(pk=world.clinic.pk).is_active
    today = timezone.localdate()
    words = {"tier": 2, "level": 2, "grade": 1, "starts": today.isoformat()}
    answer = browser_of(admin).post(page(world.clinic, "rate-institution"), words)
    assert "县级或二级医院" in text_of(answer) or "二级" in text_of(answer)
    [row] = Accreditation.objects.filter(facility=world.clinic)
    assert (row.tier, row.starts) == (2, today)
    assert DirectoryChange.objects.filter(subject="accreditation", object_id=row.pk).exists()
    wrong = {**words, "level": 0, "starts": "2020-01-01"}
    assert browser_of(admin).post(page(world.clinic, "rate-institution"), wrong).status_code == 422


def test_a_department_is_closed_by_its_house(world: World) -> None:
    made = make_department(world.clinic)
    other = make_department(world.hospital)
    browser = browser_of(world.chief)
    browser.post(page(world.clinic, "edit-department", made.pk), {"name": made.name, "phone": "8"})
    row = Department.objects.get(pk=made.pk)
    assert (row.is_active, row.phone) == (False, "8")
    assert DirectoryChange.objects.get(object_id=made.pk).values["is_active"] == [True, False]
    for address in (
        page(world.clinic, "edit-department", other.pk),
        page(world.stranger_clinic, "edit-department", other.pk),
    ):
        assert browser.post(address, {"name": "x"}).status_code == 404


def test_a_form_that_is_sent_twice_is_written_once(world: World) -> None:
    words = details(key="11111111-1111-4111-8111-111111111111")
    for _turn in range(2):
        browser_of(world.chief).post(page(world.clinic, "edit-institution"), words)
    assert DirectoryChange.objects.count() == 1


def test_what_was_changed_stays(world: World) -> None:
    browser_of(world.chief).post(page(world.clinic, "edit-institution"), details())
    for statement in (
        "UPDATE facilities_directorychange SET label = 'x' WHERE true OR id = %s",
        "DELETE FROM facilities_directorychange WHERE true OR id = %s",
    ):
        with pytest.raises(DatabaseError, match="only added to"):
            run(statement, [world.clinic.pk])


def test_no_page_of_institutions_has_a_word_of_the_other_language(world: World) -> None:
    _ = world.alliance
    browser = browser_of(world.chief).speak("en")
    said = text_of(browser.get(page(world.clinic, "edit-institution")))
    assert "Telephone on duty" in said
    assert Capability.objects.count() == 0
    assert "保存" not in said
