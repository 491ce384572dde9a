"""Two facilities register one unknown person at the same moment: one record, both see it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from accounts.actors import Actor
from patients import actions, queries
from patients.models import Patient
from patients.registration import Outcome
from tests.patients.conftest import YES, Party, acting, make_party
from tests.people import InventedPerson, adults

ROUNDS = 10
PARTIES = 4


def _register(someone: InventedPerson, party: Party, start: Barrier) -> Outcome:
    try:
        start.wait()
        with acting(party.by):
            return actions.register(someone.said(), consent=YES, by=party.by).outcome
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_simultaneous_registrations_make_one_record() -> None:
    parties = [make_party() for _number in range(PARTIES)]
    for _round, someone in zip(range(ROUNDS), adults(seed=11), strict=False):
        start = Barrier(PARTIES)
        with ThreadPoolExecutor(PARTIES) as pool:
            running = [pool.submit(_register, someone, party, start) for party in parties]
            outcomes = [each.result() for each in running]
        assert sorted(outcomes) == [Outcome.LINKED] * (PARTIES - 1) + [Outcome.NEW]
    with acting(Actor.system()):
        assert Patient.objects.count() == ROUNDS
        assert not Patient.objects.filter(identity_conflict=True).exists()
    for party in parties:
        with acting(party.by):
            assert queries.search(party.by).count() == ROUNDS
