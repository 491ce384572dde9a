"""The files of numbers: the same figures as the page and the REST door, as numbers, and nothing that acts."""

import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pikepdf
import pytest
from pytest_django.plugin import DjangoDbBlocker

from audit.models import AccessEvent
from facilities.models import Facility
from insights import asking, numbers, sheets
from insights.indicators import definitions
from insights.papers import evaluation
from referral.states import Status
from tests.factories import World
from tests.insights.taken import ask, sheet, table, taken
from tests.insights.walked import count
from tests.keeping import as_made, kept
from tests.pages.conftest import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def _counted(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with kept(django_db_blocker):
        world = World()
        for status in (Status.ACCEPTED, Status.ARRIVED, Status.DECLINED, Status.CANCELLED):
            world.at(status)
        count()
        yield world


@pytest.fixture
def counted(_counted: World) -> World:
    return as_made(_counted)


@pytest.mark.parametrize("who", ["office", "doctor", "manager"])
def test_page_door_and_files_say_the_same(counted: World, who: str) -> None:
    person = getattr(counted, who)
    page = browser_of(person).get("/insights/").content.decode()
    of_csv = {row[0]: row for row in table(taken(person, "indicators"))}
    rows = sheet(taken(person, "indicators", "xlsx"))
    of_xlsx = {row[0].value: row for row in rows}
    for code, one in definitions().items():
        door = person.api.get(f"/indicators/{code}/").body
        line, cells = of_csv[one.name.zh], of_xlsx[one.name.zh]
        share = 100 if one.unit == "%" else 1
        if door["value"] is None:
            assert (line[1], cells[1].value) == ("", None), code
        else:
            assert float(Decimal(line[1]) * share) == pytest.approx(door["value"], abs=1e-6)
            assert cells[1].value * share == pytest.approx(door["value"], abs=1e-6)
            assert f"<strong>{shown_as(door['value'], one.kind)}</strong>" in page, code
        assert [cells[3].value, cells[4].value] == [door["numerator"], door["denominator"]], code
        assert line[5] == cells[5].value.date().isoformat() == door["period"]["first"]


def test_the_paper_says_what_the_door_says(counted: World) -> None:
    found = numbers.answers(
        list(definitions().values()), asking.read({}, counted.office.actor), counted.office.actor
    )
    rows = evaluation.data(found, counted.hospital.name, None)["rows"]
    for row, one in zip(rows, definitions().values(), strict=True):
        door = counted.office.api.get(f"/indicators/{one.code}/").body
        shown = "—" if door["value"] is None else shown_as(door["value"], one.kind)
        assert row[1] == shown, one.code
        counts = [
            "—" if number is None else f"{number:,.0f}"
            for number in (door["numerator"], door["denominator"])
        ]
        assert row[2] == counts[0], one.code
        assert row[3] in {counts[1], ""}, one.code


@pytest.mark.parametrize("by", ["sender", "urgency", "disease", "edge"])
def test_parts_are_the_same_at_the_door_and_in_the_file(counted: World, by: str) -> None:
    asked = {"indicator": "acceptance-rate", "by": by}
    door = counted.manager.api.get("/indicators/acceptance-rate/", {"by": by}).body["breakdown"]
    lines = table(taken(counted.manager, "breakdown", **asked))[1:]
    rows = sheet(taken(counted.manager, "breakdown", "xlsx", **asked))[1:]
    assert len(door) == len(lines) == len(rows) > 0
    for part, line, cells in zip(door, lines, rows, strict=True):
        assert part["label"] == line[0] == cells[0].value
        assert part["value"] == pytest.approx(float(line[1]) * 100) == cells[1].value * 100
        assert [part["numerator"], part["denominator"]] == [cells[3].value, cells[4].value]


def test_the_rows_are_as_many_as_the_number(counted: World) -> None:
    """Of each indicator that counts anything, above the line and below."""
    compared = 0
    for one in definitions().values():
        door = counted.manager.api.get(f"/indicators/{one.code}/").body
        for part in ("numerator", "denominator"):
            terms = getattr(one, part)
            if door[part] and terms and not any("volume" in term for term in terms):
                lines = table(taken(counted.manager, "rows", indicator=one.code, part=part))
                assert len(lines) - 1 == door[part], (one.code, part)
                compared += 1
    assert compared > 5


def shown_as(value: float, kind: str) -> str:
    """Return what a reader sees of values as they stand in this world."""
    forms = {"count": f"{value:,.0f}", "ratio": f"{value:,.3f}"}
    return forms.get(kind, f"{value:,.1f}%")


def test_figures_are_numbers_with_their_format(counted: World) -> None:
    rows = sheet(taken(counted.office, "indicators", "xlsx"))
    cells = {row[0].value: row for row in rows}
    rate = cells["接收率"]
    assert rate[1].number_format == "0.00%"
    assert rate[3].number_format == "#,##0"
    assert rate[5].is_date


def test_the_definitions_stand_beside_the_figures(counted: World) -> None:
    told = {row[0].value: row for row in sheet(taken(counted.office, "indicators", "xlsx"), 1)}
    for one in definitions().values():
        assert told[one.name.zh][2].value == one.formula.zh
        assert told[one.name.zh][4].value == one.source


def test_a_name_is_never_a_formula(counted: World) -> None:
    Facility.objects.filter(pk=counted.clinic.pk).update(name="=HYPERLINK(1)")
    office, asked = counted.office, {"indicator": "acceptance-rate", "by": "sender"}
    lines = table(taken(office, "breakdown", **asked))
    assert lines[1][0] == "'=HYPERLINK(1)"
    assert sheet(taken(office, "breakdown", "xlsx", **asked))[1][0].data_type == "s"
    assert table(taken(office, "rows", indicator="acceptance-rate"))[1][5] == "'=HYPERLINK(1)"
    cell = sheet(taken(office, "rows", "xlsx", indicator="acceptance-rate"))[1][5]
    assert (cell.value, cell.data_type) == ("'=HYPERLINK(1)", "s")


@pytest.mark.parametrize("begins", list("=+-@\t\r|＝＋－＠"))
def test_nothing_that_acts_is_written(begins: str) -> None:
    written = sheets.table(["x"], [[f"{begins}1+1"]]).decode("utf-8-sig")
    assert f"'{begins}" in written


def test_the_rows_name_nobody_and_are_recorded(counted: World) -> None:
    asked = {"indicator": "acceptance-rate", "part": "denominator"}
    content = taken(counted.office, "rows", **asked)
    rows = table(content)
    assert len(rows) == 1 + 3
    assert "欧阳" not in content.decode()
    last = AccessEvent.objects.order_by("-at").first()
    assert last is not None
    assert last.what == "indicator.export"
    assert len(last.referral_ids) == 3


def test_a_stranger_takes_nothing_out(counted: World) -> None:
    one = {"indicator": "acceptance-rate"}
    for kind, form, words in (
        ("indicators", "csv", {}),
        ("breakdown", "xlsx", {**one, "by": "sender"}),
        ("rows", "csv", one),
        ("evaluation", "pdf", {}),
    ):
        for name, whose in (("facility", counted.hospital), ("alliance", counted.alliance)):
            asked: dict[str, Any] = {**words, name: whose.pk}
            assert ask(counted.stranger, kind, form, **asked).status == 404
    assert len(table(taken(counted.stranger, "rows", **one))) == 1


def test_few_persons_of_a_member_are_not_told_in_a_file(counted: World) -> None:
    whose: dict[str, Any] = {"facility": counted.hospital.pk}
    lines = {row[0]: row for row in table(taken(counted.manager, "indicators", **whose))}
    assert lines["接收率"][1:5] == ["", "%", "", ""]


def test_few_of_many_persons_are_not_told_in_a_file(counted: World) -> None:
    """One of twelve was declined: the file of who sees the rows says so, that of the manager says nothing of it."""
    for _each in range(9):
        counted.at(Status.ACCEPTED)
    count()
    whose: dict[str, Any] = {"facility": counted.hospital.pk}
    own = {row[0]: row for row in table(taken(counted.office, "indicators"))}
    lines = {row[0]: row for row in table(taken(counted.manager, "indicators", **whose))}
    assert own["拒绝率"][3:5] == ["1", "12"]
    for name in ("拒绝率", "接收率"):
        assert lines[name][1:5] == ["", "%", "", ""]


def test_the_evaluation_prints_every_definition(counted: World) -> None:
    content = taken(counted.office, "evaluation", "pdf", period=2026)
    with pikepdf.open(io.BytesIO(content)) as paper:
        assert len(paper.pages) >= 2
    found = numbers.answers(
        list(definitions().values()),
        asking.read({"period": "2026"}, counted.office.actor),
        counted.office.actor,
    )
    told = evaluation.data(found, counted.hospital.name, None)
    for one, row, each in zip(definitions().values(), told["rows"], told["told"], strict=True):
        assert row[0] == one.name.zh
        assert one.name.en in each["name"]
        assert ["公式", one.formula.zh] in each["lines"]
        assert ["来源", one.source] in each["lines"]


def test_a_name_in_the_evaluation_is_no_markup(counted: World) -> None:
    Facility.objects.filter(pk=counted.hospital.pk).update(name='#read("evaluation.typ") $x')
    assert taken(counted.office, "evaluation", "pdf", period=2026).startswith(b"%PDF")
