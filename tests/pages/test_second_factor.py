"""Setting up the second factor, signing in with it, and what happens without."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts import factor, tokens
from accounts.models import SecondFactor, Session
from audit.models import Event
from tests.accounts.test_factor import code
from tests.api import Api
from tests.factories import Person, World
from tests.pages.conftest import text_of

PASSWORD = "Korrekt-Pferd-9"
START = timezone.now().replace(second=5, microsecond=0)
SET_UP = "/account/second-factor/"


@pytest.fixture
def doctor(world: World) -> Person:
    """Return the clinic's doctor with a password."""
    world.doctor.user.set_password(PASSWORD)
    world.doctor.user.save(update_fields=["password"])
    return world.doctor


def sign_in(person: Person, client: Client | None = None, **more: str) -> tuple[Client, Any]:
    client = client or Client()
    words = {"username": person.user.username, "password": PASSWORD, **more}
    return client, client.post("/sign-in/", words)


def set_up(client: Client) -> tuple[str, list[str]]:
    """Set the second factor up on the page; return the secret and the recovery codes."""
    page = client.get(SET_UP).content.decode()
    [shown] = re.findall(r'<span class="key">([A-Z2-7 ]+)</span>', page)
    secret = shown.replace(" ", "")
    done = client.post(SET_UP, {"code": code(secret, timezone.now())})
    assert done.status_code == 200
    codes = re.findall(r"<li>([a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4})</li>", done.content.decode())
    assert len(codes) == 10
    return secret, codes


def test_a_person_sets_it_up_and_signs_in_with_it(doctor: Person) -> None:
    with time_machine.travel(START, tick=False) as clock:
        client, _answer = sign_in(doctor)
        secret, _codes = set_up(client)
        client.post("/sign-out/")
        clock.shift(60)
        client, answer = sign_in(doctor, next="/boxes/inbox/")
        assert answer.headers["Location"] == "/sign-in/code/"
        assert client.get("/").status_code == 302, "the password alone opens nothing"
        assert client.get("/api/v1/referrals/").status_code == 401
        wrong = client.post("/sign-in/code/", {"code": "000000"})
        assert 'role="alert"' in wrong.content.decode()
        right = client.post("/sign-in/code/", {"code": code(secret, timezone.now())})
        assert right.headers["Location"] == "/boxes/inbox/"
        assert client.get("/").status_code == 200
    said = Event.objects.filter(actor_id=doctor.user.pk, what__startswith="sign_in.")
    assert set(said.values_list("what", "result")) == {
        ("sign_in.password", "ok"),
        ("sign_in.code", "refused"),
        ("sign_in.code", "ok"),
    }


def test_a_code_on_paper_opens_once(doctor: Person) -> None:
    client, _answer = sign_in(doctor)
    _secret, codes = set_up(client)
    again, _answer = sign_in(doctor)
    assert again.post("/sign-in/code/", {"code": codes[0]}).headers["Location"] == "/"
    third, _answer = sign_in(doctor)
    assert third.post("/sign-in/code/", {"code": codes[0]}).status_code == 200
    assert third.get("/").status_code == 302


def test_setting_it_up_ends_the_sessions_that_had_none(doctor: Person) -> None:
    other, _answer = sign_in(doctor)
    client, _answer = sign_in(doctor)
    set_up(client)
    assert other.get("/").status_code == 302
    assert client.get("/").status_code == 200


def test_codes_are_guessed_as_slowly_as_passwords(doctor: Person) -> None:
    with time_machine.travel(START, tick=False) as clock:
        client, _answer = sign_in(doctor)
        secret, _codes = set_up(client)
        clock.shift(60)
        thief, _answer = sign_in(doctor)
        guessed = [thief.post("/sign-in/code/", {"code": "000000"}) for _each in range(6)]
        assert [each.status_code for each in guessed] == [200] * 5 + [429]
        right = {"code": code(secret, timezone.now())}
        assert thief.post("/sign-in/code/", right).status_code == 429
        known, _answer = sign_in(doctor, client)
        assert known.post("/sign-in/code/", right).status_code == 302, "not for the own device"


def test_the_password_is_good_for_five_minutes(doctor: Person) -> None:
    with time_machine.travel(START, tick=False) as clock:
        client, _answer = sign_in(doctor)
        secret, _codes = set_up(client)
        clock.shift(60)
        late, _answer = sign_in(doctor)
        clock.shift(timedelta(minutes=5, seconds=1))
        answer = late.post("/sign-in/code/", {"code": code(secret, timezone.now())})
        assert answer.headers["Location"] == "/sign-in/"
        assert late.get("/").status_code == 302


def test_a_sign_in_begun_under_the_version_before_is_finished(doctor: Person) -> None:
    """That version kept no way of signing in between the password and the code."""
    client, _answer = sign_in(doctor)
    _secret, codes = set_up(client)
    begun, _answer = sign_in(doctor)
    session = begun.session
    told = dict(session["entering"])
    del told["way"]
    session["entering"] = told
    session.save()
    assert begun.post("/sign-in/code/", {"code": codes[0]}).headers["Location"] == "/"


