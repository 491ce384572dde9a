"""Import of sessions: what is made by which rules, what is brought up to date, and that nothing is done by halves."""

import io
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import Refused
from facilities.imports import Count, Report, pools
from facilities.imports.columns import Kind
from facilities.models import Pool
from referral.states import Status
from tests.facilities.factories import make_alliance, make_capability
from tests.facilities.test_import import as_csv, as_xlsx
from tests.factories import World
from tests.referral.pools import department_of, take

NAMES = ["机构代码", "诊疗科目", "号别", "日期", "时段", "开始时间", "结束时间", "号数"]
PLAIN = ["facility", "department", "doctor_grade", "day", "session", "begins", "ends", "places"]
DAY = timezone.localdate() + timedelta(days=20)


def line(world: World, **changes: Any) -> list[object]:
    """Return a morning of the hospital's chief physician, twenty places, as a row of PLAIN."""
    _ = department_of(world.hospital)
    words = {
        "facility": world.hospital.code,
        "department": "03.04",
        "doctor_grade": "chief",
        "day": DAY,
        "session": "morning",
        "begins": "8:00",
        "ends": "11:30",
        "places": 20,
        **changes,
    }
    return list(words.values())


def run(*rows: list[Any], header: list[str] = PLAIN, **options: Any) -> Report:
    by = options.pop("by", Actor.system())
    return pools.run(as_csv(header, *rows), by=by, name="a.csv", **options)


def wrong(report: Report) -> list[tuple[int, str]]:
    return [(error.row, error.column) for error in report.errors]


def test_a_session_is_made_by_the_rules_of_plans(world: World) -> None:
    words = {"doctor_grade": "主任医师", "session": "上午", "begins": "08:00", "ends": "11:30"}
    report = run(line(world, **words), header=NAMES)
    assert report.errors == []
    assert report.counts == {Kind.POOLS: Count(1, 0)}
    pool = Pool.objects.get()
    assert (pool.facility_id, pool.doctor_grade, pool.places) == (world.hospital.pk, "chief", 20)
    assert pool.department_id == department_of(world.hospital).pk
    assert timezone.localtime(pool.starts_at).replace(tzinfo=None) == datetime.combine(DAY, time(8))
    assert (pool.reserved_percent, pool.day) == (30, DAY)
    assert pool.starts_at - pool.opens_at == timedelta(days=14)
    assert pool.starts_at - pool.released_at == timedelta(hours=24)


def test_a_workbook_with_dates_and_times_as_a_spreadsheet_keeps_them(world: World) -> None:
    at = {"day": datetime.combine(DAY, time()), "begins": time(13, 30), "ends": time(17)}
    row = line(world, session="下午", **at)
    rows: list[list[object]] = [[*NAMES, "基层预留比例", "提前开放天数"], [*row, 50, 7.0]]
    report = pools.run(as_xlsx(号源=rows), by=Actor.system(), name="a.xlsx")
    assert report.errors == []
    pool = Pool.objects.get()
    assert timezone.localtime(pool.ends_at).time() == time(17)
    assert (pool.reserved_percent, pool.starts_at - pool.opens_at) == (50, timedelta(days=7))


def test_known_sessions_are_brought_up_to_date_in_what_the_file_says(world: World) -> None:
    assert run(line(world)).ok
    Pool.objects.update(reserved_percent=60, released_at=timezone.now())
    before = Pool.objects.get()
    more, other = line(world, places=25, ends="12:00"), line(world, doctor_grade="ordinary")
    assert run(more, other).counts == {Kind.POOLS: Count(1, 1)}
    after = Pool.objects.get(pk=before.pk)
    assert (after.places, after.version) == (25, before.version + 1)
    assert timezone.localtime(after.ends_at).time() == time(12)
    # What an office has set by hand and the file does not speak of, stays.
    assert (after.reserved_percent, after.released_at) == (60, before.released_at)
    assert run(more, other).counts == {Kind.POOLS: Count(0, 0, same=2)}
    assert Pool.objects.get(pk=before.pk).version == after.version
    report = run([*more, 10], header=[*PLAIN, "reserved_percent"])
    assert report.ok
    assert Pool.objects.get(pk=before.pk).reserved_percent == 10


