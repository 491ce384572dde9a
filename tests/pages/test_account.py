"""One's own account: the sessions that are open, the password, and what ends with it."""

import re
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher, make_password
from django.test import Client

from accounts import devices, tokens
from accounts.models import AccessToken, Session
from accounts.permissions import Role
from audit.models import Event
from tests.api import Api
from tests.facilities.factories import make_user
from tests.factories import Person, World, make_person
from tests.pages.conftest import text_of

PASSWORD = "Korrekt-Pferd-9"
NEW = "Batterie-Heft-77"
CHROME = (
    "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0 Safari/537.36"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


@pytest.fixture
def doctor(world: World) -> Person:
    """Return the clinic's doctor with a password."""
    world.doctor.user.set_password(PASSWORD)
    world.doctor.user.save(update_fields=["password"])
    return world.doctor


def entered(person: Person, agent: str = CHROME) -> Client:
    client = Client(headers={"User-Agent": agent})
    client.cookies["django_language"] = "en"
    client.post("/sign-in/", {"username": person.user.username, "password": PASSWORD})
    return client


def change(client: Client, old: str = PASSWORD, new: str = NEW, again: str = "") -> Any:
    words = {"old_password": old, "new_password1": new, "new_password2": again or new}
    return client.post("/account/password/", words)


def test_the_page_shows_each_session_with_its_device(doctor: Person) -> None:
    entered(doctor, FIREFOX)
    said = text_of(entered(doctor).get("/account/"))
    assert "Chrome · Windows This one 127.0.0.1" in said
    assert "Firefox · Linux 127.0.0.1" in said
    assert "End all others" in said


def test_the_page_never_shows_the_key_of_a_session(doctor: Person) -> None:
    entered(doctor, FIREFOX)
    body = entered(doctor).get("/account/").content.decode()
    for key in Session.objects.values_list("session_key", flat=True):
        assert key not in body


def test_a_forgotten_session_is_ended(doctor: Person) -> None:
    other, client = entered(doctor, FIREFOX), entered(doctor)
    row = Session.objects.get(user=doctor.user, device="Firefox · Linux")
    assert client.post(f"/account/sessions/{row.id}/end/").headers["Location"] == "/account/"
    assert other.get("/").status_code == 302
    assert client.get("/").status_code == 200
    assert client.post(f"/account/sessions/{row.id}/end/").status_code == 404


def test_nobody_ends_a_session_of_others(world: World, doctor: Person) -> None:
    colleague = make_person(world.clinic, Role.CLINIC_DOCTOR)
    theirs = Client()
    theirs.force_login(colleague.user)
    row = Session.objects.get(user=colleague.user)
    client = entered(doctor)
    for address in (f"/account/sessions/{row.id}/end/", "/account/sessions/end/"):
        client.post(address)
    assert theirs.get("/").status_code == 200
    assert str(row.id) not in client.get("/account/").content.decode()


def test_the_session_in_use_is_ended_by_signing_out_only(doctor: Person) -> None:
    client = entered(doctor)
    row = Session.objects.get(user=doctor.user)
    assert client.post(f"/account/sessions/{row.id}/end/").status_code == 404
    assert client.get("/").status_code == 200


def test_all_others_are_ended_at_once(doctor: Person) -> None:
    others, client = [entered(doctor, FIREFOX) for _each in range(3)], entered(doctor)
    client.post("/account/sessions/end/")
    assert [other.get("/").status_code for other in others] == [302] * 3
    assert client.get("/").status_code == 200
    assert Event.objects.filter(actor_id=doctor.user.pk, what="session.ended").count() == 1


def test_a_new_password_ends_every_session_and_token_but_goes_on_here(doctor: Person) -> None:
    token = tokens.issue(doctor.user)
    other, client = entered(doctor, FIREFOX), entered(doctor)
    assert Api(token).get("/referrals/").status == 200
    assert change(client).headers["Location"] == "/account/"
    assert "The password is changed" in text_of(client.get("/account/"))
    assert other.get("/").status_code == 302
    assert Api(token).get("/referrals/").status == 401
    assert Session.objects.filter(user=doctor.user).count() == 1
    doctor.user.refresh_from_db()
    assert doctor.user.check_password(NEW)
    assert Event.objects.filter(actor_id=doctor.user.pk, what="password.changed").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"old": "wrong"}, "The password is wrong"),
        ({"new": "kurz-9"}, "at least 10"),
        ({"new": "1234567890"}, "too common"),
        ({"again": "another-one-3"}, "didn’t match"),
    ],
)
def test_a_password_that_will_not_do_changes_nothing(
    doctor: Person, words: dict[str, str], said: str
) -> None:
    other, client = entered(doctor, FIREFOX), entered(doctor)
    answer = change(client, **words)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert PASSWORD not in answer.content.decode()
    assert other.get("/").status_code == 200
    doctor.user.refresh_from_db()
    assert doctor.user.check_password(PASSWORD)


