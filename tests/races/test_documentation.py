"""Sixteen colleagues complete one emergency at the same instant, while the hospital receives the patient."""

from collections import Counter
from functools import partial

import pytest

from accounts import scope
from accounts.actors import Actor
from notifications.models import OutboxMessage
from referral import actions
from referral.models import Documentation, Referral
from referral.states import Status
from tests.races.racers import RACERS, Racers, code_of
from tests.security.world import World, act

ROUNDS = 5


@pytest.mark.slow
def test_what_one_has_written_no_other_replaces(world: World, team: Racers) -> None:
    clinic, doctor = world.doctor("sender"), world.doctor("receiver")
    for _turn in range(ROUNDS):
        leg = world.emergency(reason="")
        words = [f"第{number}位医生所写" for number in range(RACERS - 1)]
        written = [
            code_of(partial(act, clinic, actions.document, leg.pk, fields={"reason": text}))
            for text in words
        ]
        arrived = code_of(partial(act, doctor, actions.arrive, leg.pk))
        said = team.race([*written, arrived])
        assert said[-1] == "ok"
        assert Counter(said[:-1]) == {"ok": 1, "nothing-to-document": RACERS - 2}
        with scope.transaction_as(Actor.system()):
            after = Referral.objects.get(pk=leg.pk)
            assert after.reason == words[said.index("ok")]
            assert (after.status, after.version) == (Status.ARRIVED, leg.version + 2)
            assert Documentation.objects.get(referral=leg).met_at is not None
            told = OutboxMessage.objects.filter(subject=leg.pk, topic="referral.documented")
            assert told.count() == 1
