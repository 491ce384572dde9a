"""Bulk import: what is read, what is refused and how, and that nothing is written by halves."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from accounts.actors import Actor
from accounts.errors import Refused
from accounts.models import User
from accounts.permissions import Role
from facilities import imports
from facilities.imports.columns import Kind
from facilities.models import Department, Facility, StaffPost
from tests.facilities.factories import (
    make_actor,
    make_department,
    make_facility,
    make_hospital,
    make_post,
    make_region,
    make_user,
)

pytestmark = pytest.mark.django_db

HEADER = ["code", "name", "region", "category", "tier"]
GOOD = ["SH-001", "周浦社区卫生服务中心", "310115", "B100", "1"]


@pytest.fixture(autouse=True)
def _pudong() -> None:
    make_region()


def as_csv(*rows: Iterable[object], encoding: str = "utf-8") -> io.BytesIO:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return io.BytesIO(text.getvalue().encode(encoding))


def as_xlsx(**tables: Sequence[Sequence[object]]) -> io.BytesIO:
    book = Workbook(write_only=True)
    for title, rows in tables.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    data = io.BytesIO()
    book.save(data)
    data.seek(0)
    return data


def run(data: io.BytesIO, name: str = "a.csv", **options: Any) -> imports.Report:
    return imports.run(data, by=Actor.system(), name=name, **options)


def problems(report: imports.Report) -> list[tuple[int, str]]:
    return [(error.row, error.column) for error in report.errors]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_in_each_encoding(encoding: str) -> None:
    report = run(as_csv(HEADER, GOOD, encoding=encoding))
    assert report.errors == []
    assert report.counts == {Kind.FACILITIES: imports.Count(1, 0)}
    facility = Facility.objects.get(code="SH-001")
    assert facility.name == "周浦社区卫生服务中心"
    assert (facility.level, facility.grade, facility.ownership) == (9, 9, "public")
    assert facility.initials == "zpsqwsfwzx"
    assert "周浦" in facility.terms


def test_chinese_headers_and_values() -> None:
    header = [
        "机构代码", "机构名称", "统一社会信用代码", "行政区划代码", "机构类别", "级别", "等次",
        "功能层级", "所有制", "院内审核", "纬度", "经度", "启用",
    ]  # fmt: skip
    row = [
        "SH-002", "区人民医院", "91350100m000100y43", "310115", "A100", "三级", "甲等",
        "3", "公立", "是", "31.2304161", "121.473701", "是",
    ]  # fmt: skip
    assert run(as_csv(header, row)).errors == []
    facility = Facility.objects.get(code="SH-002")
    assert (facility.level, facility.grade, facility.tier) == (3, 1, 3)
    assert facility.uscc == "91350100M000100Y43"
    assert facility.requires_internal_review
    assert str(facility.latitude) == "31.230416"


def test_every_bad_line_is_named_with_row_column_and_reason() -> None:
    make_facility(code="OLD-1", uscc="91110000600037341L")
    header = [*HEADER, "uscc", "level", "grade", "legal_person", "is_active"]
    rows: list[list[str]] = [
        [*GOOD, "", "", "", "", ""],
        ["sh 3", "甲", "310115", "B100", "1", "", "", "", "", ""],
        ["SH-004", "", "310115", "B100", "1", "", "", "", "", ""],
        ["SH-005", "乙", "999999", "B100", "1", "", "", "", "", ""],
        ["SH-006", "丙", "310115", "B1", "7", "", "", "", "", ""],
        ["SH-007", "丁", "310115", "B100", "1", "91350100M000100Y44", "", "", "", ""],
        ["SH-008", "戊", "310115", "B100", "1", "91110000600037341L", "", "", "", ""],
        ["SH-009", "己", "310115", "B100", "1", "", "0", "1", "", ""],
        ["SH-001", "庚", "310115", "B100", "1", "", "", "", "", ""],
        ["SH-010", "辛", "310115", "B100", "1", "", "", "", "NOT-1", "maybe"],
    ]
    before = Facility.objects.count()
    report = run(as_csv(header, *rows))
    assert problems(report) == [
        (3, "code"),
        (4, "name"),
        (6, "category"),
        (6, "tier"),
        (7, "uscc"),
        (11, "is_active"),
    ]
    assert all(error.reason for error in report.errors)
    assert Facility.objects.count() == before

    readable = [row for number, row in enumerate(rows, start=2) if number not in {3, 4, 6, 7}]
    readable[-1][-1] = ""
    report = run(as_csv(header, *readable))
    assert problems(report) == [
        (3, "region"),
        (4, "uscc"),
        (5, "grade"),
        (6, "code"),
        (7, "legal_person"),
    ]
    assert Facility.objects.count() == before


def test_the_columns_are_named_as_the_file_names_them() -> None:
    report = run(
        as_csv(
            ["机构代码", "名称", "行政区划", "机构类别", "层级"], ["SH-1", "x", "9", "B100", "1"]
        )
    )
    assert problems(report) == [(2, "行政区划")]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (["code", "name", "region", "category"], [(1, "tier / 功能层级")]),
        ([*HEADER, "colour"], [(1, "colour")]),
        ([*HEADER, "机构代码"], [(1, "机构代码")]),
        ([*HEADER, "level"], [(1, "level")]),
        ([*HEADER, "经度"], [(1, "经度")]),
    ],
)
def test_a_wrong_header_is_an_error_of_row_one(
    header: list[str], expected: list[tuple[int, str]]
) -> None:
    row = [*GOOD, "", ""][: len(header)]
    assert problems(run(as_csv(header, row))) == expected
    assert not Facility.objects.filter(code="SH-001").exists()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "a.csv"),
        (b"\xff\xfec\x00o\x00", "a.csv"),
        (b"\x81\xff\xff\xff", "a.csv"),
        (b'code,"name\n', "a.csv"),
        (b"not a zip", "a.xlsx"),
        (b"PK\x03\x04 not a workbook", "a.xlsx"),
        (b"whatever", "a.pdf"),
    ],
)
def test_an_unreadable_file_is_one_error(data: bytes, name: str) -> None:
    report = run(io.BytesIO(data), name)
    assert len(report.errors) == 1
    assert report.errors[0].reason


def test_a_workbook_with_unknown_sheets_is_refused() -> None:
    assert not run(as_xlsx(Tabelle1=[HEADER, GOOD]), "a.xlsx").ok


def test_a_second_import_brings_up_to_date_only_the_columns_of_the_file() -> None:
    run(as_csv([*HEADER, "phone", "short_name"], [*GOOD, "021-1234", "周浦中心"]))
    first = Facility.objects.get(code="SH-001")
    report = run(as_csv(HEADER, ["SH-001", "周浦新中心", "310115", "B100", "1"]))
    assert report.counts == {Kind.FACILITIES: imports.Count(0, 1)}
    again = Facility.objects.get(code="SH-001")
    assert (again.pk, again.phone, again.name) == (first.pk, "021-1234", "周浦新中心")
    assert again.pinyin == "zhoupuxinzhongxin"
    assert {"新中", "浦中"} <= set(again.terms)
    run(as_csv([*HEADER, "phone"], [*GOOD, ""]))
    assert Facility.objects.get(code="SH-001").phone == ""


def test_a_campus_may_stand_before_its_legal_person() -> None:
    header = [*HEADER, "legal_person", "campus_name"]
    rows = [
        ["H-2", "人民医院东院", "310115", "A100", "3", "H-1", "东院"],
        ["H-1", "人民医院", "310115", "A100", "3", "", ""],
    ]
    assert run(as_csv(header, *rows)).ok
    campus = Facility.objects.get(code="H-2")
    assert campus.legal_person is not None
    assert campus.legal_person.code == "H-1"
    chain = [["H-3", "人民医院北院", "310115", "A100", "3", "H-2", "北院"]]
    assert problems(run(as_csv(header, *chain))) == [(2, "legal_person")]


def test_a_trial_keeps_nothing() -> None:
    report = run(as_csv(HEADER, GOOD), dry_run=True)
    assert report.ok
    assert report.counts == {Kind.FACILITIES: imports.Count(1, 0)}
    assert not Facility.objects.filter(code="SH-001").exists()


def test_a_workbook_of_three_sheets() -> None:
    facilities = [HEADER, GOOD]
    departments = [["facility", "code", "name"], ["SH-001", "03.04", "心血管内科"]]
    staff: list[list[object]] = [
        ["username", "full_name", "facility", "department", "role", "title", "starts", "ends"],
        [
            "li.na",
            "李娜",
            "SH-001",
            "03.04",
            "clinic_doctor",
            "主治医师",
            datetime(2026, 1, 1),  # noqa: DTZ001 - spreadsheets know no zones
            None,
        ],
        ["li.na", "李娜", "SH-001", "", "转诊办", "", date(2026, 1, 1), "2026/7/1"],
    ]
    data = as_xlsx(staff=staff, 科室=departments, facilities=facilities)
    report = run(data, "a.xlsx")
    assert report.errors == []
    assert report.counts == {
        Kind.FACILITIES: imports.Count(1, 0),
        Kind.DEPARTMENTS: imports.Count(1, 0),
        Kind.STAFF: imports.Count(2, 0),
    }
    user = User.objects.get(username="li.na")
    assert not user.has_usable_password()
    assert not user.is_staff
    posts = StaffPost.objects.filter(user=user).order_by("role")
    assert [(post.role, post.ends) for post in posts] == [
        ("clinic_doctor", None),
        ("referral_office", date(2026, 7, 1)),
    ]
    assert posts[0].department is not None
    assert posts[0].department.name == "心血管内科"
    assert run(as_xlsx(staff=staff), "a.xlsx").counts == {Kind.STAFF: imports.Count(0, 0, same=2)}


def test_one_bad_sheet_stops_all() -> None:
    data = as_xlsx(
        facilities=[HEADER, GOOD],
        departments=[["facility", "code", "name"], ["SH-001", "99", "无此科目"]],
    )
    report = run(data, "a.xlsx")
    assert [(error.kind, error.row, error.column) for error in report.errors] == [
        (Kind.DEPARTMENTS, 2, "code")
    ]
    assert not Facility.objects.filter(code="SH-001").exists()


def test_departments_and_staff_are_checked_against_the_directory() -> None:
    hospital = make_hospital(code="H-1")
    make_department(hospital, "03", "内科")
    header = ["facility", "code", "name"]
    report = run(
        as_csv(header, ["H-1", "03", "内科"], ["H-9", "03", "内科"], ["H-1", "03", "内科"]),
        kind=Kind.DEPARTMENTS,
    )
    assert problems(report) == [(3, "facility"), (4, "name")]

    header = ["username", "full_name", "facility", "department", "role", "starts", "ends"]
    rows = [
        ["a", "甲", "H-1", "03", "hospital_doctor", "2026-01-01", ""],
        ["a", "乙", "H-9", "", "hospital_doctor", "2026-01-01", ""],
        ["b", "丙", "H-1", "04", "hospital_doctor", "2026-01-01", ""],
        ["c", "丁", "H-1", "", "hospital_doctor", "2026-01-02", "2026-01-02"],
        ["a", "甲", "H-1", "03", "hospital_doctor", "2026-02-01", ""],
    ]
    report = run(as_csv(header, *rows), kind=Kind.STAFF)
    assert problems(report) == [
        (3, "full_name"),
        (3, "facility"),
        (4, "department"),
        (5, "ends"),
        (6, "username"),
    ]
    bad = ["d d", "戊", "H-1", "", "king", "yesterday", ""]
    report = run(as_csv(header, bad), kind=Kind.STAFF)
    assert problems(report) == [(2, "username"), (2, "role"), (2, "starts")]
    assert not User.objects.filter(username__in=["a", "b", "c"]).exists()


def test_a_staff_import_corrects_the_term_of_a_post_and_leaves_rights_alone() -> None:
    hospital = make_hospital(code="H-1")
    user = make_user("boss", is_staff=True)
    user.set_password("secret-of-the-boss")
    user.save()
    post = make_post(hospital, Role.HOSPITAL_DOCTOR, user=user, title="主任医师")
    header = ["username", "full_name", "facility", "role", "starts", "ends"]
    row = ["boss", "王主任", "H-1", "hospital_doctor", "2021-01-01", "2027-01-01"]
    assert run(as_csv(header, row), kind=Kind.STAFF).ok
    post.refresh_from_db()
    assert (post.starts, post.ends, post.title) == (date(2021, 1, 1), date(2027, 1, 1), "主任医师")
    user.refresh_from_db()
    assert user.full_name == "王主任"
    assert user.is_staff
    assert user.check_password("secret-of-the-boss")


def test_only_the_directorys_editors_may_import() -> None:
    doctor = make_actor(make_facility(), Role.HOSPITAL_DOCTOR)
    with pytest.raises(Refused) as refusal:
        imports.run(as_csv(HEADER, GOOD), by=doctor, name="a.csv")
    assert refusal.value.code == "directory-forbidden"
    admin = make_actor(make_facility(), Role.SYSTEM_ADMIN)
    assert imports.run(as_csv(HEADER, GOOD), by=admin, name="a.csv").ok


def test_the_command_prints_counts_or_every_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = tmp_path / "good.csv"
    good.write_bytes(as_csv(HEADER, GOOD).getvalue())
    call_command("import_facilities", str(good))
    assert "1" in capsys.readouterr().out
    bad = tmp_path / "bad.csv"
    bad.write_bytes(as_csv(HEADER, ["SH-2", "", "310115", "B100", "x"]).getvalue())
    with pytest.raises(CommandError):
        call_command("import_facilities", str(bad))
    err = capsys.readouterr().err
    assert "2" in err
    assert "name" in err
    assert "tier" in err
    with pytest.raises(CommandError):
        call_command("import_facilities", str(tmp_path / "missing.csv"))
    call_command("import_facilities", str(good), "--dry-run", "--kind", "facilities")


def many(count: int) -> Iterable[list[object]]:
    yield [*HEADER, "phone", "address", "level", "grade"]
    for number in range(count):
        name = f"浦东新区第{number}社区卫生服务站"
        yield [f"N-{number:06}", name, "310115", "B200", 0, "021-12345678", "浦东大道1号", 9, 9]


def test_the_number_of_statements_grows_with_batches_not_with_rows(
    django_assert_max_num_queries: Any,
) -> None:
    with django_assert_max_num_queries(15):
        assert run(as_csv(*many(3000))).ok
    assert Facility.objects.filter(code__startswith="N-").count() == 3000
    assert Department.objects.count() == 0


def test_a_row_that_differs_among_equal_ones_keeps_what_it_says() -> None:
    """A column in which all rows say the same is sent once: only where all of them do, the last one too."""
    header = [*HEADER, "level", "grade", "latitude", "longitude", "is_active", "profile"]
    plain: list[object] = ["310115", "B100", 1, "9", "9", "31.2", "121.5", "1", "全科"]
    odd: list[object] = ["310115", "A100", 2, "2", "1", "", "", "0", ""]
    for at in (0, 1, 2):
        rows = [[f"D-{at}{no}", f"第{no}中心", *plain] for no in range(3)]
        rows[at] = [*rows[at][:2], *odd]
        assert run(as_csv(header, *rows)).errors == []
        made = Facility.objects.filter(code__startswith=f"D-{at}").order_by("code")
        said = [
            (f.category, f.tier, f.level, f.latitude, f.longitude, f.is_active, f.profile)
            for f in made
        ]
        same = ("B100", 1, 9, Decimal("31.2"), Decimal("121.5"), True, "全科")
        expected: list[Any] = [same, same, same]
        expected[at] = ("A100", 2, 2, None, None, False, "")
        assert said == expected


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_hundred_thousand_rows_in_one_run() -> None:
    told: list[tuple[str, int]] = []
    report = run(
        as_csv(*many(100_000)), progress=lambda _kind, step, rows: told.append((step, rows))
    )
    assert report.counts == {Kind.FACILITIES: imports.Count(100_000, 0)}
    assert ("read", 50_000) in told
    assert ("write", 100_000) in told
