"""Monthly figures on pages: a template that can be filled in, a trial, a second press, a year with its history."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from openpyxl import load_workbook

from accounts.permissions import Role
from insights import volumes_tasks
from insights.actions import volumes as actions
from insights.models import FileState, Volume, VolumeFile
from insights.volume_kinds import Subject, awaited, of
from tests.factories import Person, World, as_system, make_person
from tests.insights.figures import admin_of, send, table
from tests.pages.conftest import browser_of, text_of

ADDRESS = "/insights/volumes/"


@pytest.fixture
def world(db: None) -> World:
    made = World()
    _ = made.alliance
    return made


def tried(who: Person, file: Any) -> Any:
    return browser_of(who).post(ADDRESS, {"file": file})


def press(who: Person) -> Any:
    file = VolumeFile.objects.latest("sent_at")
    return browser_of(who).post(f"{ADDRESS}{file.pk}/", {})


def test_what_is_shown_is_imported_by_a_second_press(world: World) -> None:
    row = (world.hospital.code, "出院人次", "2025-09", "1,200")
    answer = tried(world.office, table(row))
    assert "检查无误" in text_of(answer)
    assert not Volume.objects.exists()
    answer = press(world.office)
    assert "数据已导入" in text_of(answer)
    assert Volume.objects.get().value == 1200
    assert "已导入" in text_of(browser_of(world.office).get(ADDRESS))


def test_a_correction_shows_before_and_after(world: World) -> None:
    code = world.hospital.code
    send(world.office, table((code, "discharges", "2025-09", 1200)))
    text = text_of(tried(world.office, table((code, "discharges", "2025-09", 900))))
    assert "1200 900" in text
    press(world.office)
    page = f"{ADDRESS}facility/{world.hospital.pk}/?year=2025"
    assert "900 已更正" in text_of(browser_of(world.office).get(page))
    text = text_of(browser_of(world.office).get(f"{page}&kind=discharges&month=9"))
    assert "900 人次" in text
    assert "1,200 人次" in text
    assert "李主任" in text


def test_mistakes_are_listed_and_nothing_is_imported(world: World) -> None:
    row = ("discharges", "2025-09")
    file = table((world.hospital.code, *row, "-1"), (world.clinic.code, *row, "1"))
    answer = tried(world.office, file)
    text = text_of(answer)
    assert "有2处错误" in text
    assert "您的岗位不能为该机构上报数据" in text
    assert press(world.office).status_code in {200, 409}
    assert not Volume.objects.exists()


def test_what_changed_meanwhile_is_shown_anew(world: World) -> None:
    code = world.hospital.code
    tried(world.office, table((code, "discharges", "2025-09", 1)))
    colleague = make_person(world.hospital, Role.REFERRAL_OFFICE)
    send(colleague, table((code, "discharges", "2025-09", 2)))
    file = VolumeFile.objects.get(owner=world.office.user)
    answer = browser_of(world.office).post(f"{ADDRESS}{file.pk}/", {})
    assert answer.status_code == 409
    assert "此期间已有新的上报" in text_of(answer)
    assert Volume.objects.get().value == 2


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_a_template_can_be_filled_in_and_imported(world: World, form: str) -> None:
    """Every line of it is known again, and those without a value are left out."""
    name = f"template.{form}"
    content = browser_of(world.manager).get(f"{ADDRESS}{name}").content
    if form == "csv":
        lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
        lines[1][4] = "7"
        text = io.StringIO(newline="")
        csv.writer(text).writerows(lines)
        content = text.getvalue().encode("utf-8-sig")
    else:
        book = load_workbook(io.BytesIO(content))
        assert book.sheetnames == ["月度数据", "填写说明"]
        book.worksheets[0].cell(2, 5, 7)
        written = io.BytesIO()
        book.save(written)
        content = written.getvalue()
    made = send(world.manager, SimpleUploadedFile(name, content))
    counts = made.body["counts"]
    assert (counts["created"], counts["blank"]) == (1, 3 * len(of(Subject.FACILITY)) - 1)
    assert Volume.objects.get().value == 7


def test_no_cell_of_a_template_is_a_formula(world: World) -> None:
    world.hospital.name = "=HYPERLINK(1)"
    world.hospital.save()
    lines = csv.reader(
        io.StringIO(
            browser_of(world.office).get(f"{ADDRESS}template.csv").content.decode("utf-8-sig")
        )
    )
    assert {line[1] for line in lines} == {"名称", "'=HYPERLINK(1)"}
    book = load_workbook(
        io.BytesIO(browser_of(world.office).get(f"{ADDRESS}template.xlsx").content)
    )
    assert all(cell.data_type != "f" for row in book.worksheets[0].iter_rows() for cell in row)


def test_who_has_not_reported_is_named(world: World) -> None:
    last = (timezone.localdate().replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    rows = [(world.clinic.code, kind.code, last, 1) for kind in of(Subject.FACILITY)]
    send(world.manager, table(*rows, (world.hospital.code, "beds", last, 1)))
    places = browser_of(world.manager).get(ADDRESS).context["places"]
    assert {place.name: place.lacking for place in places} == {
        world.clinic.name: 0,
        world.hospital.name: len(awaited(Subject.FACILITY)) - 1,
        world.lead.name: len(awaited(Subject.FACILITY)),
    }
    text = text_of(browser_of(world.manager).get(ADDRESS))
    assert all(words in text for words in ("全部已报", "全部未报", "缺6项"))
    [own] = browser_of(world.chief).get(ADDRESS).context["places"]
    assert own.name == world.clinic.name, "a house sees itself alone"


def test_regions_are_kept_by_the_system_administrator(world: World) -> None:
    admin, code = admin_of(world), world.region.code
    assert "尚无地区数据" in text_of(browser_of(admin).get(ADDRESS))
    tried(admin, table((code, "常住人口", "2025-09", 5_600_000)))
    press(admin)
    [place] = browser_of(admin).get(ADDRESS).context["places"]
    assert place.address == f"{ADDRESS}region/{code}/"
    page = f"{place.address}?year=2025"
    for person in (admin, world.manager):
        assert "5,600,000" in text_of(browser_of(person).get(page))
    assert browser_of(world.office).get(page).status_code == 403
    assert browser_of(admin).get(f"{ADDRESS}region/999999/").status_code == 404
    assert b"\xe5\xb8\xb8\xe4\xbd\x8f" in browser_of(admin).get(f"{ADDRESS}template.csv").content


def test_others_figures_are_as_if_not_there(world: World) -> None:
    page = f"{ADDRESS}facility/{world.clinic.pk}/"
    seen = {
        name: browser_of(person).get(page).status_code
        for name, person in (
            ("chief", world.chief),
            ("office", world.office),
            ("manager", world.manager),
            ("outsider", world.outsider),
            ("doctor", world.doctor),
        )
    }
    assert seen == {"chief": 200, "office": 404, "manager": 200, "outsider": 404, "doctor": 403}
    tried(world.office, table((world.hospital.code, "beds", "2025-09", 1)))
    file = VolumeFile.objects.get()
    for person in (world.chief, world.manager, make_person(world.hospital, Role.REFERRAL_OFFICE)):
        assert browser_of(person).get(f"{ADDRESS}{file.pk}/").status_code == 404
        assert browser_of(person).post(f"{ADDRESS}{file.pk}/", {}).status_code == 404


def test_a_large_file_tells_how_far_it_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "AT_ONCE", 10)
    answer = tried(world.office, table((world.hospital.code, "beds", "2025-09", 1)))
    assert "正在读取" in text_of(answer)
    page, quick = answer.request["PATH_INFO"], {"HTTP_HX_REQUEST": "true"}
    part = browser_of(world.office).get(page, **quick)
    assert b"<html" not in part.content
    assert "HX-Refresh" not in part.headers
    volumes_tasks.import_volumes()
    as_system()
    assert browser_of(world.office).get(page, **quick).headers["HX-Refresh"] == "true"
    assert VolumeFile.objects.get().state == FileState.TRIED


def test_a_file_that_no_worker_could_read_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "AT_ONCE", 10)
    page = tried(world.office, table((world.hospital.code, "beds", "2025-09", 1))).request[
        "PATH_INFO"
    ]
    VolumeFile.objects.update(tries=actions.MOST_TRIES)
    assert volumes_tasks.import_volumes() == 0
    as_system()
    seen = text_of(browser_of(world.office).get(page))
    assert "无法读完" in seen
    assert "已尝试3次" in seen.replace(" ", "")
    assert "处有误" not in seen
    assert "无法读取" in text_of(browser_of(world.office).get(ADDRESS))


@pytest.mark.parametrize(
    "query",
    [
        "?year=1",
        "?year=9999",
        "?year=二",
        "?kind=x&month=9",
        "?kind=beds&month=13",
        "?kind=beds&month=",
        "?month=9",
    ],
)
def test_an_odd_address_shows_the_year(world: World, query: str) -> None:
    answer = browser_of(world.chief).get(f"{ADDRESS}facility/{world.clinic.pk}/{query}")
    assert answer.status_code == 200
    assert answer.context["history"] == []


def test_a_form_without_a_file_says_so(world: World) -> None:
    answer = browser_of(world.office).post(ADDRESS, {})
    assert answer.status_code == 422
    answer = tried(world.office, SimpleUploadedFile("a.pdf", b"%PDF"))
    assert answer.status_code == 422
    assert "只能导入" in text_of(answer)


def test_an_upload_that_is_sent_twice_is_one_file(world: World) -> None:
    browser, key = browser_of(world.office), "0198f3c2-0000-7000-8000-000000000001"
    for _again in range(2):
        file = table((world.hospital.code, "beds", "2025-09", 1))
        browser.post(ADDRESS, {"file": file, "key": key})
    assert VolumeFile.objects.count() == 1
