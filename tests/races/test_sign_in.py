"""Sixteen passwords at the same instant are no more than the free tries of one account."""

from collections.abc import Callable
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from accounts import factor
from accounts.models import CounterKind, TryCounter
from tests.accounts.test_factor import SECRET, code
from tests.facilities.factories import make_user
from tests.races.racers import RACERS, Racers


def wrong(number: int, *, address: str = "") -> Callable[[], int]:
    """Return a try from an address of its own."""

    def run() -> int:
        words = {"username": "liming", "password": f"wrong{number}"}
        where = address or f"10.0.0.{number}"
        return Client().post("/sign-in/", words, REMOTE_ADDR=where).status_code

    return run


def test_of_sixteen_at_once_five_are_looked_at(transactional_db: None, team: Racers) -> None:
    make_user("liming")
    found = team.race([wrong(number) for number in range(RACERS)])
    assert sorted(found) == [200] * 5 + [429] * (RACERS - 5)
    [account] = TryCounter.objects.filter(kind=CounterKind.ACCOUNT)
    assert account.failures == 5


def test_ten_at_once_count_as_ten_for_their_address(transactional_db: None, team: Racers) -> None:
    names = [f"person{number}" for number in range(10)]

    def one(name: str) -> Callable[[], int]:
        words = {"username": name, "password": "wrong"}
        return lambda: Client().post("/sign-in/", words, REMOTE_ADDR="10.0.0.1").status_code

    assert team.race([one(name) for name in names]) == [200] * 10
    [address] = TryCounter.objects.filter(kind=CounterKind.ADDRESS)
    assert address.failures == 10


def test_one_code_lets_one_in_however_many_show_it(transactional_db: None, team: Racers) -> None:
    user, now = make_user("liming"), timezone.now()
    codes = factor.confirm(user, SECRET, code(SECRET, now), now=now)
    assert codes is not None
    later = now + timedelta(seconds=60)
    for shown in (codes[0], code(SECRET, later)):
        tasks = [lambda shown=shown: factor.accepts(user, shown, now=later)] * RACERS
        assert sum(team.race(tasks)) == 1
