"""The files of numbers: the same figures as the page and the REST door, as numbers, and nothing that acts."""

import csv
import io
from decimal import Decimal
from typing import Any

import openpyxl
import pikepdf
import pytest

from audit.models import AccessEvent
from facilities.models import Facility
from insights import asking, numbers, sheets
from insights.indicators import definitions
from insights.papers import evaluation
from referral.states import Status
from tests.factories import World
from tests.insights.walked import count
from tests.pages.conftest import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def counted(world: World) -> World:
    for status in (Status.ACCEPTED, Status.ARRIVED, Status.DECLINED, Status.CANCELLED):
        world.at(status)
    count()
    return world


def file(world: World, address: str, who: str = "office") -> bytes:
    answer = browser_of(getattr(world, who)).get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    content: bytes = answer.content
    return content


def table(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def sheet(content: bytes, number: int = 0) -> list[list[Any]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [list(row) for row in book.worksheets[number].iter_rows()]


@pytest.mark.parametrize("who", ["office", "doctor", "manager"])
def test_page_door_and_files_say_the_same(counted: World, who: str) -> None:
    person = getattr(counted, who)
    page = browser_of(person).get("/insights/").content.decode()
    of_csv = {row[0]: row for row in table(file(counted, "/insights/table.csv", who))}
    rows = sheet(file(counted, "/insights/table.xlsx", who))
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


def shown_as(value: float, kind: str) -> str:
    """Return what a reader sees of values as they stand in this world."""
    forms = {"count": f"{value:,.0f}", "ratio": f"{value:,.3f}"}
    return forms.get(kind, f"{value:,.1f}%")


def test_figures_are_numbers_with_their_format(counted: World) -> None:
    rows = sheet(file(counted, "/insights/table.xlsx"))
    cells = {row[0].value: row for row in rows}
    rate = cells["接收率"]
    assert rate[1].number_format == "0.00%"
    assert rate[3].number_format == "#,##0"
    assert rate[5].is_date


def test_the_definitions_stand_beside_the_figures(counted: World) -> None:
    told = {row[0].value: row for row in sheet(file(counted, "/insights/table.xlsx"), 1)}
    for one in definitions().values():
        assert told[one.name.zh][2].value == one.formula.zh
        assert told[one.name.zh][4].value == one.source


def test_a_name_is_never_a_formula(counted: World) -> None:
    Facility.objects.filter(pk=counted.clinic.pk).update(name="=HYPERLINK(1)")
    address = "/insights/acceptance-rate/table.{}?by=sender"
    lines = table(file(counted, address.format("csv")))
    assert lines[1][0] == "'=HYPERLINK(1)"
    cell = sheet(file(counted, address.format("xlsx")))[1][0]
    assert cell.data_type == "s"
    rows = table(file(counted, "/insights/acceptance-rate/referrals.csv"))
    assert rows[1][5] == "'=HYPERLINK(1)"


@pytest.mark.parametrize("begins", list("=+-@\t\r|＝＋－＠"))
def test_nothing_that_acts_is_written(begins: str) -> None:
    written = sheets.table(["x"], [[f"{begins}1+1"]]).decode("utf-8-sig")
    assert f"'{begins}" in written


def test_the_rows_name_nobody_and_are_recorded(counted: World) -> None:
    content = file(counted, "/insights/acceptance-rate/referrals.csv?part=denominator")
    rows = table(content)
    assert len(rows) == 1 + 3
    assert "欧阳" not in content.decode()
    last = AccessEvent.objects.order_by("-at").first()
    assert last is not None
    assert last.what == "indicator.export"
    assert len(last.referral_ids) == 3


def test_a_stranger_takes_nothing_out(counted: World) -> None:
    browser = browser_of(counted.stranger)
    for name in ("table.csv", "acceptance-rate/table.xlsx", "acceptance-rate/referrals.csv"):
        asked = f"/insights/{name}?facility={counted.hospital.pk}"
        assert browser.get(asked).status_code == 404
    assert len(table(file(counted, "/insights/acceptance-rate/referrals.csv", "stranger"))) == 1


def test_another_form_is_not_there(world: World) -> None:
    assert browser_of(world.office).get("/insights/table.exe").status_code == 404
    assert browser_of(world.office).get("/insights/no-such/table.csv").status_code == 404


def test_few_persons_of_a_member_are_not_told_in_a_file(counted: World) -> None:
    asked = f"?facility={counted.hospital.pk}"
    lines = {row[0]: row for row in table(file(counted, f"/insights/table.csv{asked}", "manager"))}
    assert lines["接收率"][1:5] == ["", "%", "", ""]


def test_the_evaluation_prints_every_definition(counted: World) -> None:
    content = file(counted, "/insights/evaluation.pdf?period=2026")
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
    assert file(counted, "/insights/evaluation.pdf?period=2026").startswith(b"%PDF")


def test_a_stranger_gets_no_evaluation_of_others(counted: World) -> None:
    asked = f"/insights/evaluation.pdf?period=2026&facility={counted.hospital.pk}"
    assert browser_of(counted.stranger).get(asked).status_code == 404
