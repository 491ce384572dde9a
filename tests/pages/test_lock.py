"""A session locks when nobody is there, keeps what was typed, and ends after half a day."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Session
from referral.models import Message
from referral.states import Status
from tests.factories import Person, World, as_system
from tests.pages.conftest import text_of

PASSWORD = "Korrekt-Pferd-9"
START = timezone.now()
IDLE = timedelta(minutes=15)
MOMENT = timedelta(seconds=1)
STREAM = "text/event-stream"


@pytest.fixture
def doctor(world: World) -> Person:
    """Return the clinic's doctor with a password."""
    world.doctor.user.set_password(PASSWORD)
    world.doctor.user.save(update_fields=["password"])
    return world.doctor


def entered(person: Person, **checks: Any) -> Client:
    client = Client(**checks)
    client.post("/sign-in/", {"username": person.user.username, "password": PASSWORD})
    return client


def test_it_locks_after_a_quarter_of_an_hour(doctor: Person) -> None:
    with time_machine.travel(START, tick=False) as clock:
        client = entered(doctor)
        clock.shift(IDLE - MOMENT)
        assert client.get("/boxes/inbox/").status_code == 200
        clock.shift(IDLE - MOMENT)
        assert client.get("/boxes/inbox/").status_code == 200, "every use begins the time anew"
        clock.shift(IDLE)
        locked = client.get("/boxes/inbox/?x=1")
        assert locked.status_code == 403
        assert 'name="unlock-password"' in locked.content.decode()
        assert "收件" not in text_of(locked), "nothing of the page is shown"
        wrong = client.post("/unlock/", {"unlock-password": "x", "next": "/boxes/inbox/?x=1"})
        assert 'value="/boxes/inbox/?x=1"' in wrong.content.decode()
        words = {"unlock-password": PASSWORD, "next": "/boxes/inbox/?x=1"}
        assert client.post("/unlock/", words).headers["Location"] == "/boxes/inbox/?x=1"
        assert client.get("/boxes/inbox/").status_code == 200


def test_it_stays_locked_however_often_one_asks(doctor: Person) -> None:
    with time_machine.travel(START, tick=False) as clock:
        client = entered(doctor)
        clock.shift(IDLE)
        assert [client.get("/").status_code for _each in range(3)] == [403] * 3


def test_typed_words_are_sent_with_the_password(world: World, doctor: Person) -> None:
    leg = world.at(Status.ACCEPTED)
    address = f"/referrals/{leg.pk}/send-message/"
    words = {"text": '请 "尽快" <安排>', "key": "k1", "version": str(leg.version)}
    with time_machine.travel(START, tick=False) as clock:
        client = entered(doctor)
        clock.shift(IDLE)
        kept = client.post(address, words)
        as_system()
        assert kept.status_code == 403
        body = kept.content.decode()
        assert f'action="{address}"' in body
        assert "请 &quot;尽快&quot; &lt;安排&gt;" in body
        assert not Message.objects.exists()
        again = client.post(address, {**words, "unlock-password": "wrong"})
        assert "请 &quot;尽快&quot;" in again.content.decode()
        done = client.post(address, {**words, "unlock-password": PASSWORD})
        as_system()
        assert done.headers["Location"] == f"/referrals/{leg.pk}/"
        assert Message.objects.get().text == words["text"]
        client.post(address, words)
        as_system()
        assert Message.objects.count() == 1, "the same form, unlocked or not"


def test_a_forged_form_is_not_kept(world: World, doctor: Person) -> None:
    with time_machine.travel(START, tick=False) as clock:
        client = Client(enforce_csrf_checks=True)
        client.force_login(doctor.user)
        clock.shift(IDLE)
        answer = client.post("/account/lock/", {"unlock-password": PASSWORD})
        assert answer.status_code == 403
        assert "unlock-password" not in answer.content.decode()
        assert client.get("/").status_code == 403, "it is locked still"


def test_scripts_are_told_in_their_own_words(doctor: Person) -> None:
    with time_machine.travel(START, tick=False) as clock:
        client = entered(doctor)
        clock.shift(IDLE)
        for path, heads in (
            ("/api/v1/referrals/", {}),
            ("/", {"HX-Request": "true"}),
            ("/", {"Sec-Fetch-Dest": "empty"}),
            ("/", {"Accept": STREAM}),
        ):
            answer = client.get(path, headers=heads)
            assert (answer.status_code, answer.json()["code"]) == (401, "session-locked"), path


