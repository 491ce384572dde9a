"""Several referrals at once, on real connections: what one of them waits for or lacks is its own matter."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection, transaction
from django.test import Client

from accounts import scope
from accounts.actors import Actor
from accounts.ids import uuid7
from accounts.permissions import Role
from referral.models import Referral, Transition
from referral.states import Status
from tests.races.racers import RACERS, Racers
from tests.security.world import World

LEGS = 4


def _clients(world: World, number: int) -> list[Client]:
    person = world.who("receiver", Role.REFERRAL_OFFICE)
    clients = [Client() for _each in range(number)]
    for client in clients:
        client.force_login(person.user)
    return clients


def _send(client: Client, legs: list[Referral], key: str) -> tuple[int, int]:
    """Open these legs together; return how many were told as done, and as not done."""
    picks = [f"{leg.pk}:{leg.version}" for leg in legs]
    answer = client.post("/desk/together/", {"verb": "open", "pick": picks, "key": key})
    assert answer.status_code == 200
    body = answer.content.decode()
    found = [re.search(rf"{words}：(\d+) 份", body) for words in ("[^未]已完成", "未完成")]
    return tuple(int(each[1]) if each else 0 for each in found)  # type: ignore[return-value]


def _opened(legs: list[Referral]) -> list[int]:
    with scope.transaction_as(Actor.system()):
        return [Transition.objects.filter(referral=leg, verb="open").count() for leg in legs]


@pytest.mark.slow
def test_a_referral_that_somebody_works_on_keeps_none_of_the_others_back(world: World) -> None:
    legs = [world.leg(Status.SUBMITTED) for _each in range(LEGS)]
    [client] = _clients(world, 1)
    held, done = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            scope.enter_system()
            Referral.objects.select_for_update().get(pk=legs[1].pk)
            held.set()
            done.wait(20)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        holder = pool.submit(hold)
        assert held.wait(10)
        try:
            assert _send(client, legs, str(uuid7())) == (LEGS - 1, 1)
        finally:
            done.set()
            holder.result(10)
    assert _opened(legs) == [1, 0, 1, 1]


@pytest.mark.slow
def test_sixteen_clicks_of_one_form_open_each_once_and_all_are_told_so(
    world: World, team: Racers
) -> None:
    legs, key = [world.leg(Status.SUBMITTED) for _each in range(LEGS)], str(uuid7())
    clients = _clients(world, RACERS)
    told = team.race([lambda c=client: _send(c, legs, key) for client in clients])  # type: ignore[misc]
    assert set(told) == {(LEGS, 0)}
    assert _opened(legs) == [1] * LEGS


@pytest.mark.slow
def test_colleagues_who_tick_the_same_do_each_once(world: World, team: Racers) -> None:
    legs = [world.leg(Status.SUBMITTED) for _each in range(LEGS)]
    clients = _clients(world, RACERS)
    told = team.race(
        [lambda c=client: _send(c, legs, str(uuid7())) for client in clients]  # type: ignore[misc]
    )
    assert sum(done for done, _refused in told) == LEGS
    assert sum(refused for _done, refused in told) == LEGS * (RACERS - 1)
    assert _opened(legs) == [1] * LEGS
