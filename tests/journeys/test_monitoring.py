"""A year of monitoring: who was sent down, how many live there, and what the manager states beside the numbers."""

import pytest

from tests.factories import World
from tests.insights.figures import admin_of, send, table
from tests.insights.test_secondments import send as send_terms
from tests.insights.test_secondments import term
from tests.pages.conftest import browser_of

RATE, STATED = "/indicators/seconded-physicians/", "/indicators/service-coordination/"


@pytest.fixture
def world(db: None) -> World:
    """Return a world that is undone after the test."""
    made = World()
    _ = made.alliance
    return made


def test_what_a_year_of_an_alliance_comes_to(world: World) -> None:
    asked = {"alliance": world.alliance.pk, "period": "2025"}
    # Given a county of which nothing is reported, the rate has no value and says who lacks
    found = world.manager.api.get(RATE, asked).body
    assert (found["value"], found["reason"]) == (None, "volumes-missing")
    assert {each["subject"] for each in found["missing"]} == {world.region.code}
    # When the administrator reports who lives there, and the hospital whom it sent down, one of them for too short
    send(admin_of(world), table((world.region.code, "常住人口", "2025-12", 20_000)))
    terms = [
        term(world, "D001", "2025-01-01", "2025-06-30"),
        term(world, "D002", "2025-01-01", "2025-05-31"),
    ]
    assert send_terms(world.office, *terms).body["state"] == "imported"
    # Then the manager reads one for 20,000 residents, and a correction of the second makes them two
    assert world.manager.api.get(RATE, asked).body["value"] == 0.5
    send_terms(world.office, term(world, "D002", "2025-01-01", "2025-07-31"))
    assert world.manager.api.get(RATE, asked).body["value"] == 1
    # When the manager states what no number says, it is there with who and when
    browser = browser_of(world.manager)
    page = f"/insights/statements/{world.alliance.pk}/2025/service-coordination/"
    browser.post(page, {"standing": "done", "evidence": "转诊制度〔2025〕1号"})
    said = world.manager.api.get(STATED, asked).body["statement"]
    assert (said["standing"], said["stated_by"]) == ("done", world.manager.user.full_name)
    # And a stranger learns of none of it, nor does the clinic of the whole alliance
    for who in (world.outsider, world.stranger, world.doctor):
        assert who.api.get(RATE, asked).status == 404
        assert who.api.get(STATED, asked).status == 404
    # And the clinic that received them cannot tell the hospital's terms otherwise
    refused = send_terms(world.chief, term(world, "D001", "2025-01-01", "2025-12-31"))
    assert refused.body["state"] == "refused"
