"""Import on a page: a trial that names every bad row, then exactly what was shown, by its owner, in time."""

import csv
import io
from datetime import timedelta
from time import monotonic
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from openpyxl import Workbook, load_workbook

from accounts.permissions import Role
from audit.models import Event
from facilities import tasks
from facilities.imports.columns import COLUMNS, Kind
from facilities.models import DirectoryChange, Facility, Pool, StaffPost, Trial
from facilities.models.imports import MOST_BYTES
from tests.facilities.factories import make_facility
from tests.factories import Person, World, make_person
from tests.pages.conftest import browser_of, text_of
from tests.referral.pools import ahead, department_of, make_pool, take

ADDRESS = "/settings/import/"
HEADER = ["机构代码", "机构名称", "行政区划", "机构类别", "功能层级", "电话"]


@pytest.fixture
def admin(world: World) -> Person:
    """Return the system administrator, who works at the hospital."""
    return make_person(world.hospital, Role.SYSTEM_ADMIN)


def row(code: str, name: str = "新机构", phone: str = "1", **said: str) -> list[str]:
    return [code, name, said.get("region", "310115"), "B100", said.get("tier", "1"), phone]


def sheet(*rows: list[str], name: str = "机构.csv") -> SimpleUploadedFile:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([HEADER, *rows])
    return SimpleUploadedFile(name, text.getvalue().encode("utf-8-sig"))


def departments(facility: str) -> SimpleUploadedFile:
    text = f"机构代码,诊疗科目,科室名称\n{facility},03.04,心内科\n"
    return SimpleUploadedFile("科室.csv", text.encode())


def send(who: Person, file: Any, kind: str = "facilities") -> Any:
    return browser_of(who).post(ADDRESS, {"kind": kind, "file": file}, follow=False)


def press(who: Person, trial: Trial) -> Any:
    return browser_of(who).post(f"{ADDRESS}{trial.pk}/", {}, follow=False)


def test_a_trial_names_row_column_and_reason(world: World, admin: Person) -> None:
    answer = send(admin, sheet(row("SH-1"), row("SH-2", tier="9"), row("SH-3", name="")))
    assert answer.status_code == 422
    found = {(each.row, each.column) for _sheet, each in answer.context["errors"]}
    assert found == {(3, "功能层级"), (4, "机构名称")}
    assert "发现2处错误" in text_of(answer)
    answer = send(admin, sheet(row("SH-1"), row("SH-2"), row("SH-1", region="999999")))
    found = {(each.row, each.column) for _sheet, each in answer.context["errors"]}
    assert found == {(4, "机构代码"), (4, "行政区划")}
    assert not Trial.objects.exists(), "a bad file is not kept"
    assert not Facility.objects.filter(code="SH-1").exists()


def test_what_was_shown_is_imported_by_a_second_press(world: World, admin: Person) -> None:
    known = make_facility("旧名", code="SH-7", phone="1")
    make_facility("不变", code="SH-8", phone="1")
    answer = send(admin, sheet(row("SH-1"), row("SH-7", "新名"), row("SH-8", "不变")))
    assert "新增1条，修改1条，无变化1条" in text_of(answer)
    assert Facility.objects.get(pk=known.pk).name == "旧名", "a trial keeps nothing"
    [trial] = Trial.objects.all()
    answer = press(admin, trial)
    assert answer.status_code == 200
    assert "已导入" in text_of(answer)
    assert Facility.objects.get(pk=known.pk).name == "新名"
    assert Facility.objects.filter(code="SH-1").exists()
    [change] = DirectoryChange.objects.filter(facility=known)
    assert change.values == {"name": ["旧名", "新名"]}
    assert change.by == admin.user
    assert Event.objects.filter(what="directory.import.facilities").count() == 1


