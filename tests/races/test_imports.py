"""A tried file is imported once however often it is pressed, and two windows keep one file between them."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts import scope
from accounts.actors import Actor
from accounts.permissions import Role
from audit.models import Event
from facilities.models import Facility, Trial
from tests.races.racers import RACERS, Racers
from tests.security.world import World

HEADER = "机构代码,机构名称,行政区划,机构类别,功能层级\n"
RACING = 8


def clients(world: World) -> list[Client]:
    admin = world.who("receiver", Role.SYSTEM_ADMIN)
    made = [Client() for _racer in range(RACING)]
    for client in made:
        client.force_login(admin.user)
    return made


def send(client: Client, region: str, code: str) -> int:
    text = f"{HEADER}{code},新机构,{region},B100,1\n"
    words: dict[str, Any] = {
        "kind": "facilities",
        "file": SimpleUploadedFile("机构.csv", text.encode()),
    }
    return client.post("/settings/import/", words).status_code


@pytest.mark.slow
def test_many_presses_import_a_file_once(world: World, team: Racers) -> None:
    assert RACING <= RACERS
    region = world.facilities["sender"].region_id
    windows = clients(world)
    assert send(windows[0], region, "RACE-1") == 200
    with scope.transaction_as(Actor.system()):
        trial = Trial.objects.get()
    answers = team.race(
        [lambda c=each: c.post(f"/settings/import/{trial.pk}/") for each in windows]  # type: ignore[misc]
    )
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.context["counts"][0][1].created for answer in answers} == {1}
    with scope.transaction_as(Actor.system()):
        assert Facility.objects.filter(code="RACE-1").count() == 1
        assert Event.objects.filter(what="directory.import.facilities").count() == 1


@pytest.mark.slow
def test_many_windows_keep_one_file(world: World, team: Racers) -> None:
    region = world.facilities["sender"].region_id
    windows = clients(world)
    told = team.race(
        [
            lambda c=each, n=number: send(c, region, f"RACE-{n}")  # type: ignore[misc]
            for number, each in enumerate(windows)
        ]
    )
    assert set(told) <= {200, 422}, "one that finds another at work is told to try again"
    assert 200 in told
    with scope.transaction_as(Actor.system()):
        assert Trial.objects.count() == 1
        assert not Facility.objects.filter(code__startswith="RACE").exists()