def test_who_is_switched_off_meanwhile_stays_out(doctor: Person) -> None:
    client, _answer = sign_in(doctor)
    _secret, codes = set_up(client)
    late, _answer = sign_in(doctor)
    doctor.user.is_active = False
    doctor.user.save(update_fields=["is_active"])
    assert late.post("/sign-in/code/", {"code": codes[0]}).headers["Location"] == "/sign-in/"


def test_a_wrong_first_code_keeps_the_same_key(doctor: Person) -> None:
    client, _answer = sign_in(doctor)
    shown = re.findall(r'class="key">([^<]+)', client.get(SET_UP).content.decode())
    again = client.post(SET_UP, {"code": "000000"})
    assert again.status_code == 422
    assert re.findall(r'class="key">([^<]+)', again.content.decode()) == shown
    assert not SecondFactor.objects.exists()


def test_at_an_open_computer_nobody_sets_up_his_own_telephone(doctor: Person) -> None:
    with time_machine.travel(START, tick=False) as clock:
        client, _answer = sign_in(doctor)
        clock.shift(timedelta(minutes=11))
        page = client.get(SET_UP).content.decode()
        secret = re.findall(r'class="key">([^<]+)', page)[0].replace(" ", "")
        right = code(secret, timezone.now())
        assert client.post(SET_UP, {"code": right}).status_code == 422
        assert client.post(SET_UP, {"code": right, "password": "x"}).status_code == 422
        assert client.post(SET_UP, {"code": right, "password": PASSWORD}).status_code == 200


def test_nobody_takes_off_or_replaces_his_own(doctor: Person) -> None:
    client, _answer = sign_in(doctor)
    set_up(client)
    before = SecondFactor.objects.get().pk
    assert client.get(SET_UP).headers["Location"] == "/account/"
    assert client.post(SET_UP, {"code": "000000"}).headers["Location"] == "/account/"
    assert SecondFactor.objects.get().pk == before


def test_new_paper_codes_want_a_code(doctor: Person) -> None:
    with time_machine.travel(START, tick=False) as clock:
        client, _answer = sign_in(doctor)
        secret, codes = set_up(client)
        clock.shift(60)
        assert client.post("/account/second-factor/codes/", {"code": "1"}).status_code == 422
        shown = code(secret, timezone.now())
        made = client.post("/account/second-factor/codes/", {"code": shown})
        assert made.status_code == 200
        assert made.headers["Cache-Control"] == "no-store"
        assert codes[0] not in made.content.decode()
        assert not factor.accepts(doctor.user, codes[0], now=timezone.now())


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_it_is_asked_for_until_later(doctor: Person, language: str) -> None:
    client, _answer = sign_in(doctor)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    question = {"zh-hans": "以后再说", "en": "Not now"}[language]
    assert question in text_of(client.get("/"))
    assert question not in text_of(client.get(SET_UP)), "which is about nothing else"
    client.post("/account/second-factor/later/")
    assert question not in text_of(client.get("/"))


def test_required_it_comes_before_everything(
    doctor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SECOND_FACTOR", "required")
    client, _answer = sign_in(doctor)
    assert client.get("/").headers["Location"] == SET_UP
    assert client.post("/account/second-factor/later/").headers["Location"] == SET_UP
    assert client.get("/account/").headers["Location"] == SET_UP
    refused = client.get("/api/v1/referrals/")
    assert (refused.status_code, refused.json()["code"]) == (403, "second-factor-required")
    assert client.get("/admin/").headers["Location"] == SET_UP
    set_up(client)
    assert client.get("/").status_code == 200
    assert client.get("/api/v1/referrals/").status_code == 200
    assert Api(tokens.issue(doctor.user)).get("/referrals/").status == 200, "a token is no session"


def test_a_session_that_says_nothing_of_it_is_not_let_through(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client()
    client.force_login(world.doctor.user)
    monkeypatch.setattr(settings, "SECOND_FACTOR", "required")
    assert client.get("/").headers["Location"] == SET_UP


def test_switched_off_it_is_nowhere(doctor: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    client, _answer = sign_in(doctor)
    set_up(client)
    monkeypatch.setattr(settings, "SECOND_FACTOR", "off")
    plain, answer = sign_in(doctor)
    assert answer.headers["Location"] == "/"
    assert plain.get(SET_UP).status_code == 404


def test_the_key_of_the_session_changes_with_every_step(doctor: Person) -> None:
    client, _answer = sign_in(doctor)
    _secret, codes = set_up(client)
    again, _answer = sign_in(doctor)
    half = again.cookies[settings.SESSION_COOKIE_NAME].value
    again.post("/sign-in/code/", {"code": codes[0]})
    whole = again.cookies[settings.SESSION_COOKIE_NAME].value
    assert half != whole
    assert not Session.objects.filter(session_key=half).exists()
