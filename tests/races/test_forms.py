"""One form of a page is sent sixteen times at the same instant: what it asks is done once."""

from typing import Any, Final

import pytest
from django.test import Client

from accounts import scope
from accounts.actors import Actor
from accounts.ids import uuid7
from accounts.permissions import Role
from referral.models import Message
from referral.states import Status
from tests.races.racers import RACERS, Racers
from tests.security.world import World

ROUNDS: Final = 5


@pytest.mark.slow
def test_sixteen_clicks_write_one_message_and_all_are_told_so(world: World, team: Racers) -> None:
    leg, sender = world.leg(Status.ACCEPTED), world.who("sender", Role.CLINIC_DOCTOR)
    clients = [Client() for _racer in range(RACERS)]
    for client in clients:
        client.force_login(sender.user)
    for number in range(1, ROUNDS + 1):
        form = {"version": leg.version, "key": str(uuid7()), "text": "请安排抽血"}

        def click(client: Client, form: dict[str, Any] = form) -> tuple[int, str]:
            answer = client.post(f"/referrals/{leg.pk}/send-message/", form)
            return answer.status_code, answer.headers["Location"]

        told = team.race([lambda c=client: click(c) for client in clients])  # type: ignore[misc]
        assert set(told) == {(302, f"/referrals/{leg.pk}/")}
        with scope.transaction_as(Actor.system()):
            assert Message.objects.filter(referral=leg).count() == number
