"""Signing in and out, the language of pages, and the change of post."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.permissions import Role
from audit.models import SYSTEM_CHAIN, Event
from tests.facilities.factories import make_post, make_user
from tests.factories import Person, World, as_system
from tests.pages.conftest import browser_of, text_of

PASSWORD = "Korrekt-Pferd-9"


@pytest.fixture
def person(world: World) -> Person:
    """Return the clinic's doctor with a password."""
    user = world.doctor.user
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return world.doctor


def sign_in(client: Client, user: User, password: str = PASSWORD, **more: str) -> int:
    """Send the form, return the status."""
    words = {"username": user.username, "password": password, **more}
    return client.post("/sign-in/", words).status_code


def test_a_person_signs_in_and_out(person: Person) -> None:
    client = Client()
    assert sign_in(client, person.user) == 302
    assert person.facility.name in text_of(client.get("/"))
    assert client.get("/sign-out/").status_code == 405, "a link cannot sign anybody out"
    assert client.post("/sign-out/").headers["Location"] == "/sign-in/"
    assert client.get("/").status_code == 302


def test_who_signed_in_in_another_tab_is_led_on(person: Person) -> None:
    client = Client(enforce_csrf_checks=True)

    def token() -> str:
        body = client.get("/sign-in/").content.decode()
        [found] = re.findall(
            r'name="csrfmiddlewaretoken" value="(\w+)"', body.partition("</form>")[0]
        )
        return str(found)

    words = {"username": person.user.username, "password": PASSWORD}
    first, second = token(), token()
    wrong = client.post("/sign-in/", {**words, "csrfmiddlewaretoken": "x" * 64})
    assert wrong.status_code == 403, "nobody is signed in yet"
    assert client.post("/sign-in/", {**words, "csrfmiddlewaretoken": first}).status_code == 302
    other_tab = client.post("/sign-in/", {**words, "csrfmiddlewaretoken": second})
    assert (other_tab.status_code, other_tab.headers["Location"]) == (302, "/")
    elsewhere = client.post("/post/", {"csrfmiddlewaretoken": second})
    assert elsewhere.status_code == 403


def test_a_wrong_password_is_refused_in_words(person: Person) -> None:
    client = Client()
    answer = client.post("/sign-in/", {"username": person.user.username, "password": "wrong"})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert client.get("/").status_code == 302


def test_a_failed_sign_in_stands_in_the_trail_of_the_persons_institution(person: Person) -> None:
    for name in (person.user.username, "nobody-of-this-name"):
        Client().post("/sign-in/", {"username": name, "password": "wrong"})
    as_system()
    known, unknown = Event.objects.filter(what="sign_in.password").order_by("at", "seq")
    assert (known.chain, known.facility_id) == (person.facility.pk, person.facility.pk)
    assert (known.actor_id, known.actor_role, known.result) == (person.user.pk, "", "refused")
    assert (unknown.chain, unknown.actor_id, unknown.facility_id) == (SYSTEM_CHAIN, None, None)


def test_a_wrong_password_costs_and_says_the_same_whoever_it_is(person: Person) -> None:
    said, asked = [], []
    for name in (person.user.username, "nobody-of-this-name"):
        with CaptureQueriesContext(connection) as statements:
            answer = Client().post("/sign-in/", {"username": name, "password": "wrong"})
        said.append(answer.content.decode().replace(name, "NAME"))
        asked.append(len(statements))
    assert asked[0] == asked[1]
    plain = [re.sub(r'value="[^"]{40,}"', "", each) for each in said]
    assert plain[0] == plain[1]


def test_a_person_who_left_cannot_sign_in(person: Person) -> None:
    person.user.is_active = False
    person.user.save(update_fields=["is_active"])
    assert sign_in(Client(), person.user) == 200


def test_signing_in_leads_on_within_the_house_only(person: Person) -> None:
    client = Client()
    words = {"username": person.user.username, "password": PASSWORD}
    inside = client.post("/sign-in/", {**words, "next": "/boxes/inbox/"})
    assert inside.headers["Location"] == "/boxes/inbox/"
    outside = Client().post("/sign-in/", {**words, "next": "https://evil.example/"})
    assert outside.headers["Location"] == "/"


def test_pages_are_chinese_whatever_the_browser_prefers(world: World) -> None:
    answer = Client().get("/sign-in/", headers={"Accept-Language": "en"})
    assert 'lang="zh-hans"' in answer.content.decode()
    assert "登录" in text_of(answer)


def test_the_switch_changes_to_english_and_back(world: World) -> None:
    browser = browser_of(world.doctor)
    assert "Inbox" in text_of(browser.speak("en").get("/"))
    assert "待办收件" in text_of(browser.speak("zh-hans").get("/"))


def test_the_api_follows_accept_language(world: World) -> None:
    client = Client()
    english = client.get("/api/v1/referrals/", headers={"Accept-Language": "en"})
    chinese = client.get("/api/v1/referrals/", headers={"Accept-Language": "zh-CN"})
    assert english.content != chinese.content


def test_signing_in_takes_up_the_persons_own_language(person: Person) -> None:
    person.user.language = "en"
    person.user.save(update_fields=["language"])
    client = Client()
    sign_in(client, person.user)
    assert "Inbox" in text_of(client.get("/"))
    chosen = Client()
    chosen.post("/i18n/setlang/", {"language": "zh-hans"})
    sign_in(chosen, person.user)
    assert "待办收件" in text_of(chosen.get("/")), "what the reader has switched to stays"


def test_who_works_at_two_facilities_changes_between_them(world: World) -> None:
    make_post(world.hospital, Role.HOSPITAL_DOCTOR, user=world.doctor.user)
    referral = world.at("submitted")
    browser = browser_of(world.doctor)
    before = text_of(browser.get("/"))
    assert "切换" in before
    assert "基层医生" in before
    after = text_of(browser.post("/post/", {"facility": str(world.hospital.pk)}))
    assert "医院医生" in after
    assert referral.number in text_of(browser.get("/boxes/inbox/"))


def test_nobody_changes_to_a_facility_of_others(world: World) -> None:
    browser = browser_of(world.doctor)
    for wanted in (str(world.hospital.pk), "nonsense", ""):
        assert browser.post("/post/", {"facility": wanted}).status_code == 404
    assert world.clinic.name in text_of(browser.get("/"))


def test_who_has_one_post_is_not_offered_another(world: World) -> None:
    assert "切换" not in text_of(browser_of(world.doctor).get("/"))


def test_a_person_without_a_post_is_told_whom_to_ask(world: World) -> None:
    client = Client()
    client.force_login(make_user())
    assert "您目前没有在任何机构任职" in text_of(client.get("/"))
    assert client.get("/boxes/inbox/").status_code == 403


def test_a_post_that_has_ended_is_left(world: World) -> None:
    post = make_post(world.hospital, Role.HOSPITAL_DOCTOR, user=world.doctor.user)
    browser = browser_of(world.doctor)
    browser.post("/post/", {"facility": str(world.hospital.pk)})
    post.delete()
    assert world.clinic.name in text_of(browser.get("/"))