def test_who_presses_twice_imports_once(world: World, admin: Person) -> None:
    send(admin, sheet(row("SH-1")))
    [trial] = Trial.objects.all()
    first, second = press(admin, trial), press(admin, trial)
    assert (first.status_code, second.status_code) == (200, 200)
    assert text_of(first).count("新增1条") == text_of(second).count("新增1条") == 1
    assert Event.objects.filter(what="directory.import.facilities").count() == 1
    assert bytes(Trial.objects.get().content) == b"", "the file goes when it is imported"


def test_what_changed_meanwhile_is_shown_before_anything_is_written(
    world: World, admin: Person
) -> None:
    send(admin, sheet(row("SH-1"), row("SH-2")))
    [trial] = Trial.objects.all()
    make_facility("另一家", code="SH-1", phone="9")
    answer = press(admin, trial)
    assert answer.status_code == 409
    assert "新增1条，修改1条" in text_of(answer)
    assert Facility.objects.get(code="SH-1").name == "另一家"
    assert not Facility.objects.filter(code="SH-2").exists(), "nothing is written by halves"
    assert press(admin, trial).status_code == 200
    assert Facility.objects.get(code="SH-1").name == "新机构"


def test_what_became_wrong_meanwhile_is_not_imported(world: World, admin: Person) -> None:
    send(admin, departments(world.second.code), "departments")
    [trial] = Trial.objects.all()
    Facility.objects.filter(pk=world.second.pk).update(code="RENAMED")
    answer = press(admin, trial)
    assert answer.status_code == 409
    assert answer.context["errors"], "the institution of the file is gone"
    assert answer.context["trial"] is None
    assert not world.second.departments.exists()


def test_a_kept_file_is_its_owners_alone_and_for_half_an_hour(world: World, admin: Person) -> None:
    send(admin, sheet(row("SH-1")))
    [trial] = Trial.objects.all()
    other = make_person(world.hospital, Role.SYSTEM_ADMIN)
    assert press(other, trial).status_code == 404
    assert press(world.office, trial).status_code == 404
    assert press(world.doctor, trial).status_code == 403
    past = timezone.now() - timedelta(seconds=1)
    Trial.objects.filter(pk=trial.pk).update(made_at=past - timedelta(hours=1), expires_at=past)
    assert press(admin, trial).status_code == 404
    assert not Facility.objects.filter(code="SH-1").exists()
    send(other, sheet(row("SH-2")))
    tasks.forget()
    assert [left.owner for left in Trial.objects.all()] == [other.user], (
        "what is over goes by itself"
    )


def test_another_file_takes_the_place_of_the_one_before(world: World, admin: Person) -> None:
    send(admin, sheet(row("SH-1")))
    [trial] = Trial.objects.all()
    send(admin, sheet(row("SH-2")))
    assert press(admin, trial).status_code == 404
    assert Trial.objects.count() == 1


def test_who_may_import_what(world: World, admin: Person) -> None:
    kinds = {
        person.user.pk: _kinds(person)
        for person in (world.doctor, world.chief, world.office, world.manager, admin)
    }
    assert kinds[world.doctor.user.pk] is None
    assert kinds[world.manager.user.pk] is None
    assert kinds[world.chief.user.pk] == kinds[world.office.user.pk] == ["pools"]
    assert kinds[admin.user.pk] == ["directory", "facilities", "departments", "staff"]
    answer = send(world.office, sheet(row("SH-1")))
    assert answer.status_code == 422, "the office is offered no directory"
    assert not Trial.objects.exists()


def _kinds(person: Person) -> list[str] | None:
    answer = browser_of(person).get(ADDRESS)
    if answer.status_code == 403:
        return None
    return [kind for kind, _name in answer.context["form"].fields["kind"].choices]


def pools(facility: Facility, **said: Any) -> SimpleUploadedFile:
    start = ahead(3)
    words = {
        "机构代码": facility.code,
        "诊疗科目": "03.04",
        "号别": "普通",
        "日期": start.date().isoformat(),
        "时段": "上午",
        "开始时间": "08:00",
        "结束时间": "12:00",
        "号数": "20",
        **said,
    }
    text = io.StringIO(newline="")
    csv.writer(text).writerows([list(words), list(words.values())])
    return SimpleUploadedFile("号源.csv", text.getvalue().encode())


