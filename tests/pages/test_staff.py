"""Posts on a page: who gives and ends which, nobody his own, and what is left open is handed on."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Permission, Role
from audit.models import Event
from facilities.managing.rights import WORDS, roles
from facilities.models import DirectoryChange, StaffPost
from notifications.models import OutboxMessage
from referral.models import Assignment
from referral.states import Status
from tests.facilities.factories import make_department, make_post, make_user
from tests.factories import Person, World, make_person
from tests.pages.conftest import browser_of, text_of

LIST = "/settings/staff/"
GIVE = "/settings/staff/give/"


@pytest.fixture
def admin(world: World) -> Person:
    """Return the system administrator, who works at the hospital."""
    return make_person(world.hospital, Role.SYSTEM_ADMIN)


def give(who: Person, *, at: str = "", **said: Any) -> Any:
    words = {
        "username": "lixin",
        "full_name": "李新",
        "role": "clinic_doctor",
        "starts": timezone.localdate().isoformat(),
        **said,
    }
    return browser_of(who).post(GIVE + at, words, follow=False)


def end(who: Person, post: StaffPost, on: date | None = None) -> Any:
    words = {"on": (on or timezone.localdate()).isoformat()}
    return browser_of(who).post(f"{LIST}{post.pk}/end/", words, follow=False)


def post_of(person: Person) -> StaffPost:
    return StaffPost.objects.get(user=person.user, facility=person.facility)


def test_the_posts_of_the_own_house_are_listed(world: World) -> None:
    make_post(world.clinic, user=make_user("zhaoliu", full_name="赵六"), ends=date(2021, 1, 1))
    department = make_department(world.clinic)
    make_post(world.clinic, user=make_user("qianqi", full_name="钱七"), department=department)
    _ = world.doctor, world.office
    browser = browser_of(world.chief)
    said = text_of(browser.get(LIST))
    assert "张医生" in said
    assert "钱七 基层医生 · 心血管内科" in said
    assert "赵六" not in said
    assert "李主任" not in said, "who works elsewhere"
    assert "赵六" in text_of(browser.get(LIST + "?over=1"))
    found = browser.get(LIST, data={"q": "qian"}).context["page"].rows
    assert [row.user.full_name for row in found] == ["钱七"]
    assert "没有找到" in text_of(browser.get(LIST, data={"q": "%_\x00"}))


def test_the_list_costs_a_fixed_number_of_statements(
    world: World, django_assert_num_queries: Any
) -> None:
    browser = browser_of(world.chief)
    for _round in range(2):
        with django_assert_num_queries(10):
            browser.client.get(LIST)
        for _each in range(5):
            make_post(world.clinic)


def test_a_new_person_gets_a_post_and_no_password(world: World) -> None:
    answer = give(world.chief)
    assert answer.headers["Location"] == LIST
    user = User.objects.get(username="lixin")
    assert not user.has_usable_password()
    post = StaffPost.objects.get(user=user)
    assert (post.facility, post.role, post.starts) == (
        world.clinic,
        Role.CLINIC_DOCTOR,
        timezone.localdate(),
    )
    [change] = DirectoryChange.objects.filter(facility=world.clinic)
    assert (change.subject, change.label) == ("post", "李新")
    assert Event.objects.filter(what="directory.post").count() == 1
    assert "李新" in text_of(browser_of(world.chief).get(LIST))


def test_a_known_person_is_taken_on_by_the_right_name_alone(world: World) -> None:
    make_user("lixin", full_name="李馨")
    answer = give(world.chief)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"full_name"}
    assert "李馨" not in text_of(answer), "nobody learns whose user name it is"
    assert give(world.chief, full_name="李馨").status_code == 302
    User.objects.filter(username="lixin").update(is_active=False)
    assert give(world.chief, full_name="李馨", role="clinic_manager").status_code == 422


@pytest.mark.parametrize(
    "role", [role for role in Role if role not in {"clinic_doctor", "clinic_manager"}]
)
def test_a_manager_gives_the_roles_of_the_house_alone(world: World, role: Role) -> None:
    answer = give(world.chief, role=role.value)
    allowed = role in {Role.HOSPITAL_DOCTOR, Role.REFERRAL_OFFICE}
    assert (answer.status_code == 302) is allowed
    assert StaffPost.objects.filter(user__username="lixin").exists() is allowed


def test_nobody_gives_or_ends_a_post_of_his_own(world: World, admin: Person) -> None:
    for person in (world.chief, world.office, admin):
        user = person.user
        answer = give(person, username=user.username, full_name=user.full_name)
        assert answer.status_code == 422
        assert "不能修改本人的岗位" in text_of(answer)
        assert end(person, post_of(person)).status_code == 403
    assert not DirectoryChange.objects.exists()


def test_a_post_ends_and_the_house_is_told(world: World) -> None:
    post = post_of(world.doctor)
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert end(world.chief, post, tomorrow).status_code == 302
    assert StaffPost.objects.get(pk=post.pk).ends == tomorrow
    assert OutboxMessage.objects.filter(topic="staff.post_ended").exists()
    [change] = DirectoryChange.objects.filter(facility=world.clinic)
    assert change.values == {"ends": [None, tomorrow.isoformat()]}
    before = end(world.chief, post, date(2019, 1, 1))
    assert before.status_code == 422


def test_posts_of_others_are_not_there(world: World, admin: Person) -> None:
    post = post_of(world.doctor)
    assert end(world.office, post).status_code == 404
    stranger = make_person(world.stranger_clinic, Role.CLINIC_MANAGER)
    assert end(stranger, post).status_code == 404
    for person in (world.doctor, world.manager, world.auditor):
        assert browser_of(person).get(LIST).status_code == 403
        assert end(person, post).status_code == 403
    elsewhere = f"?at={world.clinic.pk}"
    assert browser_of(world.office).get(LIST + elsewhere).status_code == 403
    assert give(world.office, at=elsewhere).status_code == 403
    assert StaffPost.objects.get(pk=post.pk).ends is None
    assert "张医生" in text_of(browser_of(admin).get(LIST + elsewhere))
    assert give(admin, at=elsewhere, role="alliance_manager").status_code == 302
    for query in ("?at=x", "?at=00000000-0000-7000-8000-000000000000"):
        assert browser_of(admin).get(LIST + query).status_code == 404


def test_an_administrator_is_made_by_nobody_below(world: World, admin: Person) -> None:
    post = make_post(world.clinic, Role.AUDITOR)
    assert end(world.chief, post).status_code == 403
    words = f"{LIST}{post.pk}/end/?at={world.clinic.pk}"
    on = {"on": timezone.localdate().isoformat()}
    assert browser_of(admin).post(words, on, follow=False).status_code == 302


def test_what_is_left_open_is_named_and_handed_on(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    browser = browser_of(world.chief)
    address = f"{LIST}{world.doctor.user.pk}/legs/"
    page = browser.get(f"{LIST}{post_of(world.doctor).pk}/end/")
    assert f'hx-get="{address}"' in page.content.decode()
    part = browser.get(address, headers={"HX-Request": "true"})
    assert "<!doctype" not in part.content.decode().lower()
    assert "负责1例在办转诊" in text_of(part)
    whole = browser.get(address)
    assert leg.number in text_of(whole)
    colleague = world.colleague.user
    offered = browser.get(address).context["form"].fields["to"].choices
    assert offered == [(colleague.pk, colleague.full_name)], "a manager files and receives nothing"
    words = {"leg": [str(leg.pk)], "to": str(world.colleague.user.pk)}
    assert browser.post(address, words, follow=False).status_code == 302
    [row] = Assignment.objects.filter(referral=leg, ended_at=None)
    assert row.user == world.colleague.user
    assert "没有在办转诊" in text_of(browser.get(address))
    stale = browser.post(address, words, follow=False)
    assert stale.status_code == 422
    assert "列表已有变化" in text_of(stale)


def test_the_legs_of_people_elsewhere_are_not_there(world: World) -> None:
    world.at(Status.SUBMITTED)
    address = f"{LIST}{world.doctor.user.pk}/legs/"
    assert browser_of(world.office).get(address).status_code == 404
    assert browser_of(world.doctor).get(address).status_code == 403
    assert browser_of(world.chief).get(f"{LIST}{world.office.user.pk}/legs/").status_code == 404


def test_every_right_of_every_role_is_said_in_words(world: World) -> None:
    assert set(WORDS) == set(Permission)
    assert len(roles()) == len(Role)
    said = text_of(browser_of(world.doctor).get("/settings/staff/roles/"))
    assert all(str(role.label) in said for role in Role)
    assert "查询审计日志" in said


def test_the_role_of_an_authority_is_given_at_an_authority_alone(
    world: World, admin: Person
) -> None:
    """By the system administrator; a clinical role is not given there."""
    house = world.authority.facility
    assert give(admin, at=f"?at={world.clinic.pk}", role="health_authority").status_code == 422
    assert give(admin, at=f"?at={house.pk}", role="clinic_doctor").status_code == 422
    assert not StaffPost.objects.filter(user__username="lixin").exists()
    assert give(admin, at=f"?at={house.pk}", role="health_authority").status_code == 302
    assert StaffPost.objects.get(user__username="lixin").facility == house
    assert give(world.authority, at=f"?at={house.pk}").status_code == 403
