"""Figures by file: what is read, who reports what, corrections that keep the former, nothing by halves."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import Error, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Event
from insights.actions import volumes as actions
from insights.models import Volume, VolumeFile
from tests.factories import World, make_person
from tests.insights.figures import admin_of, send, table, workbook

SEPTEMBER = date(2025, 9, 1)


@pytest.fixture
def world(db: None) -> World:
    made = World()
    _ = made.alliance
    return made


def current(**about: Any) -> list[Decimal]:
    rows = Volume.objects.filter(superseded_at__isnull=True, **about)
    return list(rows.order_by("month", "kind").values_list("value", flat=True))


def mistakes(answer: Any) -> set[tuple[int, str]]:
    assert answer.status == 201
    assert answer.body["state"] == "refused"
    return {(each["row"], each["column"]) for each in answer.body["mistakes"]}


def test_an_office_reports_for_its_own_house(world: World) -> None:
    code = world.hospital.code
    answer = send(
        world.office,
        table(
            (code, "门急诊人次", "2025-09", "12,345"),
            (code, "discharges", "2025年9月", "0"),
            (code, "staff_income", "2025-09-01", "1234567.5"),
            (code, "tcm_visits", "2025-09", ""),
        ),
    )
    assert (answer.status, answer.body["state"]) == (201, "imported")
    assert answer.body["counts"] == {
        "created": 3,
        "updated": 0,
        "same": 0,
        "withdrawn": 0,
        "blank": 1,
    }
    stored = Volume.objects.values_list("kind", "month", "value")
    assert set(stored) == {
        ("outpatient_visits", SEPTEMBER, Decimal(12345)),
        ("discharges", SEPTEMBER, Decimal(0)),
        ("staff_income", SEPTEMBER, Decimal("1234567.5")),
    }, "an empty cell is no report, and 0 is one"
    file = VolumeFile.objects.get()
    assert (file.owner_id, bytes(file.content)) == (world.office.user.pk, b"")
    [event] = Event.objects.filter(what="volumes.import")
    assert event.detail["fields"] == ["discharges", "outpatient_visits", "staff_income"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030"])
def test_spreadsheets_of_every_make_are_read(world: World, encoding: str) -> None:
    row = (world.hospital.code, "出院人次", "２０２５-０９", "７")
    assert send(world.office, table(row, encoding=encoding)).body["state"] == "imported"
    assert current() == [Decimal(7)]


def test_a_workbook_with_dates_and_numbers_is_read(world: World) -> None:
    rows = [
        (world.hospital.code, "outpatient_visits", SEPTEMBER, 1200),
        (world.hospital.code, "staff_income", "2025/09", 0.5),
    ]
    assert send(world.office, workbook(*rows)).body["state"] == "imported"
    assert current() == [Decimal(1200), Decimal("0.5")]


def test_a_correction_keeps_what_it_corrects(world: World) -> None:
    code = world.hospital.code
    first = send(
        world.office,
        table((code, "outpatient_visits", "2025-09", 100), (code, "discharges", "2025-09", 9)),
    )
    second = send(
        world.office,
        table((code, "outpatient_visits", "2025-09", 90), (code, "discharges", "2025-09", 9)),
    )
    assert second.body["counts"]["updated"] == second.body["counts"]["same"] == 1
    assert second.body["changes"] == [
        {
            "code": code,
            "kind": "outpatient_visits",
            "month": "2025-09",
            "before": "100",
            "after": "90",
        }
    ]
    old, new = Volume.objects.filter(kind="outpatient_visits").order_by("reported_at")
    assert (old.value, new.value) == (Decimal(100), Decimal(90))
    assert str(old.file_id) == first.body["id"]
    assert str(new.file_id) == str(old.superseded_by_id) == second.body["id"]
    assert old.superseded_at == new.reported_at
    assert new.superseded_at is None


def test_what_is_imported_is_written_by_parts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each correction with what it corrects: the database ends a transaction that makes all rows before it writes."""
    monkeypatch.setattr(actions, "BATCH", 2)
    code, months = world.hospital.code, [f"2025-0{month}" for month in range(1, 6)]
    send(world.office, table(*((code, "discharges", month, 1) for month in months)))
    with CaptureQueriesContext(connection) as said:
        send(world.office, table(*((code, "discharges", month, 2) for month in months)))
    parts = ('UPDATE "insights_volume"', 'INSERT INTO "insights_volume"', "SET CONSTRAINTS ALL IMM")
    begun = [each["sql"] for each in said if each["sql"].startswith(parts)]
    assert [each.split()[0] for each in begun[:9]] == ["UPDATE", "INSERT", "SET"] * 3
    assert current() == [2] * 5
    assert Volume.objects.filter(superseded_at__isnull=False).count() == 5