def test_an_office_imports_sessions_of_its_own_house(world: World) -> None:
    department_of(world.hospital)
    send(world.office, pools(world.hospital), "pools")
    assert not Pool.objects.exists()
    assert press(world.office, Trial.objects.get()).status_code == 200
    assert Pool.objects.get().places == 20
    department_of(world.lead)
    answer = send(world.office, pools(world.lead), "pools")
    assert answer.status_code == 422
    assert Pool.objects.count() == 1


def test_no_import_goes_below_what_is_taken(world: World) -> None:
    pool = make_pool(world.hospital, starts_at=ahead(3), places=3)
    for _each in range(2):
        take(pool, world.draft())
    answer = send(world.office, pools(world.hospital, 号数="1"), "pools")
    assert answer.status_code == 422
    [(_sheet, error)] = answer.context["errors"]
    assert error.row == 2


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.pdf", b"%PDF", "只能导入"),
        ("a.xlsx", b"PK\x03\x04 broken", "不是"),
        ("a.csv", b"\xff\xfea\x00", "UTF-16"),
        ("a.csv", b"", "空"),
        ("a.csv", b"x" * (MOST_BYTES + 1), "2 MB"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(
    world: World, admin: Person, name: str, content: bytes, said: str
) -> None:
    answer = send(admin, SimpleUploadedFile(name, content))
    assert answer.status_code == 422
    assert said in text_of(answer)


def test_a_file_longer_than_a_page_waits_for_is_refused(world: World, admin: Person) -> None:
    rows = [row(f"X-{number}") for number in range(5_001)]
    answer = send(admin, sheet(*rows))
    assert answer.status_code == 422
    assert "5000" in text_of(answer)


def test_a_sheet_that_claims_a_million_empty_rows_costs_no_time(
    world: World, admin: Person
) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "机构"
    sheet.append(HEADER)
    sheet["XFD1048576"] = "x"
    data = io.BytesIO()
    book.save(data)
    assert len(data.getvalue()) < 10_000
    began = monotonic()
    answer = send(admin, SimpleUploadedFile("a.xlsx", data.getvalue()))
    assert monotonic() - began < 5
    assert answer.status_code == 422
    assert "5000" in text_of(answer)


def test_a_template_can_be_filled_in_and_imported(world: World, admin: Person) -> None:
    browser = browser_of(admin)
    answer = browser.get(f"{ADDRESS}directory.xlsx")
    book = load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["机构", "科室", "人员"]
    heads = [cell.value for cell in book["机构"][1]]
    assert len(heads) == len(COLUMNS[Kind.FACILITIES])
    place = {name: heads.index(name) + 1 for name in HEADER if name in heads}
    for name, value in zip(HEADER, row("SH-9", phone="021"), strict=True):
        book["机构"].cell(2, place.get(name, heads.index("电话") + 1), value)
    staff = [cell.value for cell in book["人员"][1]]
    words = {"用户名": "lixin", "姓名": "李新", "机构代码": "SH-9", "角色": "基层医生"}
    for name, value in {**words, "开始日期": "2026-01-01"}.items():
        book["人员"].cell(2, staff.index(name) + 1, value)
    data = io.BytesIO()
    book.save(data)
    send(admin, SimpleUploadedFile("目录.xlsx", data.getvalue()), "directory")
    assert press(admin, Trial.objects.get()).status_code == 200
    assert StaffPost.objects.get(user__username="lixin").facility.code == "SH-9"
    assert browser_of(world.office).get(f"{ADDRESS}directory.xlsx").status_code == 403
    assert browser_of(world.office).get(f"{ADDRESS}pools.xlsx").status_code == 200
    assert browser.get(f"{ADDRESS}others.xlsx").status_code == 404
