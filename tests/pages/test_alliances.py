"""Alliances on their pages: founding one, its members, its lead, its end; who may do which, and what is kept of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.errors import Refused
from accounts.permissions import Role
from audit.models import Event
from facilities.actions import alter_alliance
from facilities.models import Alliance, DirectoryChange, Facility, Membership
from facilities.vocabulary import AllianceForm, MembershipRole
from tests.facilities.factories import make_alliance, make_facility
from tests.factories import Person, World, make_person
from tests.pages.conftest import browser_of, text_of

NEW = "/settings/alliances/new/"


@pytest.fixture
def world(db: None) -> World:
    """Return a world in which no alliance stands before it is asked for."""
    return World()


@pytest.fixture
def admin(world: World) -> Person:
    """Return the system administrator, who works at the hospital."""
    return make_person(world.hospital, Role.SYSTEM_ADMIN)


def page(alliance: Alliance, name: str = "alliance", *more: Any) -> str:
    return reverse(f"facilities:{name}", args=[alliance.pk, *more])


def founded(lead: Facility, /, **said: Any) -> dict[str, Any]:
    words = {"name": "浦东东部医疗集团", "form": "city_group", "lead": lead.code}
    return {**words, "starts": timezone.localdate().isoformat(), **said}


def today(days: int = 0) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def test_an_administrator_founds_one_and_adds_members(admin: Person) -> None:
    lead, member = make_facility("东部中心医院"), make_facility("川沙社区中心")
    below = make_facility("川沙村卫生室")
    browser = browser_of(admin)
    shown = text_of(browser.post(NEW, founded(lead)))
    assert "浦东东部医疗集团" in shown
    assert "东部中心医院" in shown
    alliance = Alliance.objects.get(name="浦东东部医疗集团")
    [term] = Membership.objects.filter(alliance=alliance)
    assert (term.facility, term.role) == (lead, MembershipRole.LEAD)
    add = page(alliance, "add-member")
    browser.post(add, {"facility": "川沙社区中心", "starts": today()})
    words = {"facility": below.code, "parent_facility": member.code, "starts": today()}
    shown = text_of(browser.post(add, words))
    assert "隶属于 川沙社区中心" in shown or "川沙社区中心" in shown
    term = Membership.objects.get(facility=below)
    assert (term.parent_facility, term.form) == (member, "city_group")
    kept = DirectoryChange.objects.filter(subject="membership", object_id=term.pk).get()
    assert kept.values["parent_facility"] == [None, f"川沙社区中心 ({member.code})"]
    assert kept.by == admin.user
    assert set(Event.objects.values_list("what", flat=True)) >= {
        "directory.alliance",
        "directory.membership",
    }


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"lead": "没有这家"}, "lead"),
        ({"lead": "重名医院"}, "lead"),
        ({"form": "specialty"}, None),
        ({"specialty": "03.04"}, None),
        ({"ends": "2020-01-01"}, None),
        ({"parent": "没有这个"}, "parent"),
        ({"name": ""}, "name"),
        ({"starts": "昨天"}, "starts"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_founded(
    admin: Person, said: dict[str, str], field: str | None
) -> None:
    lead = make_facility("东部中心医院")
    make_facility("重名医院")
    make_facility("重名医院")
    answer = browser_of(admin).post(NEW, founded(lead, **said))
    assert answer.status_code == 422
    errors = answer.context["form"].errors
    assert set(errors) == {field or "__all__"}
    assert not Alliance.objects.exists()


def test_a_name_that_means_several_names_their_codes(admin: Person) -> None:
    twins = [make_facility("重名医院") for _each in range(2)]
    answer = browser_of(admin).post(NEW, founded(twins[0], lead="重名医院"))
    said = text_of(answer)
    assert all(each.code in said for each in twins)


def test_a_part_of_a_name_never_binds_anybody(admin: Person) -> None:
    """The only hospital that may be meant is named, and not taken."""
    lead = make_facility("东部中心医院")
    answer = browser_of(admin).post(NEW, founded(lead, lead="东部"))
    assert answer.status_code == 422
    assert f"东部中心医院 ({lead.code})" in text_of(answer)
    assert not Alliance.objects.exists()
    browser_of(admin).post(NEW, founded(lead, lead=lead.code.lower()))
    assert Alliance.objects.get().lead == lead


def test_terms_never_overlap(world: World, admin: Person) -> None:
    """One city group a facility at a time: the database says so, and the page in a sentence."""
    _ = world.alliance
    answer = browser_of(admin).post(NEW, founded(world.clinic))
    assert answer.status_code == 422
    assert "城市医疗集团" in text_of(answer)
    assert not Alliance.objects.filter(name="浦东东部医疗集团").exists()
    assert not DirectoryChange.objects.exists()
    add = page(world.alliance, "add-member")
    answer = browser_of(admin).post(add, {"facility": world.clinic.code, "starts": today()})
    assert answer.status_code == 422
    stranger = make_facility("外人")
    words = {"facility": stranger.code, "parent_facility": "外人", "starts": today()}
    assert browser_of(admin).post(add, words).status_code == 422


def test_the_manager_at_the_lead_keeps_its_members(world: World) -> None:
    new = make_facility("新成员卫生院")
    browser = browser_of(world.manager)
    browser.post(page(world.alliance, "add-member"), {"facility": new.code, "starts": today()})
    term = Membership.objects.get(facility=new)
    ended = page(world.alliance, "end-member", term.pk)
    assert browser.post(ended, {"ends": today()}).status_code == 422, "it began today"
    shown = text_of(browser.post(ended, {"ends": today(2)}))
    assert today(2) in shown
    term.refresh_from_db()
    assert term.ends is not None
    again = browser.post(ended, {"ends": today(3)})
    assert again.status_code == 422, "what has ended is not made longer"
    words = {"name": "东方医联体新名", "allows_lateral": "1"}
    browser.post(page(world.alliance, "edit-alliance"), words)
    row = Alliance.objects.get(pk=world.alliance.pk)
    assert (row.name, row.allows_lateral) == ("东方医联体新名", True)
    for name in ("change-lead", "end-alliance"):
        assert browser.get(page(world.alliance, name)).status_code == 403
    assert browser.get(NEW).status_code == 403


def test_only_who_keeps_the_directory_makes_it_part_of_another(world: World, admin: Person) -> None:
    """Who looks over an alliance, and whom it reaches, follows from where it stands."""
    above = make_alliance(
        make_facility("市级医院"), form=AllianceForm.TELEMEDICINE, name="市级协作网"
    )
    address = page(world.alliance, "edit-alliance")
    words = {"name": world.alliance.name, "parent": "市级协作网"}
    assert "parent" not in browser_of(world.manager).get(address).context["form"].fields
    browser_of(world.manager).post(address, words)
    assert Alliance.objects.get(pk=world.alliance.pk).parent is None
    with pytest.raises(Refused, match="directory"):
        alter_alliance(world.alliance.pk, by=world.manager.actor, parent=above.pk)
    browser_of(admin).post(address, words)
    assert Alliance.objects.get(pk=world.alliance.pk).parent == above
    again = {"name": above.name, "parent": world.alliance.name}
    assert browser_of(admin).post(page(above, "edit-alliance"), again).status_code == 422, "a loop"
    renamed = {"name": "东方医联体新名"}
    browser_of(world.manager).post(address, renamed)
    assert Alliance.objects.get(pk=world.alliance.pk).parent == above, "it stays where it is"


def test_of_other_alliances_nobody_sees_or_changes_anything(world: World) -> None:
    other = make_alliance(make_facility("外地医院"), form=AllianceForm.TELEMEDICINE)
    _ = world.alliance
    for person in (world.doctor, world.chief, world.manager, world.auditor):
        browser = browser_of(person)
        assert "外地医院" not in text_of(browser.get("/settings/alliances/"))
        for name in ("alliance", "edit-alliance", "add-member", "change-lead", "end-alliance"):
            assert browser.get(page(other, name)).status_code == 404
            if name != "alliance":
                assert browser.post(page(other, name), {}, follow=False).status_code == 404
    term = Membership.objects.get(alliance=world.alliance, facility=world.clinic)
    answer = browser_of(world.manager).post(page(other, "end-member", term.pk), {"ends": today(1)})
    assert answer.status_code == 404
    assert not DirectoryChange.objects.exists()


def test_a_member_of_another_alliance_is_not_ended_here(world: World, admin: Person) -> None:
    other = make_alliance(make_facility("外地医院"), form=AllianceForm.TELEMEDICINE)
    term = Membership.objects.get(alliance=other)
    answer = browser_of(admin).get(page(world.alliance, "end-member", term.pk))
    assert answer.status_code == 404


def test_the_lead_changes_and_the_alliance_ends(world: World, admin: Person) -> None:
    browser = browser_of(admin)
    lead = page(world.alliance, "change-lead")
    assert browser.post(lead, {"facility": world.hospital.code, "on": today(1)}).status_code == 422
    assert browser.post(lead, {"facility": world.lead.code, "on": today()}).status_code == 422
    browser.post(lead, {"facility": world.hospital.code, "on": today()})
    row = Alliance.objects.get(pk=world.alliance.pk)
    assert row.lead == world.hospital
    shown = text_of(browser.post(page(row, "end-alliance"), {"ends": today(30)}))
    assert today(30) in shown
    assert not Membership.objects.filter(alliance=row, ends__isnull=True).exists()
    changed = DirectoryChange.objects.filter(subject="alliance", object_id=row.pk)
    assert {name for each in changed for name in each.values} == {"lead", "ends"}
    assert "牵头机构" in shown


def test_an_alliance_that_is_over_is_in_a_list_of_its_own(world: World, admin: Person) -> None:
    past = make_alliance(
        make_facility("旧牵头医院"), form=AllianceForm.TELEMEDICINE, name="旧协作网"
    )
    Alliance.objects.filter(pk=past.pk).update(ends=timezone.localdate())
    browser = browser_of(admin)
    assert "旧协作网" not in text_of(browser.get("/settings/alliances/"))
    assert "旧协作网" in text_of(browser.get("/settings/alliances/?over=1&q=协作"))
    assert browser.get(page(past)).status_code == 200


def test_a_form_sent_twice_founds_one(admin: Person) -> None:
    lead = make_facility("东部中心医院")
    words = founded(lead, key="11111111-1111-4111-8111-111111111111")
    for _turn in range(2):
        answer = browser_of(admin).post(NEW, words)
        assert answer.status_code == 200
    assert Alliance.objects.count() == 1


def test_the_pages_cost_a_fixed_number_of_statements(
    world: World, django_assert_num_queries: Any
) -> None:
    browser = browser_of(world.manager)
    addresses = (("/settings/alliances/", 9), (page(world.alliance), 11))
    for turn in range(2):
        for address, most in addresses:
            with django_assert_num_queries(most):
                browser.client.get(address)
        for number in range(4):
            words = {"facility": make_facility(f"成员{turn}{number}").code, "starts": today()}
            browser.post(page(world.alliance, "add-member"), words)
