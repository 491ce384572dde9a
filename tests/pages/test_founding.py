"""What the system administrator adds to the directory by pages: institutions, departments, relations."""

from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Event
from facilities.models import Department, DirectoryChange, Facility, Region, Relation
from tests.facilities.factories import make_facility, make_relation
from tests.factories import Person, World, make_person
from tests.pages.conftest import browser_of, text_of
from tests.pages.test_directory import page

NEW = "/settings/directory/new/"
# A made-up number with a right check character (GB 32100-2015).
USCC = "12310000MB0000001L"


@pytest.fixture
def admin(world: World) -> Person:
    """Return the system administrator, who works at the hospital."""
    return make_person(world.hospital, Role.SYSTEM_ADMIN)


def entered(world: World, **said: Any) -> dict[str, Any]:
    return {
        "name": "川沙新镇社区卫生服务中心",
        "code": "CS01",
        "region": world.clinic.region_id,
        "category": "B100",
        "tier": 1,
        "level": 0,
        "grade": 9,
        "kind": "treating",
        "ownership": "public",
        **said,
    }


def test_an_institution_is_entered_and_found(world: World, admin: Person) -> None:
    answer = browser_of(admin).post(NEW, entered(world, duty_phone="021-120"))
    row = Facility.objects.get(code="CS01")
    assert answer.redirect_chain[-1][0] == page(row)
    assert (row.tier, row.region_id, row.uscc) == (1, world.clinic.region_id, None)
    found = text_of(browser_of(admin).get("/settings/directory/?q=csxz"))
    assert "川沙新镇社区卫生服务中心" in found
    kept = DirectoryChange.objects.get(facility=row)
    assert kept.values["tier"] == [None, 1]
    assert Event.objects.filter(what="directory.facility", actor_id=admin.user.pk).count() == 1


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"uscc": "91310000MA1FL0000Q"}, "uscc"),
        ({"code": "cs 01"}, "code"),
        ({"code": ""}, "code"),
        ({"region": "没有的区"}, "region"),
        ({"category": ""}, "category"),
        ({"tier": "9"}, "tier"),
        ({"level": "0", "grade": "1"}, "__all__"),
        ({"legal_person": "没有这家"}, "legal_person"),
        ({"name": ""}, "name"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    world: World, admin: Person, said: dict[str, str], field: str
) -> None:
    answer = browser_of(admin).post(NEW, entered(world, **said))
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {field}
    assert not Facility.objects.filter(name="川沙新镇社区卫生服务中心").exists()


def test_a_code_that_is_taken_is_said(world: World, admin: Person) -> None:
    answer = browser_of(admin).post(NEW, entered(world, code=world.hospital.code))
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"code"}


def test_a_region_is_meant_by_its_name_where_it_is_one_alone(world: World, admin: Person) -> None:
    Region.objects.create(code="310199", name="测试独区", level="county", revision="2026")
    browser_of(admin).post(NEW, entered(world, region="测试独区"))
    assert Facility.objects.get(code="CS01").region_id == "310199"
    Region.objects.create(code="310198", name="测试独区", level="county", revision="2026")
    answer = browser_of(admin).post(NEW, entered(world, code="CS02", region="测试独区"))
    assert answer.status_code == 422
    assert "310198" in text_of(answer)


def test_a_campus_of_a_campus_is_refused(world: World, admin: Person) -> None:
    browser_of(admin).post(NEW, entered(world, legal_person=world.hospital.code))
    campus = Facility.objects.get(code="CS01")
    assert campus.legal_person == world.hospital
    answer = browser_of(admin).post(NEW, entered(world, code="CS02", legal_person="CS01"))
    assert set(answer.context["form"].errors) == {"legal_person"}


def test_a_department_is_opened_by_the_list(world: World, admin: Person) -> None:
    address = page(world.clinic, "add-department")
    browser_of(admin).post(address, {"code": "03.04"})
    row = Department.objects.get(facility=world.clinic, code="03.04")
    assert row.name
    answer = browser_of(admin).post(address, {"code": "03.04", "name": row.name})
    assert answer.status_code == 422, "it is there already"
    assert browser_of(admin).post(address, {"code": "99.99"}).status_code == 422
    assert DirectoryChange.objects.filter(subject="department", object_id=row.pk).count() == 1


@pytest.mark.parametrize("kind", ["trusteeship", "counterpart", "regional_centre", "third_party"])
@pytest.mark.parametrize("gives", ["1", "0"])
def test_two_institutions_are_bound(world: World, admin: Person, kind: str, gives: str) -> None:
    today = timezone.localdate().isoformat()
    words = {"kind": kind, "gives": gives, "other": "仁济医院", "starts": today}
    shown = text_of(browser_of(admin).post(page(world.clinic, "add-relation"), words))
    row = Relation.objects.get()
    ends = [world.clinic, world.hospital] if gives == "1" else [world.hospital, world.clinic]
    assert [row.from_facility, row.to_facility] == ends
    assert "仁济医院" in shown
    assert DirectoryChange.objects.get(subject="relation").facility == row.to_facility


def test_a_bond_ends_and_is_not_doubled(world: World, admin: Person) -> None:
    bond = make_relation(world.lead, world.clinic, starts=date(2026, 1, 1))
    browser, today = browser_of(admin), timezone.localdate().isoformat()
    words = {"kind": "trusteeship", "gives": "0", "other": world.hospital.code, "starts": today}
    answer = browser.post(page(world.clinic, "add-relation"), words)
    assert answer.status_code == 422, "one trustee at a time"
    browser.post(page(world.clinic, "end-relation", bond.pk), {"ends": today})
    bond.refresh_from_db()
    assert bond.ends == timezone.localdate()
    browser.post(page(world.clinic, "add-relation"), words)
    assert Relation.objects.filter(from_facility=world.hospital).count() == 1
    own = {**words, "kind": "counterpart", "other": world.clinic.code}
    assert browser.post(page(world.clinic, "add-relation"), own).status_code == 422


def test_a_bond_of_others_is_not_ended_here(world: World, admin: Person) -> None:
    bond = make_relation(make_facility("甲"), make_facility("乙"))
    assert browser_of(admin).get(page(world.clinic, "end-relation", bond.pk)).status_code == 404


def test_nobody_else_adds_anything(world: World) -> None:
    _ = world.alliance
    bond = make_relation(world.lead, world.clinic)
    addresses = (
        NEW,
        page(world.clinic, "add-department"),
        page(world.clinic, "add-relation"),
        page(world.clinic, "end-relation", bond.pk),
    )
    for person in (world.doctor, world.chief, world.office, world.manager, world.auditor):
        for address in addresses:
            assert browser_of(person).post(address, {}, follow=False).status_code == 403
    for address in addresses[1:]:
        assert browser_of(world.stranger).post(address, {}, follow=False).status_code == 404
    assert not DirectoryChange.objects.exists()
