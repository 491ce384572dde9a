"""Signing in by OpenID Connect: the way there and back, once, in one browser, for linked people alone."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from werkzeug import Response

from accounts import factor
from accounts.models import Identity, Session, User
from audit.models import Event
from tests.accounts.test_factor import SECRET, code
from tests.factories import Person, World
from tests.pages.conftest import browser_of, text_of
from tests.pages.oidc.conftest import forget
from tests.pages.oidc.simulated import BACK, GO, HUSH, PASSWORD, Simulated, enter, go, is_in

pytestmark = pytest.mark.django_db


def test_without_a_provider_nothing_of_it_is_there(world: World, settings: Any) -> None:
    settings.OIDC_ISSUER = ""
    client = Client()
    assert client.get(GO).headers["Location"] == "/sign-in/"
    assert client.get(BACK).headers["Location"] == "/sign-in/"
    assert "provider" not in client.get("/sign-in/").content.decode()
    browser = browser_of(world.doctor)
    assert "provider" not in browser.get("/account/").content.decode()
    assert browser.post("/account/identity/", {"password": "x"}).status_code == 404
    assert browser.post("/account/identity/remove/", {}).status_code == 404


def test_a_linked_person_comes_in(doctor: Person, provider: Simulated) -> None:
    assert GO in Client().get("/sign-in/").content.decode()
    client = Client()
    there = go(client, next="/boxes/inbox/")
    query = parse_qs(urlsplit(there).query)
    assert there.startswith(provider.server.url_for("/authorize?"))
    assert query["response_type"] == ["code"]
    assert query["code_challenge_method"] == ["S256"]
    assert query["prompt"] == ["login"]
    assert query["max_age"] == ["0"]
    assert HUSH not in there
    answer = provider.come_back(client, there)
    assert answer.headers["Location"] == "/boxes/inbox/"
    assert is_in(client)
    event = Event.objects.get(what="sign_in.provider")
    assert (event.actor_id, event.result) == (doctor.user.pk, "ok")


def test_the_session_is_a_new_one(doctor: Person, provider: Simulated) -> None:
    client = Client()
    there = go(client)
    before = client.cookies["sessionid"].value
    provider.come_back(client, there)
    assert client.cookies["sessionid"].value != before
    assert not Session.objects.filter(session_key=before).exists()


def test_an_answer_serves_once(doctor: Person, provider: Simulated) -> None:
    client = Client()
    there = go(client)
    provider.come_back(client, there)
    client.post("/sign-out/")
    assert provider.come_back(client, there).status_code == 403
    assert not is_in(client)


def test_an_answer_in_another_browser_is_refused(doctor: Person, provider: Simulated) -> None:
    """Whoever lures somebody to an answer of his own signs nobody in."""
    there = go(Client())
    victim = Client()
    assert provider.come_back(victim, there).status_code == 403
    begun = Client()
    go(begun)
    assert provider.come_back(begun, there).status_code == 403
    assert not is_in(victim)
    assert not is_in(begun)
    assert provider.tokens == [], "the code was not even exchanged"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"state": ""}, 403),
        ({"state": "x"}, 403),
        ({"code": ""}, 403),
        ({"iss": "https://evil"}, 403),
    ],
)
def test_a_wrong_answer_is_refused(
    doctor: Person, provider: Simulated, changes: dict[str, str], status: int
) -> None:
    client, answer = enter(provider, **changes)
    assert answer.status_code == status
    assert not is_in(client)
    assert Event.objects.filter(what="sign_in.provider", result="refused").count() == 1


def test_a_refusal_of_the_provider_is_told(doctor: Person, provider: Simulated) -> None:
    _client, answer = enter(provider, error="access_denied", error_description="<script>x</script>")
    assert answer.status_code == 403
    assert "未允许登录" in text_of(answer)
    assert "script>x" not in answer.content.decode()


def test_an_answer_that_comes_too_late_is_refused(doctor: Person, provider: Simulated) -> None:
    client = Client()
    there = go(client)
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=True):
        assert provider.come_back(client, there).status_code == 403
    assert not is_in(client)


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://inner.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": ""},
    ],
)
def test_a_provider_that_says_odd_things_of_itself_is_not_asked(
    doctor: Person, provider: Simulated, document: dict[str, str]
) -> None:
    provider.document = document
    answer = Client().get(GO)
    assert answer.status_code == 502
    assert "没有响应" in text_of(answer)


def test_a_provider_that_is_away_leaves_the_password(
    doctor: Person, provider: Simulated, settings: Any
) -> None:
    settings.OIDC_ISSUER = "http://127.0.0.1:9/realm"
    forget()
    assert Client().get(GO).status_code == 502
    words = {"username": doctor.user.username, "password": PASSWORD}
    assert Client().post("/sign-in/", words).status_code == 302


@pytest.mark.parametrize("status", [302, 400, 500])
def test_a_token_endpoint_that_fails_signs_nobody_in(
    doctor: Person, provider: Simulated, status: int
) -> None:
    """A redirect is not followed: the secret goes nowhere else."""
    provider.answer = Response("{}", status, headers={"Location": provider.server.url_for("/x")})
    client, answer = enter(provider)
    assert answer.status_code in {403, 502}
    assert not is_in(client)
    assert not any(request.path == "/x" for request, _answer in provider.server.log)


def test_nobody_is_made_and_no_name_or_address_links(doctor: Person, provider: Simulated) -> None:
    User.objects.filter(pk=doctor.user.pk).update(email="a@b.example")
    before = User.objects.count()
    provider.claims = {
        "sub": "stranger",
        "email": "a@b.example",
        "email_verified": True,
        "preferred_username": doctor.user.username,
    }
    client, answer = enter(provider)
    assert answer.status_code == 403
    assert "未与本系统用户关联" in text_of(answer)
    assert User.objects.count() == before
    assert not is_in(client)


def test_the_same_subject_of_another_provider_is_somebody_else(
    doctor: Person, provider: Simulated
) -> None:
    Identity.objects.update(issuer="https://before.example")
    assert not is_in(enter(provider)[0])


def test_whoever_is_switched_off_does_not_come_in(doctor: Person, provider: Simulated) -> None:
    User.objects.filter(pk=doctor.user.pk).update(is_active=False)
    client, answer = enter(provider)
    assert answer.status_code == 403
    assert not is_in(client)


def test_the_second_factor_is_asked_for_as_after_a_password(
    doctor: Person, provider: Simulated
) -> None:
    before = timezone.now() - timedelta(minutes=5)
    assert factor.confirm(doctor.user, SECRET, code(SECRET, before), now=before)
    client, answer = enter(provider)
    assert answer.headers["Location"] == "/sign-in/code/"
    assert not is_in(client)
    client.post("/sign-in/code/", {"code": code(SECRET, timezone.now())})
    assert is_in(client)


def test_a_required_factor_is_required_of_them_too(
    doctor: Person, provider: Simulated, settings: Any
) -> None:
    settings.SECOND_FACTOR = "required"
    client, _answer = enter(provider)
    assert client.get("/").headers["Location"] == "/account/second-factor/"


@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example", "/\\evil", "javascript:1"]
)
def test_nobody_is_led_elsewhere(doctor: Person, provider: Simulated, to: str) -> None:
    client = Client()
    assert provider.come_back(client, go(client, next=to)).headers["Location"] == "/"


def test_the_way_back_is_a_setting_and_no_host_of_a_request(
    doctor: Person, provider: Simulated, settings: Any
) -> None:
    there = Client().get(GO, headers={"host": "localhost"}).headers["Location"]
    query = parse_qs(urlsplit(there).query)
    assert query["redirect_uri"] == [settings.PUBLIC_URL.rstrip("/") + BACK]
