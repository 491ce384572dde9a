"""Equity on a page: reported figures of December, the indices of a hand-checked case, what is left out and why."""

from typing import Any

import pytest

from tests.facilities.factories import make_region
from tests.factories import Person, World
from tests.insights.figures import admin_of, send, table
from tests.pages.conftest import browser_of, text_of

ADDRESS = "/insights/equity/?year=2025"


@pytest.fixture
def world(db: None) -> World:
    made = World()
    _ = made.alliance
    return made


@pytest.fixture
def admin(world: World) -> Person:
    return admin_of(world)


def report(admin: Person, code: str, **said: float) -> None:
    rows = [(code, kind, "2025-12", value) for kind, value in said.items()]
    assert send(admin, table(*rows)).body["state"] == "imported"


def two_regions(world: World, admin: Person) -> None:
    """The case of domain.md §5.6: equal population, beds 25 and 75."""
    other = make_region("310104", "徐汇区")
    report(admin, world.region.code, population=500, area=10, region_beds=25, resident_income=100)
    report(admin, other.code, population=500, area=10, region_beds=75, resident_income=200)


def figures(answer: Any) -> dict[str, str]:
    return {name: value for name, value, _words in answer.context["indices"]}


def test_the_indices_are_those_worked_out_by_hand(world: World, admin: Person) -> None:
    two_regions(world, admin)
    found = figures(browser_of(admin).get(ADDRESS))
    assert found["基尼系数（按人口）"] == "0.250000"
    assert found["泰尔指数 L"] == "0.143841"
    assert found["泰尔指数 T"] == "0.130812"
    assert found["集中指数"] == "0.250000"


def test_the_curve_is_drawn_from_its_table(world: World, admin: Person) -> None:
    two_regions(world, admin)
    answer = browser_of(world.manager).get(ADDRESS)
    points = answer.context["points"]
    assert points == [("0.00", "0.00"), ("50.00", "25.00"), ("100.00", "100.00")]
    assert all(f'data-part="{x}" data-held="{y}"' in answer.content.decode() for x, y in points)
    assert {row[0] for row in answer.context["rows"]} == {"浦东新区", "徐汇区"}


def test_a_region_that_lacks_a_figure_is_named_and_left_out(world: World, admin: Person) -> None:
    two_regions(world, admin)
    third = make_region("310112", "闵行区")
    report(admin, third.code, population=500, region_beds=50)
    answer = browser_of(admin).get(ADDRESS)
    assert answer.context["lacking"] == ["闵行区"]
    assert figures(answer)["基尼系数（按人口）"] == "0.250000"
    assert "闵行区" in text_of(answer)


def test_an_income_that_one_region_lacks_is_used_for_none(world: World, admin: Person) -> None:
    two_regions(world, admin)
    third = make_region("310112", "闵行区")
    report(admin, third.code, population=500, area=10, region_beds=50)
    assert "集中指数" not in figures(browser_of(admin).get(ADDRESS))


def test_one_region_is_no_distribution(world: World, admin: Person) -> None:
    report(admin, world.region.code, population=500, area=10, region_beds=25)
    answer = browser_of(admin).get(ADDRESS)
    assert answer.status_code == 200
    assert "indices" not in answer.context
    assert "至少" in text_of(answer)


def test_months_before_december_are_another_matter(world: World, admin: Person) -> None:
    two_regions(world, admin)
    assert "indices" not in browser_of(admin).get("/insights/equity/?year=2024").context
    assert "indices" not in browser_of(admin).get(f"{ADDRESS}&level=province").context
    assert "indices" not in browser_of(admin).get(f"{ADDRESS}&resource=region_physicians").context


@pytest.mark.parametrize("odd", ["year=x", "year=1999", "year=9999", "level=village", "resource=x"])
def test_an_odd_question_is_refused_in_words(admin: Person, odd: str) -> None:
    assert browser_of(admin).get(f"/insights/equity/?{odd}").status_code == 422


def test_who_looks_over_regions_sees_it(world: World, admin: Person) -> None:
    for person, status in (
        (admin, 200),
        (world.manager, 200),
        (world.office, 403),
        (world.doctor, 403),
    ):
        assert browser_of(person).get(ADDRESS).status_code == status