def test_a_figure_can_be_taken_back(world: World) -> None:
    code = world.hospital.code
    send(world.office, table((code, "outpatient_visits", "2025-09", 100)))
    answer = send(world.office, table((code, "outpatient_visits", "2025-09", "撤回")))
    assert answer.body["counts"]["withdrawn"] == 1
    assert current() == [], "it is not reported any more"
    assert Volume.objects.count() == 1, "and is kept"
    again = send(world.office, table((code, "outpatient_visits", "2025-09", "withdrawn")))
    assert again.body["counts"]["same"] == 1


def test_the_same_file_twice_changes_nothing(world: World) -> None:
    rows = [
        (world.hospital.code, "outpatient_visits", f"2025-{month:02}", month)
        for month in range(1, 10)
    ]
    send(world.office, table(*rows))
    answer = send(world.office, table(*rows))
    assert (answer.body["counts"]["same"], answer.body["changes"]) == (9, [])
    assert Volume.objects.count() == 9
    assert Event.objects.filter(what="volumes.import").count() == 1


def test_mistakes_name_row_and_column_and_import_nothing(world: World) -> None:
    code, today = world.hospital.code, timezone.localdate()
    following = (today.replace(day=1) + timedelta(days=40)).strftime("%Y-%m")
    answer = send(
        world.office,
        table(
            (code, "outpatient_visits", "2025-09", 1),
            (code, "visitors", "2025-09", 1),
            (code, "outpatient_visits", "2025-13", 1),
            (code, "outpatient_visits", "2025-08", "-1"),
            (code, "outpatient_visits", "2025-07", "1.5"),
            (code, "outpatient_visits", "2025-06", "=1+1"),
            (code, "outpatient_visits", following, 1),
            (code, "outpatient_visits", today.strftime("%Y-%m"), 1),
            (code, "outpatient_visits", "1999-12", 1),
            ("NOBODY", "outpatient_visits", "2025-09", 1),
            (code, "outpatient_visits", "2025年09月", 2),
            ("", "outpatient_visits", "2025-09", 1),
            (code, "staff_income", "2025-09", "1.005"),
            (code, "population", "2025-09", 1),
        ),
    )
    assert mistakes(answer) == {
        *(
            (3, "指标"),
            (4, "月份"),
            (5, "数值"),
            (6, "数值"),
            (7, "数值"),
            (8, "月份"),
            (9, "月份"),
        ),
        *((10, "月份"), (11, "机构或区划代码"), (12, "月份"), (13, "机构或区划代码")),
        *((14, "数值"), (15, "机构或区划代码")),
    }
    assert answer.body["wrong"] == 13
    assert not Volume.objects.exists()
    assert bytes(VolumeFile.objects.get().content) == b"", "a wrong file is not kept"


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (table, None),
        (lambda: table(name="月报.pdf"), "volumes-not-a-table"),
        (lambda: workbook(title="别的"), "sheet"),
    ],
)
def test_what_is_no_table_of_figures(world: World, file: Any, reason: str | None) -> None:
    answer = send(world.office, file())
    if reason == "volumes-not-a-table":
        assert (answer.status, answer.code) == (422, reason)
    else:
        assert answer.body["state"] == ("refused" if reason else "imported")
    assert not Volume.objects.exists()


def test_who_reports_for_whom(world: World) -> None:
    """Its own house; an alliance for its members of today; regions by the system administrator alone."""
    clinic, hospital = world.clinic.code, world.hospital.code
    stranger, region = world.stranger_clinic.code, world.region.code
    admin = admin_of(world)
    reported = {
        name: {
            code: send(person, table((code, kind, "2025-09", 5)), dry_run="true").body["state"]
            for code, kind in (
                (clinic, "outpatient_visits"),
                (hospital, "outpatient_visits"),
                (stranger, "outpatient_visits"),
                (region, "population"),
            )
        }
        for name, person in (
            ("chief", world.chief),
            ("office", world.office),
            ("manager", world.manager),
            ("outsider", world.outsider),
            ("admin", admin),
        )
    }
    may = {
        name: {code for code, state in states.items() if state == "tried"}
        for name, states in reported.items()
    }
    assert may == {
        "chief": {clinic},
        "office": {hospital},
        "manager": {clinic, hospital},
        "outsider": {stranger},
        "admin": {region},
    }
    for person in (world.doctor, world.auditor, world.stranger):
        assert send(person, table((clinic, "outpatient_visits", "2025-09", 5))).status == 403
    assert world.anonymous.upload("/imports/", table(), kind="volumes").status == 401


