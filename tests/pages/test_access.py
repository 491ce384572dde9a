"""What a security administrator sees and does, for the staff of the own facility and nobody else."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts import factor, tokens
from accounts.actors import Actor
from accounts.errors import Refused
from accounts.models import AccessToken, SecondFactor, Session
from accounts.permissions import Role
from audit.models import Event
from facilities.actions import access
from facilities.models import StaffPost
from facilities.queries import access as queries
from tests.accounts.test_factor import NOW, SECRET, code
from tests.facilities.factories import make_post, make_user
from tests.factories import Person, World, make_person
from tests.pages.conftest import browser_of, text_of
from tests.pages.test_account import PASSWORD

DEEDS = ("sign-out", "remove-factor", "let-in")


@pytest.fixture
def guardian(world: World) -> Person:
    """Return the security administrator of the clinic."""
    return make_person(world.clinic, Role.SECURITY_ADMIN, name="安全员")


def enrolled(person: Person) -> Client:
    """Return a signed-in browser of somebody with a second factor and a token."""
    assert factor.confirm(person.user, SECRET, code(SECRET, NOW), now=NOW)
    client = Client()
    client.force_login(person.user)
    tokens.issue(person.user)
    return client


def do(who: Person, whom: Person, deed: str) -> Any:
    address = f"/access/{whom.user.pk}/{deed}/"
    return browser_of(who).post(address, {}, follow=False)


def test_the_staff_is_listed_with_their_sign_ins(world: World, guardian: Person) -> None:
    enrolled(world.doctor)
    left = make_post(world.clinic, ends=timezone.localdate()).user
    said = text_of(browser_of(guardian).get("/access/"))
    assert world.doctor.user.full_name in said
    assert "1 处登录" in said
    assert "基层医生" in said
    assert left.full_name not in said
    assert world.office.user.full_name not in said, "who works elsewhere"


def test_a_search_finds_by_name_and_user_name(world: World, guardian: Person) -> None:
    make_post(world.clinic, user=make_user("zhaoliu", full_name="赵六"))
    browser = browser_of(guardian)
    for text in ("赵", "zhao"):
        said = text_of(browser.get("/access/", data={"q": text}))
        assert "zhaoliu" in said
        assert world.doctor.user.username not in said
    assert "没有找到" in text_of(browser.get("/access/", data={"q": "没有此人\x00%_"}))


def test_more_than_fifty_are_on_further_pages(world: World, guardian: Person) -> None:
    for number in range(60):
        make_post(world.clinic, user=make_user(f"a{number:03}", full_name="同名"))
    browser = browser_of(guardian)
    first = browser.get("/access/")
    assert "a049" in text_of(first)
    assert "a050" not in text_of(first)
    assert "a050" in text_of(browser.get("/access/?after=a049"))


def test_the_page_costs_a_fixed_number_of_statements(
    world: World, guardian: Person, django_assert_num_queries: Any
) -> None:
    browser = browser_of(guardian)
    for _round in range(2):
        with django_assert_num_queries(11):
            browser.client.get("/access/")
        for _each in range(10):
            make_post(world.clinic)


def test_signing_out_everywhere_ends_sessions_and_tokens(world: World, guardian: Person) -> None:
    client = enrolled(world.doctor)
    assert do(guardian, world.doctor, "sign-out").headers["Location"] == "/access/"
    assert client.get("/").status_code == 302
    assert not AccessToken.objects.filter(user=world.doctor.user, revoked_at=None).exists()
    assert SecondFactor.objects.filter(user=world.doctor.user).exists()
    [event] = Event.objects.filter(what="access.signed_out")
    assert event.actor_id == guardian.user.pk


def test_a_lost_telephone_is_taken_off(world: World, guardian: Person) -> None:
    client = enrolled(world.doctor)
    do(guardian, world.doctor, "remove-factor")
    assert not SecondFactor.objects.exists()
    assert client.get("/").status_code == 302


def test_whoever_waits_is_let_in(world: World, guardian: Person) -> None:
    user = world.doctor.user
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    words = {"username": user.username, "password": "x"}
    codes = [Client().post("/sign-in/", words).status_code for _each in range(6)]
    assert codes[-1] == 429
    do(guardian, world.doctor, "let-in")
    right = {**words, "password": PASSWORD}
    assert Client().post("/sign-in/", right).status_code == 302


@pytest.mark.parametrize("deed", DEEDS)
def test_only_for_the_own_staff_and_never_for_oneself(
    world: World, guardian: Person, deed: str
) -> None:
    enrolled(world.office)
    assert do(guardian, world.office, deed).status_code == 404, "works elsewhere"
    assert do(guardian, guardian, deed).status_code == 403
    StaffPost.objects.filter(user=world.doctor.user).update(ends=timezone.localdate())
    assert do(guardian, world.doctor, deed).status_code == 404, "works here no more"
    assert SecondFactor.objects.filter(user=world.office.user).exists()
    assert Session.objects.filter(user=world.office.user).exists()


@pytest.mark.parametrize("role", [each for each in Role if each is not Role.SECURITY_ADMIN])
def test_no_other_role_may(world: World, role: Role) -> None:
    person = make_person(world.clinic, role)
    assert browser_of(person).get("/access/").status_code == 403
    for deed in DEEDS:
        assert do(person, world.doctor, deed).status_code == 403
    with pytest.raises(Refused, match="access-forbidden"):
        access.remove_factor(world.doctor.user.pk, by=person.actor, now=timezone.now())


def test_an_unknown_deed_is_not_there(world: World, guardian: Person) -> None:
    assert do(guardian, world.doctor, "promote").status_code == 404


def test_a_security_administrator_sees_no_patient(world: World, guardian: Person) -> None:
    leg = world.at("submitted")
    browser = browser_of(guardian)
    assert browser.get(f"/referrals/{leg.pk}/").status_code == 403
    assert guardian.api.get("/patients/").status == 403
    assert guardian.api.get("/referrals/").status == 403


def test_the_command_helps_where_nobody_else_can(world: World) -> None:
    client = enrolled(world.doctor)
    call_command("remove_second_factor", world.doctor.user.username)
    assert not SecondFactor.objects.exists()
    assert client.get("/").status_code == 302
    with pytest.raises(CommandError, match="no user named ghost"):
        call_command("remove_second_factor", "ghost")


def test_the_system_may_and_nobody_is_found_for_nothing(world: World) -> None:
    now = timezone.now()
    with pytest.raises(Refused, match="not-found"):
        access.let_in(world.clinic.pk, by=Actor.system(), now=now)
    assert queries.works_here(
        world.doctor.user.pk, world.clinic.pk, on=timezone.localdate(now) + timedelta(days=1)
    )