def test_beds_and_shared_equipment(world: World) -> None:
    make_capability(world.hospital, "mri")
    name = world.alliance.name
    header = [*PLAIN, "kind", "capability", "alliance"]
    whole: dict[str, Any] = {"session": "全天", "begins": "0:00", "ends": "23:59"}
    bed = line(world, doctor_grade="", **whole)
    scanner = line(world, doctor_grade="", department="")
    report = run([*bed, "床位", "", ""], [*scanner, "设备", "mri", name], header=header)
    assert report.errors == []
    found = {pool.kind: pool for pool in Pool.objects.all()}
    assert found["bed"].department_id == department_of(world.hospital).pk
    assert (found["equipment"].alliance_id, found["equipment"].department_id) == (
        world.alliance.pk,
        None,
    )
    # Nothing is reserved of what a member lends.
    assert (found["bed"].reserved_percent, found["equipment"].reserved_percent) == (30, 0)


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"facility": "NOWHERE-1"}, "facility"),
        ({"department": "04.03"}, "department"),
        ({"department": ""}, "department"),
        ({"department": "99"}, "department"),
        ({"doctor_grade": ""}, "doctor_grade"),
        ({"doctor_grade": "神医"}, "doctor_grade"),
        ({"day": "31.2.2027"}, "day"),
        ({"day": timezone.localdate() - timedelta(days=1)}, "day"),
        ({"day": "0001-01-01"}, "day"),
        ({"session": "中午"}, "session"),
        ({"begins": "25:00"}, "begins"),
        ({"begins": "早上"}, "begins"),
        ({"ends": "8:00"}, "ends"),
        ({"places": "-1"}, "places"),
        ({"places": "501"}, "places"),
        ({"places": "二十"}, "places"),
        ({"places": ""}, "places"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_made(
    world: World, changes: dict[str, Any], column: str
) -> None:
    good, bad = line(world), line(world, **{"begins": "9:00", **changes})
    report = run(good, bad)
    assert wrong(report) == [(3, column)]
    assert report.counts == {}
    assert not Pool.objects.exists()


def test_equipment_that_is_not_there_or_not_shared_by_a_member(world: World) -> None:
    make_capability(world.hospital, "mri")
    theirs = make_alliance(world.outside, form="telemedicine", name="外区远程医疗协作网")
    header = [*PLAIN, "kind", "capability", "alliance"]
    row = line(world, doctor_grade="", department="")
    report = run(
        [*row, "equipment", "ct", world.alliance.name],
        [*row, "equipment", "mri", theirs.name],
        [*row, "equipment", "mri", ""],
        [*line(world), "slot", "mri", ""],
        header=header,
    )
    assert wrong(report) == [
        (2, "capability"),
        (3, "alliance"),
        (4, "alliance"),
        (5, "capability"),
    ]


def test_the_same_session_twice(world: World) -> None:
    assert wrong(run(line(world), line(world, places=5))) == [(3, "day")]


@pytest.mark.parametrize("dry_run", [False, True])
def test_never_below_what_is_taken(world: World, dry_run: bool) -> None:
    assert run(line(world)).ok
    pool = Pool.objects.get()
    for _each in range(2):
        take(pool, world.at(Status.SUBMITTED))
    fresh = line(world, begins="9:00")
    report = run(fresh, line(world, places=1), dry_run=dry_run)
    assert wrong(report) == [(3, "places")]
    assert (Pool.objects.count(), Pool.objects.get().places) == (1, 20)
    assert run(fresh, line(world, places=2), dry_run=dry_run).ok
    assert Pool.objects.count() == (1 if dry_run else 2)


def test_only_who_manages_the_pools_of_all_its_facilities(world: World) -> None:
    assert run(line(world), by=world.office.actor).ok
    for who in (world.second_office, world.doctor, world.manager, world.stranger):
        with pytest.raises(Refused, match="capacity-forbidden"):
            run(line(world), by=who.actor)
    both = line(world), line(world, facility=world.second.code)
    with pytest.raises(Refused, match="capacity-forbidden"):
        run(*both, by=world.office.actor)


def test_the_command_says_what_it_made_or_what_is_wrong(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "号源.csv"
    file.write_bytes(as_csv(PLAIN, line(world)).getvalue())
    call_command("import_pools", str(file), "--dry-run")
    assert not Pool.objects.exists()
    call_command("import_pools", str(file))
    assert Pool.objects.count() == 1
    file.write_bytes(as_csv(PLAIN, line(world, places="?")).getvalue())
    capsys.readouterr()
    with pytest.raises(CommandError):
        call_command("import_pools", str(file))
    assert "places" in capsys.readouterr().err
    # A workbook of the directory is not taken for one of sessions.
    book = pools.run(as_xlsx(机构=[["code"]]), by=Actor.system(), name="a.xlsx")
    assert [error.row for error in book.errors] == [0]


def test_an_empty_file_and_one_without_a_column(world: World) -> None:
    by = Actor.system()
    assert wrong(pools.run(io.BytesIO(), by=by, name="a.csv")) == [(1, "")]
    report = run(line(world)[:-1], header=PLAIN[:-1])
    assert wrong(report) == [(1, "places / 号数")]
