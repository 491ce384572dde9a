"""Workers that look for files at the same instant make each of them once, and one key asks for one file."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from accounts.permissions import Role
from insights import exports_tasks
from insights.actions import exports as actions
from insights.models import Export, ExportState
from tests.races.racers import Racers
from tests.security.world import World, act

WORKERS = 8
FILES = 3


@pytest.mark.slow
def test_each_file_is_made_once(world: World, team: Racers) -> None:
    office = world.who("receiver", Role.REFERRAL_OFFICE).actor
    words = {"kind": "rows", "format": "csv", "indicator": "acceptance-rate"}
    for _file in range(FILES):
        act(office, actions.ask, words, language="zh-hans", now=timezone.now())
    taken = team.race([exports_tasks.make_exports for _worker in range(WORKERS)])
    assert sum(taken) == FILES
    with scope.transaction_as(Actor.system()):
        made = list(Export.objects.values_list("state", "tries"))
    assert made == [(ExportState.DONE, 1)] * FILES


@pytest.mark.slow
def test_one_key_asks_for_one_file(world: World, team: Racers) -> None:
    office = world.who("receiver", Role.REFERRAL_OFFICE)
    words = '{"kind": "rows", "format": "csv", "indicator": "acceptance-rate"}'

    def ask() -> int:
        answer = Client().post(
            "/api/v1/exports/",
            words,
            "application/json",
            headers={**office.headers, "Idempotency-Key": "one"},
        )
        return int(answer.status_code)

    assert set(team.race([ask for _racer in range(WORKERS)])) == {202}
    with scope.transaction_as(Actor.system()):
        assert Export.objects.count() == 1
