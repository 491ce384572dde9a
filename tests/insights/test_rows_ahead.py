"""What forecasts and what-ifs were made of opens as its referrals, as many as the number says, by the same rights."""

import html
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
import time_machine
from django.utils import timezone

from insights.jobs_tasks import compute
from insights.models import LegFact, WhatIf
from referral.models import Referral
from referral.states import Status
from tests.factories import Person, World, as_system
from tests.insights.history import practise
from tests.insights.taken import ask, fetch, sheet, state, table, work
from tests.insights.walked import count, listed, page_of
from tests.pages.conftest import browser_of
from tests.referral.pools import department_of

pytestmark = pytest.mark.django_db
FORECAST: Final = "/insights/forecast/"
NOW: Final = datetime(2026, 9, 17, 10, tzinfo=timezone.get_default_timezone())


@pytest.fixture(autouse=True)
def _stopped(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("insights.actions.trying.REPLICATIONS", (2,))
    with time_machine.travel(NOW, tick=False):
        yield


def sent(world: World, days: int, status: str = Status.ACCEPTED, **fields: Any) -> Referral:
    """Return a referral that was submitted some days ago."""
    leg = world.at(status, **fields)
    as_system()
    then = timezone.now() - timedelta(days=days)
    changed = {"decided_at": then} if leg.decided_at else {}
    Referral.objects.filter(pk=leg.pk).update(submitted_at=then, **changed)
    return leg


def weeks(who: Person, query: str = "") -> dict[str, str]:
    """Return the past weeks of a forecast that lead anywhere: the address, and the number that stands there."""
    found = re.findall(
        r'<a href="(/insights/forecast/[^"]*)">(\d+)</a>', page_of(who, FORECAST + query)
    )
    return {html.unescape(address): number for address, number in found}


def test_a_past_week_opens_as_many_referrals_as_it_counts(world: World) -> None:
    for days in (30, 17, 16, 9):
        sent(world, days)
    world.move(sent(world, 16, Status.SUBMITTED), "cancel", world.doctor, reason="duplicate")
    as_system()
    count()
    world.office.api.post("/forecasts/", {})
    compute()
    as_system()
    found = weeks(world.office)
    assert list(found.values()) == ["2", "1"], (
        "the first week is left out, and empty ones lead nowhere"
    )
    for address, number in found.items():
        assert listed(browser_of(world.office), address) == int(number)
        assert browser_of(world.stranger).get(address).status_code == 404
    page = page_of(world.office, next(iter(found)))
    asked = dict(re.findall(r'name="(kind|facility|period|demand)" value="([^"]*)"', page))
    made = ask(
        world.office, "rows", **{name: word for name, word in asked.items() if name != "kind"}
    )
    work()
    assert len(table(fetch(world.office, made).content)) == 1 + 2
    assert state(world.office, made)["name"] == "demand-referrals-2026-W36.csv"


def test_a_week_of_a_department_holds_its_own_alone(world: World) -> None:
    heart, bones = department_of(world.hospital, "03.04"), department_of(world.hospital, "04.03")
    for days in (30, 16):
        for department in (heart, heart, bones):
            sent(world, days, to_department_id=department.pk)
    count()
    world.office.api.post("/forecasts/", {"department": str(heart.pk)})
    compute()
    as_system()
    [(address, number)] = weeks(world.office, f"?department={heart.pk}").items()
    assert number == "2"
    assert listed(browser_of(world.office), address) == 2
    # A department of another house is none of this one.
    elsewhere = address.replace(str(heart.pk), str(department_of(world.clinic).pk))
    assert browser_of(world.office).get(elsewhere).status_code == 404
    for odd in ("x", "0"):
        assert browser_of(world.office).get(f"{FORECAST}{odd}/referrals/").status_code == 404


def test_the_manager_is_led_to_no_week_of_few_persons(world: World) -> None:
    for days in (30, 16):
        sent(world, days)
    count()
    query = f"?facility={world.hospital.pk}"
    world.manager.api.post("/forecasts/", {"facility": str(world.hospital.pk)})
    compute()
    as_system()
    assert weeks(world.office, query)
    assert not weeks(world.manager, query)


def test_the_base_of_a_what_if_opens(world: World) -> None:
    """Facts stand behind the number; of those that are referrals here all are listed, on the page and in the file."""
    heart = department_of(world.hospital, "03.04")
    practise(world.hospital, heart, NOW.date())
    facts = list(LegFact.objects.filter(to_department=heart.pk))
    own = [sent(world, 20, to_department_id=heart.pk) for _each in range(3)]
    count()
    as_system()
    # What is counted anew holds no facts without a referral; these stand for years that the test has no time for.
    LegFact.objects.bulk_create(facts, ignore_conflicts=True)
    body = {"kind": "places", "number": 2, "department": heart.pk}
    run = world.office.api.post("/what-ifs/", body).body["id"]
    compute()
    as_system()
    row = WhatIf.objects.get(pk=run)
    assert row.inputs["legs"] == {
        str(heart.pk): LegFact.objects.filter(to_department=heart.pk).count()
    }
    page = page_of(world.office, f"/insights/what-if/{run}/")
    [(address, number)] = re.findall(
        r'href="(/insights/what-if/[^"]*/referrals/[^"]*)">(\d+)<', page
    )
    assert int(number) == row.inputs["legs"][str(heart.pk)]
    assert listed(browser_of(world.office), address) == len(own)
    assert row.inputs["first"] in page_of(world.office, address)
    for other in (world.stranger, world.outsider):
        assert browser_of(other).get(address).status_code == 404
    words = {"what_if": run, "of_department": heart.pk}
    made = ask(world.office, "rows", "xlsx", **words)
    work()
    content = fetch(world.office, made).content
    assert {line[0].value for line in sheet(content)[1:]} == {leg.number for leg in own}
    assert f"{sheet(content, 1)[1][2].value:%Y-%m-%d}" == row.inputs["first"]
    assert ask(world.stranger, "rows", **words).status == 404
    assert ask(world.office, "rows", what_if=run).status == 400
    assert ask(world.office, "rows", **{**words, "of_department": world.hospital.pk}).status == 404