def test_a_password_like_the_name_will_not_do(world: World) -> None:
    user = make_user("wangxiaohong1", full_name="王小红")
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    client = Client()
    client.post("/sign-in/", {"username": user.username, "password": PASSWORD})
    assert change(client, new="wangxiaohong").status_code == 422


def test_the_old_password_is_tried_slowly(doctor: Person) -> None:
    client = entered(doctor)
    assert [change(client, old="wrong").status_code for _each in range(5)] == [422] * 5
    assert change(client).status_code == 422, "not even the right one is looked at"
    doctor.user.refresh_from_db()
    assert doctor.user.check_password(PASSWORD)


def test_nothing_is_told_of_a_new_password_beside_a_wrong_old_one(doctor: Person) -> None:
    """Whoever finds an open session could else try out passwords as new ones, without being slowed down."""
    client = entered(doctor)
    assert "is changed" in text_of(client.get(change(client).headers["Location"]))

    def told(old: str) -> set[str]:
        pages = [change(client, old=old, new=new) for new in (NEW, PASSWORD, "Ganz-Neu-5", "x")]
        # How long to wait becomes less meanwhile.
        return {re.sub(r"\d+", "", text_of(page)) for page in pages}

    refused = told("wrong")
    assert len(refused) == 1
    assert "The password is wrong" in refused.pop()
    assert change(client, old="wrong").status_code == 422
    slowed = told(NEW)
    assert len(slowed) == 1
    assert "Too many wrong tries" in slowed.pop()


def test_tokens_end_whatever_changed_the_password(db: None) -> None:
    """The administration and `manage.py changepassword` both save the person."""
    user = make_user()
    tokens.issue(user)
    user.set_password(NEW)
    user.save()
    assert not AccessToken.objects.filter(user=user, revoked_at=None).exists()


def test_a_better_hash_of_the_same_password_ends_nothing(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = make_user()
    user.password = make_password(PASSWORD)
    user.save(update_fields=["password"])
    tokens.issue(user)
    monkeypatch.setattr(MD5PasswordHasher, "must_update", lambda *_: True)
    before = user.password
    assert user.check_password(PASSWORD)
    assert user.password != before
    assert AccessToken.objects.filter(user=user, revoked_at=None).count() == 1


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (CHROME, "Chrome · Windows"),
        (FIREFOX, "Firefox · Linux"),
        (CHROME + " Edg/109.0", "Edge · Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) MicroMessenger/8.0",
            "微信 · iPhone",
        ),
        ("curl/8.0", ""),
        ("", ""),
        ("<script>\x00 Chrome/" + "9" * 5000, "Chrome"),
    ],
)
def test_a_device_is_told_in_two_words(agent: str, words: str) -> None:
    assert devices.words(agent) == words


def test_the_page_costs_a_fixed_number_of_statements(
    doctor: Person, django_assert_num_queries: Any
) -> None:
    client = entered(doctor)
    counts = []
    for _round in range(2):
        with django_assert_num_queries(9):
            client.get("/account/")
        counts.append(Session.objects.filter(user=doctor.user).count())
        for _each in range(3):
            entered(doctor, FIREFOX)
    assert counts == [1, 4]