def test_others_do_not_see_an_import(world: World) -> None:
    made = send(
        world.office,
        table((world.hospital.code, "outpatient_visits", "2025-09", 5)),
        dry_run="true",
    )
    path = f"/imports/{made.body['id']}/"
    colleague = make_person(world.hospital, Role.REFERRAL_OFFICE)
    assert world.office.api.get(path).body["state"] == "tried"
    for person in (world.chief, colleague, world.manager):
        assert person.api.get(path).status == 404
        assert person.api.post(f"{path}carry-out/").status == 404
        assert person.api.get("/imports/").results == []
    assert [str(each) for each in world.office.api.get("/imports/").ids] == [made.body["id"]]


def test_a_trial_writes_nothing_until_it_is_carried_out(world: World) -> None:
    made = send(
        world.office,
        table((world.hospital.code, "outpatient_visits", "2025-09", 5)),
        dry_run="true",
    )
    assert not Volume.objects.exists()
    path = f"/imports/{made.body['id']}/carry-out/"
    assert world.office.api.post(path).body["state"] == "imported"
    assert world.office.api.post(path).body["state"] == "imported", "once, however often"
    assert current() == [Decimal(5)]


def test_exactly_what_was_shown_is_imported(world: World) -> None:
    """The same count of changes, of other values: a second look is asked for."""
    code = world.hospital.code
    send(world.office, table((code, "outpatient_visits", "2025-09", 1)))
    trial = send(world.office, table((code, "outpatient_visits", "2025-09", 5)), dry_run="true")
    send(world.office, table((code, "outpatient_visits", "2025-09", 2)))
    path = f"/imports/{trial.body['id']}/carry-out/"
    anew = world.office.api.post(path).body
    assert (anew["state"], anew["dry_run"]) == ("tried", True)
    assert (anew["changes"][0]["before"], anew["changes"][0]["after"]) == ("2", "5")
    assert current() == [Decimal(2)]
    assert world.office.api.post(path).body["state"] == "imported"
    assert current() == [Decimal(5)]


def test_a_refused_file_cannot_be_carried_out(world: World) -> None:
    made = send(world.office, table((world.hospital.code, "outpatient_visits", "2025-09", "x")))
    answer = world.office.api.post(f"/imports/{made.body['id']}/carry-out/")
    # It was no trial: nothing is left to do.
    assert answer.body["state"] == "refused"
    trial = send(world.office, table(("?", "outpatient_visits", "2025-09", "1")), dry_run="true")
    answer = world.office.api.post(f"/imports/{trial.body['id']}/carry-out/")
    assert (answer.status, answer.code) == (409, "volumes-not-tried")


def test_rights_are_asked_again_when_it_is_carried_out(world: World) -> None:
    clinic = world.clinic.code
    made = send(world.manager, table((clinic, "outpatient_visits", "2025-09", 5)), dry_run="true")
    world.alliance.memberships.filter(facility=world.clinic).update(ends=timezone.localdate())
    answer = world.manager.api.post(f"/imports/{made.body['id']}/carry-out/")
    assert answer.body["state"] == "refused"
    assert not Volume.objects.exists()


def test_a_name_chooses_no_path_and_turns_no_line(world: World) -> None:
    made = send(world.office, table(name="../..\\a\u202evsc.csv"), dry_run="true")
    assert made.body["name"] == "avsc.csv"


def test_the_database_keeps_reported_figures(world: World) -> None:
    send(world.office, table((world.hospital.code, "outpatient_visits", "2025-09", 5)))
    row = Volume.objects.get()
    for change in ("value = 6", "month = '2025-08-01'", "superseded_at = now()"):
        with (
            pytest.raises((Error, IntegrityError)),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"UPDATE insights_volume SET {change}")
    with pytest.raises(Error), transaction.atomic():
        row.delete()
    twin = Volume(
        facility=world.hospital,
        kind="outpatient_visits",
        month=SEPTEMBER,
        value=7,
        file_id=row.file_id,
        reported_at=timezone.now(),
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)
    for wrong in (
        {"month": date(2025, 9, 2)},
        {"value": -1},
        {"region": world.region},
        {"facility": None},
    ):
        other = Volume(
            **{
                "facility": world.hospital,
                "kind": "beds",
                "month": SEPTEMBER,
                "value": 7,
                "file_id": row.file_id,
                "reported_at": timezone.now(),
                **wrong,
            }
        )
        with pytest.raises(IntegrityError), transaction.atomic():
            other.save(force_insert=True)
