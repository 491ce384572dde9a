"""The pages of a health authority: the region with the way down, nothing that leads to a referral."""

import re

import pytest

from referral.states import Status
from tests.factories import Person, World
from tests.insights.test_authority import authority, regions
from tests.insights.test_numbers_api import count
from tests.pages.conftest import browser_of, text_of

NUMBER = "/insights/acceptance-rate/"


@pytest.fixture
def world(db: None) -> World:
    made = World()
    _ = made.alliance
    regions()
    for _each in range(6):
        made.at(Status.ACCEPTED)
    count()
    return made


@pytest.fixture
def province(world: World) -> Person:
    return authority("310000")


def test_signing_in_leads_to_the_rates(province: Person) -> None:
    answer = browser_of(province).client.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/insights/")


def test_the_way_leads_down_and_no_farther_up(province: Person) -> None:
    answer = browser_of(province).get("/insights/")
    assert "上海市" in text_of(answer)
    page = answer.content.decode()
    assert '<option value="310100">' in page
    assert "全国" not in page
    county = browser_of(province).get("/insights/?region=310115")
    assert [each.key for each in county.context["choices"]["regions"]["path"]] == [
        *("310000", "310100", "310115")
    ]
    assert "仁济医院" in county.content.decode()


@pytest.mark.parametrize(
    "foreign", ["region=320000", "region=000000", "region=319999", "alliance={alliance}"]
)
def test_what_is_not_its_own_is_not_there(world: World, province: Person, foreign: str) -> None:
    query = foreign.format(alliance=world.alliance.pk)
    for page in ("/insights/", NUMBER, "/insights/courses/", "/insights/members/"):
        assert browser_of(province).get(f"{page}?{query}").status_code == 404, page


def test_no_number_leads_to_rows(province: Person) -> None:
    browser = browser_of(province)
    for address in ("/insights/", NUMBER, f"{NUMBER}?region=310115", "/insights/members/"):
        page = browser.get(address).content.decode()
        assert not re.search(r"/referrals/|/stuck/|/forecast/", page), address
    assert browser.get(f"{NUMBER}referrals/").status_code == 403
    assert browser.get("/insights/stuck/").status_code == 403


def test_days_are_refused_in_words(province: Person) -> None:
    answer = browser_of(province).get(f"{NUMBER}?period=2026-03-04")
    assert answer.status_code == 400
    assert "整月" in text_of(answer)
    assert "period=20" in browser_of(province).get(NUMBER).content.decode()


def test_a_number_is_broken_down_by_region_first(province: Person) -> None:
    answer = browser_of(province).get(NUMBER)
    assert answer.context["by"] == "region"
    assert set(answer.context["tabs"]) == {"region", "disease", "urgency", "edge", "alliance"}


def test_regions_and_houses_stand_side_by_side(world: World, province: Person) -> None:
    browser = browser_of(province)
    assert "市辖区" in text_of(browser.get("/insights/members/"))
    county = browser.get("/insights/members/?region=310115")
    assert "仁济医院" in text_of(county)
    [line] = [each for each in county.context["lines"] if each.label == "仁济医院"]
    assert line.cells["acceptance-rate"].value == "100.0%"


def test_a_house_has_no_parts(world: World, province: Person) -> None:
    answer = browser_of(province).get(f"{NUMBER}?facility={world.hospital.pk}")
    assert answer.status_code == 200
    assert answer.context["tabs"] == {}
    assert "100.0%" in text_of(answer)
