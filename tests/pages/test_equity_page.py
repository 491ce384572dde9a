"""Equity on a page: reported figures of December, the indices of a hand-checked case, what is left out and why."""

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from facilities.models import Region
from insights.models import Volume
from tests.facilities.factories import make_facility, make_region
from tests.factories import Person, World
from tests.insights.figures import admin_of, send, table
from tests.insights.test_authority import authority as authority_of
from tests.insights.test_authority import regions
from tests.insights.test_closed import leg, written
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


def borders(admin: Person, *lines: tuple[str, str, str, int]) -> Any:
    """Send lines of neighbouring regions: code, the other code, month, value."""
    head = "代码,指标,月份,数值,相邻地区代码\n"
    text = head + "".join(
        f"{one},相邻地区,{month},{value},{other}\n" for one, other, month, value in lines
    )
    file = SimpleUploadedFile("相邻.csv", text.encode("utf-8-sig"))
    return send(admin, file)


def three_regions(world: World, admin: Person) -> None:
    """A row of three, 10, 20 and 60 beds for 1,000 persons each."""
    for code, name, beds in (("310104", "徐汇区", 20), ("310101", "黄浦区", 60)):
        region = make_region(code, name)
        report(admin, region.code, population=1000, area=10, region_beds=beds)
    report(admin, world.region.code, population=1000, area=10, region_beds=10)


def moran(answer: Any) -> str:
    return figures(answer)["莫兰指数（二值权重）"]


def test_neighbours_are_imported_and_corrected(world: World, admin: Person) -> None:
    """10 – 20 – 60 in a row: z = −20, −10, 30; I = 3/4 · 2(200 − 300) / 1400 = −0.107143."""
    three_regions(world, admin)
    answer = browser_of(admin).get(ADDRESS)
    assert "莫兰指数（二值权重）" not in figures(answer)
    assert "相邻地区" in [str(each.name) for each in answer.context["wanted"]]
    said = borders(admin, ("310115", "310104", "2025-12", 1), ("310101", "310104", "2025-12", 1))
    assert (said.status, said.body["state"]) == (201, "imported")
    answer = browser_of(admin).get(ADDRESS)
    assert moran(answer) == "-0.107143"
    assert "相邻地区" not in [str(each.name) for each in answer.context["wanted"]]
    # A border on the other side of the row, and one that is none any more; the former lines stay as history.
    borders(admin, ("310101", "310104", "2025-12", 0), ("310101", "310115", "2025-12", 1))
    assert moran(browser_of(admin).get(ADDRESS)) != "-0.107143"
    assert Volume.objects.filter(kind="borders:310104", superseded_at__isnull=False).count() == 1
    # The year before had none.
    assert (
        "莫兰指数（二值权重）"
        not in browser_of(admin).get("/insights/equity/?year=2024").content.decode()
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (("310115", "310115", "2025-12", 1), "与自己"),
        (("310115", "999999", "2025-12", 1), "代码"),
        (("310115", "", "2025-12", 1), "代码"),
        (("310115", "310104", "2025-12", 2), "1"),
        (("310115", "310000", "2025-12", 1), "同一级别"),
    ],
)
def test_what_is_no_border_is_named(
    world: World, admin: Person, line: tuple[str, str, str, int], reason: str
) -> None:
    three_regions(world, admin)
    Region.objects.create(code="310000", name="上海市", level="province", revision="2023")
    said = borders(admin, line)
    assert said.body["state"] == "refused"
    assert reason in str(said.body)
    assert not Volume.objects.filter(kind__startswith="borders").exists()


def test_only_a_line_about_two_regions_names_another(world: World, admin: Person) -> None:
    text = f"代码,指标,月份,数值,相邻地区代码\n{world.region.code},常住人口,2025-12,5,310104\n"
    said = send(admin, SimpleUploadedFile("a.csv", text.encode("utf-8-sig")))
    assert said.body["state"] == "refused"


def test_formulas_and_sources_stand_beside_the_figures(world: World, admin: Person) -> None:
    two_regions(world, admin)
    said = text_of(browser_of(admin).get(ADDRESS))
    for words in ("HRAD = y / a", "Σ (Pₖ − Pₖ₋₁)(Yₖ + Yₖ₋₁)", "居民人均可支配收入", "2025"):
        assert words in said


def test_an_authority_sees_the_regions_of_its_own(world: World, admin: Person) -> None:
    two_regions(world, admin)
    answer = browser_of(world.authority).get(ADDRESS)
    assert answer.status_code == 200
    assert "徐汇区" not in text_of(answer)
    assert "indices" not in answer.context, "one county is no distribution"


def test_an_authority_reports_of_its_own_regions(world: World, admin: Person) -> None:
    make_region("310104", "徐汇区")
    row = (world.region.code, "population", "2025-12", 5000)
    assert send(world.authority, table(row)).body["state"] == "imported"
    said = send(world.authority, table(("310104", "population", "2025-12", 5000)))
    assert said.body["state"] == "refused"
    assert "不归" in str(said.body)
    said = send(world.authority, table((world.clinic.code, "beds", "2025-12", 5)))
    assert said.body["state"] == "refused"
    browser = browser_of(world.authority)
    assert browser.get(f"/insights/volumes/region/{world.region.code}/").status_code == 200
    assert browser.get("/insights/volumes/region/310104/").status_code == 404


def test_referrals_by_population_are_for_whoever_counts_regions(
    world: World, admin: Person
) -> None:
    """12 and 6 referrals over equal populations: shares 2/3 and 1/3, Gini 1/6."""
    regions()
    for code in ("310115", "310104"):
        report(admin, code, population=1000, area=10)
    here, there = world.clinic, make_facility("徐汇", region_id="310104")
    day = date(2025, 5, 5)
    written([leg(here, day) for _each in range(12)] + [leg(there, day) for _each in range(6)])
    asked = f"{ADDRESS}&resource=referrals"
    browser = browser_of(authority_of("310100"))
    found = figures(browser.get(asked))
    assert found["基尼系数（按人口）"] == "0.166667"
    assert browser_of(world.manager).get(asked).status_code == 422
    # The county has no regions below to hold against one another.
    assert "indices" not in browser_of(authority_of("310115")).get(asked).context