def test_a_token_in_the_header_does_not_open_a_locked_page(doctor: Person) -> None:
    with time_machine.travel(START, tick=False) as clock:
        client = entered(doctor)
        clock.shift(IDLE)
        heads = {"Authorization": f"Bearer {doctor.api.token}"}
        assert client.get("/", headers=heads).status_code == 403


@pytest.mark.parametrize(
    ("path", "heads"), [("/", {"X-Background": "1"}), ("COUNTERS", {}), ("/", {"Accept": STREAM})]
)
def test_what_asks_by_itself_keeps_nobody_awake(
    doctor: Person, path: str, heads: dict[str, str]
) -> None:
    path = reverse("referral:counters") if path == "COUNTERS" else path
    with time_machine.travel(START, tick=False) as clock:
        client = entered(doctor)
        for _minute in range(15):
            clock.shift(timedelta(minutes=1))
            last = client.get(path, headers=heads)
        assert last.status_code == 401
        assert client.get("/").status_code == 403


def test_it_ends_after_half_a_day_however_busy(doctor: Person) -> None:
    with time_machine.travel(START, tick=False) as clock:
        client = entered(doctor)
        for _each in range(72):
            clock.shift(timedelta(minutes=9, seconds=59))
            assert client.get("/").status_code == 200
        assert client.get("/account/second-factor/").status_code == 200, "which writes the session"
        clock.shift(timedelta(minutes=2))
        assert client.get("/").headers["Location"] == "/sign-in/?next=/"
        assert not Session.objects.filter(user=doctor.user).exists()


def test_no_lock_for_pages_without_a_sign_in(doctor: Person) -> None:
    with time_machine.travel(START, tick=False) as clock:
        client = entered(doctor)
        clock.shift(IDLE)
        assert client.get("/o/").status_code == 404
        assert client.get("/healthz").status_code == 200
        assert client.post("/sign-out/").status_code == 302
        assert client.get("/").headers["Location"] == "/sign-in/?next=/"


def test_whoever_leaves_locks_at_once(doctor: Person) -> None:
    client = entered(doctor)
    assert client.post("/account/lock/").status_code == 302
    assert client.get("/").status_code == 403
    assert doctor.user.get_full_name() in text_of(client.get("/"))


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_unlocking_leads_on_within_the_house(doctor: Person, to: str) -> None:
    client = entered(doctor)
    client.post("/account/lock/")
    words = {"unlock-password": PASSWORD, "next": to}
    assert client.post("/unlock/", words).headers["Location"] == "/"


def test_passwords_are_tried_slowly_here_too(doctor: Person) -> None:
    client = entered(doctor)
    client.post("/account/lock/")
    told = [text_of(client.post("/unlock/", {"unlock-password": "x"})) for _each in range(6)]
    assert "密码不正确" in told[4]
    assert "尝试次数过多" in told[5]
    assert client.post("/unlock/", {"unlock-password": PASSWORD}).status_code == 403


def test_the_last_use_is_written_once_a_minute(
    doctor: Person, django_assert_num_queries: Any
) -> None:
    with time_machine.travel(START, tick=False) as clock:
        client = entered(doctor)
        row = Session.objects.get(user=doctor.user)
        clock.shift(59)
        client.get("/account/")
        assert Session.objects.get(user=doctor.user).last_use == row.last_use
        clock.shift(1)
        client.get("/account/")
        assert Session.objects.get(user=doctor.user).last_use == START + timedelta(minutes=1)


def test_a_session_that_was_ended_meanwhile_is_over(doctor: Person) -> None:
    client = entered(doctor)
    Session.objects.filter(user=doctor.user).delete()
    assert client.get("/").headers["Location"] == "/sign-in/?next=/"


def test_the_cookie_ends_with_the_browser(doctor: Person) -> None:
    client = entered(doctor)
    assert client.cookies[settings.SESSION_COOKIE_NAME]["expires"] == ""
    assert client.cookies[settings.SESSION_COOKIE_NAME]["httponly"]
