"""Wrong passwords are tried slowly; the true person on a known device is never kept out by a stranger."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts import tasks, throttle
from accounts.models import CounterKind, Session, TryCounter, User
from tests.facilities.factories import make_post, make_user
from tests.factories import World
from tests.pages.conftest import text_of

PASSWORD = "Korrekt-Pferd-9"
START = timezone.now()


@pytest.fixture
def user(db: None) -> User:
    """Return somebody with a password."""
    made = make_user("liming")
    made.set_password(PASSWORD)
    made.save(update_fields=["password"])
    return made


def enter(
    client: Client, password: str, *, name: str = "liming", address: str = "10.0.0.1"
) -> tuple[int, str]:
    """Try to sign in; return the status, and what the page says in English."""
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    words = {"username": name, "password": password}
    answer = client.post("/sign-in/", words, REMOTE_ADDR=address)
    return answer.status_code, text_of(answer)


def tries(count: int, *, name: str = "liming", address: str = "10.0.0.1") -> list[int]:
    return [enter(Client(), "wrong", name=name, address=address)[0] for _each in range(count)]


def test_five_tries_are_free_and_the_sixth_waits(user: User) -> None:
    with time_machine.travel(START, tick=False):
        assert tries(6) == [200] * 5 + [429]
        status, said = enter(Client(), PASSWORD)
        assert status == 429, "not even the right one is looked at"
        assert "60 seconds" in said
    with time_machine.travel(START + timedelta(seconds=60), tick=False):
        assert enter(Client(), PASSWORD)[0] == 302


def test_the_answer_says_to_programs_how_long(user: User) -> None:
    with time_machine.travel(START, tick=False):
        tries(5)
        words = {"username": "liming", "password": "x"}
        answer = Client().post("/sign-in/", words, REMOTE_ADDR="10.0.0.1")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "61")


@pytest.mark.parametrize("addresses", [1, 500])
def test_at_most_ten_an_account_and_hour_are_looked_at(user: User, addresses: int) -> None:
    """The hour is walked through in steps of half a minute, and each try that may be made is made."""
    let_in = 0
    request = RequestFactory().post("/sign-in/")
    for step in range(2 * 60):
        for each in range(7):
            request.META["REMOTE_ADDR"] = f"10.0.{(step * 7 + each) % addresses % 250}.9"
            counted = throttle.counters(request, "liming")
            now = START + timedelta(seconds=30 * step)
            let_in += throttle.claim(counted, now=now) is None
    assert 5 <= let_in <= 10


def test_a_stranger_does_not_keep_out_who_has_signed_in_here_before(user: User) -> None:
    known = Client()
    with time_machine.travel(START, tick=False):
        assert enter(known, PASSWORD)[0] == 302
        known.post("/sign-out/")
        tries(40, address="10.9.9.9")
        assert enter(Client(), PASSWORD)[0] == 429, "an unknown device waits"
        assert enter(known, PASSWORD)[0] == 302
        known.post("/sign-out/")
        assert enter(known, PASSWORD, address="10.9.9.9")[0] == 302, "even from there"


def test_a_known_device_is_slowed_down_by_itself(user: User) -> None:
    known = Client()
    with time_machine.travel(START, tick=False):
        enter(known, PASSWORD)
        known.post("/sign-out/")
        assert [enter(known, "wrong")[0] for _ in range(6)] == [200] * 5 + [429]
        assert enter(Client(), PASSWORD)[0] == 302, "which is nobody else's fault"


def test_a_device_is_known_for_its_own_people_alone(user: User) -> None:
    other = make_user("wanghong")
    other.set_password(PASSWORD)
    other.save(update_fields=["password"])
    known = Client()
    with time_machine.travel(START, tick=False):
        enter(known, PASSWORD)
        known.post("/sign-out/")
        tries(5, name="wanghong")
        assert enter(known, PASSWORD, name="wanghong")[0] == 429


def test_a_cookie_that_was_tampered_with_is_nobodys(user: User) -> None:
    client = Client()
    with time_machine.travel(START, tick=False):
        enter(client, PASSWORD)
        client.post("/sign-out/")
        tries(5)
        client.cookies[throttle.COOKIE] = client.cookies[throttle.COOKIE].value[:-2] + "xx"
        assert enter(client, PASSWORD)[0] == 429


def test_a_right_password_takes_no_wrong_tries_back(user: User) -> None:
    """Else whoever signs in daily would give a stranger five new tries each time."""
    with time_machine.travel(START, tick=False):
        tries(4)
        assert enter(Client(), PASSWORD)[0] == 302
        assert tries(2) == [200, 429]


def test_an_address_is_slowed_down_over_many_accounts(db: None) -> None:
    with time_machine.travel(START, tick=False):
        found = [tries(1, name=f"guess{each}")[0] for each in range(32)]
        assert found == [200] * 30 + [429] * 2
        assert tries(1, name="guess99", address="10.0.0.2") == [200]


def test_who_signs_in_rightly_costs_the_address_nothing(user: User) -> None:
    with time_machine.travel(START, tick=False):
        assert {enter(Client(), PASSWORD)[0] for _each in range(35)} == {302}


def test_a_name_that_there_is_not_waits_the_same(user: User) -> None:
    with time_machine.travel(START, tick=False):
        assert tries(6, name="nobody", address="10.1.1.1") == [200] * 5 + [429]
    told = {
        name: enter(Client(), "wrong", name=name, address="10.2.2.2")[1].replace(name, "")
        for name in ("liming", "nobody2")
    }
    assert told["liming"] == told["nobody2"]


def test_the_name_has_no_case_and_no_second_counter(user: User) -> None:
    with time_machine.travel(START, tick=False):
        tries(3)
        assert tries(3, name="LiMing") == [200, 200, 429]


def test_a_day_later_all_is_forgotten(user: User) -> None:
    with time_machine.travel(START, tick=False):
        tries(5)
    later = START + timedelta(hours=24, seconds=1)
    with time_machine.travel(later, tick=False):
        assert tries(6) == [200] * 5 + [429]


def test_counters_say_no_name_and_no_address(user: User) -> None:
    tries(1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM accounts_trycounter t")
        rows = str(cursor.fetchall())
    assert "liming" not in rows
    assert "10.0.0.1" not in rows
    assert set(TryCounter.objects.values_list("kind", flat=True)) == {
        CounterKind.ACCOUNT,
        CounterKind.ADDRESS,
    }


def test_old_counters_are_removed(user: User) -> None:
    tries(1)
    assert throttle.forget(timezone.now()) == 0
    assert throttle.forget(timezone.now() + throttle.LONGEST + timedelta(minutes=1)) == 2


def test_the_hourly_task_forgets_counters_and_ended_sessions(user: User) -> None:
    tries(1)
    enter(Client(), PASSWORD, address="10.3.3.3")
    TryCounter.objects.update(last_at=timezone.now() - throttle.LONGEST - timedelta(minutes=1))
    tasks.forget()
    assert not TryCounter.objects.exists()
    assert Session.objects.filter(user=user).count() == 1
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    tasks.forget()
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    ("behind", "told", "expected"),
    [
        (False, "1.2.3.4", "10.0.0.7"),
        (True, "1.2.3.4", "1.2.3.4"),
        (True, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (True, "", "10.0.0.7"),
        (True, "nonsense", ""),
    ],
)
def test_a_forged_header_moves_nobody(
    behind: bool, told: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "BEHIND_PROXY", behind)
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.7", HTTP_X_FORWARDED_FOR=told)
    assert throttle.address_of(request) == expected


def test_a_subscriber_of_ipv6_is_one_address() -> None:
    def digest(address: str) -> bytes:
        request = RequestFactory().get("/", REMOTE_ADDR=address)
        return throttle.counters(request, "x")[1].digest

    assert digest("2001:db8::1") == digest("2001:db8::2")
    assert digest("2001:db8::1") != digest("2001:db8:0:1::1")


def test_the_administration_has_no_other_door(world: World) -> None:
    client = Client()
    answer = client.get("/admin/login/", {"next": "/admin/facilities/"})
    assert answer.headers["Location"] == "/sign-in/?next=/admin/facilities/"
    words = {"username": "x", "password": "y"}
    assert client.post("/admin/login/", words).headers["Location"] == "/sign-in/?next=/admin/"
    post = make_post(world.clinic)
    client.force_login(post.user)
    assert client.get("/admin/", follow=True).status_code == 403
    boss = Client()
    boss.force_login(make_user(is_staff=True, is_superuser=True))
    assert boss.get("/admin/login/").headers["Location"] == "/admin/"
