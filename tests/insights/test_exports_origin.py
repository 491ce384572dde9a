"""Each file of numbers says who took it out, at which institution and when, and is still read by every program."""

import io
import re
from datetime import timedelta
from typing import Any

import openpyxl
import pikepdf
import pytest
from django.utils import timezone

from facilities.queries.origin import origin
from insights.papers import evaluation
from referral.models import Referral
from referral.slips.printing import typeset
from referral.states import Status
from tests.factories import Person, World, as_system
from tests.insights.taken import ask, fetch, sheet, state, table, taken, work
from tests.insights.walked import count
from tests.pages.conftest import browser_of
from tests.referral.many import copies

pytestmark = pytest.mark.django_db
ROWS = {"indicator": "acceptance-rate", "part": "denominator"}


@pytest.fixture
def counted(world: World) -> World:
    world.at(Status.ACCEPTED)
    count()
    return world


def marked(who: Person, words: str) -> bool:
    """Say whether a text names a person, the institution and this minute or the one before."""
    now = timezone.localtime()
    minutes = {f"{at:%Y-%m-%d %H:%M}" for at in (now, now - timedelta(minutes=1))}
    return words in {f"{who.user.full_name} · {who.facility.name} · {each}" for each in minutes}


def test_each_line_of_a_table_is_marked_and_the_table_stays_one(counted: World) -> None:
    asked: list[tuple[str, dict[str, Any]]] = [
        ("indicators", {}),
        ("breakdown", {"indicator": "acceptance-rate", "by": "urgency"}),
        ("rows", ROWS),
    ]
    for kind, words in asked:
        heads, *lines = table(taken(counted.office, kind, **words))
        assert heads[-1] == "导出人"
        assert lines
        assert {len(line) for line in lines} == {len(heads)}, "every program reads it"
        assert all(marked(counted.office, line[-1]) for line in lines), kind


def test_a_workbook_says_it_in_its_properties_on_a_sheet_and_at_the_foot(counted: World) -> None:
    Referral.objects.update(reason="欧阳")
    counted.hospital.name = "甲&乙医院"
    counted.hospital.save(update_fields=["name"])
    content = taken(counted.office, "rows", "xlsx", **ROWS)
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["转诊", "指标定义", "导出人"]
    assert book.properties.creator == counted.office.user.full_name
    assert "甲&乙医院" in book.properties.description
    for each in book.worksheets:
        foot: Any = each.oddFooter
        assert "甲&&乙医院" in foot.left.text
    _heads, line = sheet(content, 2)
    assert [cell.value for cell in line[:2]] == [counted.office.user.full_name, "甲&乙医院"]
    assert line[2].is_date
    # The numbers stand where they stood: nothing is added to the lines.
    assert len(sheet(content)[0]) == len(table(taken(counted.office, "rows", **ROWS))[0]) - 1
    every = "".join(str(cell.value) for each in book.worksheets for row in each for cell in row)
    assert "欧阳" not in every


def test_the_evaluation_says_it_at_its_foot_and_as_its_author(
    counted: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[str, Any] = {}

    def listened(template: Any, data: dict[str, Any]) -> bytes:
        told.update(data)
        return typeset(template, data)

    monkeypatch.setattr("insights.papers.evaluation.typeset", listened)
    content = taken(counted.office, "evaluation", "pdf", period=2026)
    with pikepdf.open(io.BytesIO(content)) as paper:
        assert str(paper.docinfo["/Author"]) == counted.office.user.full_name
    assert marked(counted.office, told["origin"].removeprefix("导出人："))
    assert "#data.origin" in evaluation.TEMPLATE.read_text()


def test_it_is_said_in_the_language_of_who_asks(counted: World) -> None:
    headers = {"Accept-Language": "en"}
    body = {"kind": "rows", "format": "csv", **ROWS}
    made = counted.office.api.post("/exports/", body, headers=headers)
    work()
    heads, line = table(fetch(counted.office, made).content)
    assert heads[-1] == "Exported by"
    assert marked(counted.office, line[-1])


def test_a_deputy_stands_there_with_the_colleague(world: World) -> None:
    deputy = world.office.actor.acting_for(world.doctor.actor)
    found = origin(deputy, timezone.now())
    names = world.office.user.full_name, world.doctor.user.full_name
    assert found.who == f"{names[0]}（代{names[1]}）"
    assert found.facility == world.doctor.facility.name


def test_what_is_stuck_is_a_file_of_the_same_rows_as_its_page(counted: World) -> None:
    """Of the own facility for those who work there, of the alliance for its manager; whatever days are asked about."""
    leg = counted.at(Status.SUBMITTED)
    long_ago = timezone.now() - timedelta(days=30)
    Referral.objects.filter(pk=leg.pk).update(submitted_at=long_ago)
    copies(leg, 11, number="'ZZ-' || n")
    as_system()
    for who in (counted.office, counted.manager):
        made = ask(who, "rows", stuck="late", period="2020")
        assert made.status == 202
        assert work() == 1
        heads, *lines = table(fetch(who, made).content)
        assert heads[-2] == "超时起点"
        assert len(lines) == 12
        assert {line[0] for line in lines} >= {leg.number, "ZZ-1"}
        assert all(line[-2] < f"{timezone.localtime():%Y-%m-%d %H:%M}" for line in lines)
        name = state(who, made)["name"]
        assert re.fullmatch(r"stuck-referrals-\d{4}-\d\d-\d\d\.csv", name), name
        page = browser_of(who).get("/insights/stuck/").content.decode()
        assert 'name="stuck" value="late"' in page
    for other in (counted.stranger, counted.outsider):
        assert len(table(taken(other, "rows", stuck="late"))) == 1
    told = sheet(taken(counted.office, "rows", "xlsx", stuck="late"), 1)
    assert [cell.value for cell in told[0]] == ["清单", "统计口径", "截至"]
    assert ask(counted.office, "rows", stuck="late", step="up-submitted").status == 400
    assert ask(counted.office, "rows", stuck="tomorrow").status == 400
