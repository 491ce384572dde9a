"""A password that has served its time: one page opens, and a new password opens the others."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts import passwords
from accounts.models import User
from audit.models import Event
from tests.accounts.test_factor import code
from tests.factories import Person, World
from tests.pages.conftest import text_of
from tests.pages.test_second_factor import set_up

PASSWORD = "Korrekt-Pferd-9"
NEW = "Batterie-Heft-77"
PAGE = "/account/password/"
START = timezone.now().replace(second=5, microsecond=0)


@pytest.fixture
def doctor(world: World) -> Person:
    """Return the clinic's doctor, whose password was set at START."""
    with time_machine.travel(START, tick=False):
        world.doctor.user.set_password(PASSWORD)
        world.doctor.user.save(update_fields=["password"])
    return world.doctor


def entered(person: Person, password: str = PASSWORD) -> tuple[Client, Any]:
    client = Client()
    client.cookies["django_language"] = "en"
    words = {"username": person.user.username, "password": password}
    return client, client.post("/sign-in/", words)


def change(client: Client, new: str = NEW) -> Any:
    words = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    return client.post(PAGE, words)


@pytest.mark.parametrize(("days", "is_open"), [(89, True), (90, False), (400, False)])
def test_it_opens_everything_for_ninety_days(doctor: Person, days: int, is_open: bool) -> None:
    with time_machine.travel(START + timedelta(days=days), tick=False):
        client, _answer = entered(doctor)
        answer = client.get("/")
        assert (answer.status_code == 200) == is_open
        if not is_open:
            assert answer.headers["Location"] == PAGE


def test_after_that_only_a_new_one_goes_on(doctor: Person) -> None:
    with time_machine.travel(START + timedelta(days=91), tick=False):
        client, _answer = entered(doctor)
        assert client.post("/account/sessions/end/", {}).headers["Location"] == PAGE
        refused = client.get("/api/v1/referrals/")
        assert (refused.status_code, refused.json()["code"]) == (403, "password-ended")
        said = text_of(client.get(PAGE))
        assert "has served its time" in said
        again = change(client, PASSWORD)
        assert again.status_code == 422
        assert "None of your last 5 passwords" in text_of(again)
        assert client.get("/").headers["Location"] == PAGE, "the old one again opens nothing"
        assert change(client).headers["Location"] == "/"
        assert client.get("/").status_code == 200
        later, _answer = entered(doctor, NEW)
        assert later.get("/").status_code == 200
    assert Event.objects.filter(actor_id=doctor.user.pk, what="password.changed").count() == 1


@pytest.mark.parametrize(("days", "said"), [(82, ""), (83, "within 7 days"), (89, "within 1 day:")])
def test_a_week_before_its_end_it_is_told(doctor: Person, days: int, said: str) -> None:
    with time_machine.travel(START + timedelta(days=days), tick=False):
        client, _answer = entered(doctor)
        told = text_of(client.get("/"))
    assert ("Your password ends" in told) == bool(said)
    assert said in told


def test_it_is_asked_for_behind_a_second_factor_too(
    doctor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.conf.settings.SECOND_FACTOR", "required")
    with time_machine.travel(START, tick=False):
        secret, _codes = set_up(entered(doctor)[0])
    with time_machine.travel(START + timedelta(days=90), tick=False):
        client, answer = entered(doctor)
        assert answer.headers["Location"] == "/sign-in/code/"
        client.post("/sign-in/code/", {"code": code(secret, timezone.now())})
        assert client.get("/").headers["Location"] == PAGE


def test_whoever_lacks_both_sets_up_the_factor_first(
    doctor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.conf.settings.SECOND_FACTOR", "required")
    with time_machine.travel(START + timedelta(days=90), tick=False):
        client, _answer = entered(doctor)
        assert client.get("/").headers["Location"] == "/account/second-factor/"
        set_up(client)
        assert client.get("/").headers["Location"] == PAGE
        assert change(client).headers["Location"] == "/"


def test_one_that_an_administrator_has_set_is_changed_at_the_first_sign_in(
    world: World, doctor: Person
) -> None:
    root = User.objects.create_superuser("root", full_name="Root", password=NEW)
    admin = Client()
    admin.force_login(root)
    address = f"/admin/accounts/user/{doctor.user.pk}/password/"
    words = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    refused = admin.post(address, words)
    assert refused.status_code == 200, "the person had this one a moment ago"
    words = {
        "password1": "Heft-Klammer-5",
        "password2": "Heft-Klammer-5",
        "usable_password": "true",
    }
    assert admin.post(address, words).status_code == 302
    client, _answer = entered(doctor, "Heft-Klammer-5")
    assert client.get("/").headers["Location"] == PAGE


def test_so_is_that_of_a_user_whom_an_administrator_makes(db: None) -> None:
    root = User.objects.create_superuser("root", full_name="Root", password=NEW)
    admin = Client()
    admin.force_login(root)
    made = admin.post(
        "/admin/accounts/user/add/",
        {
            "username": "fresh",
            "full_name": "新来",
            "usable_password": "true",
            "password1": PASSWORD,
            "password2": PASSWORD,
            "staffpost_set-TOTAL_FORMS": "0",
            "staffpost_set-INITIAL_FORMS": "0",
            "posts-TOTAL_FORMS": "0",
            "posts-INITIAL_FORMS": "0",
        },
    )
    assert made.status_code == 302
    end = passwords.ends_at(User.objects.get(username="fresh"))
    assert end is not None
    assert end <= timezone.now()
    own = f"/admin/accounts/user/{root.pk}/password/"
    words = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    assert admin.post(own, words).status_code == 302
    end = passwords.ends_at(root)
    assert end is not None
    assert end > timezone.now(), "one's own is one's own choice"
