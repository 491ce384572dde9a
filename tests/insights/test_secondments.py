"""Who is sent down to primary care: six months count and five do not, terms that meet are one, a correction is kept."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import Error, transaction
from django.utils import timezone

from insights import values
from insights.indicators import definitions
from insights.models import FileState, Secondment, Volume, VolumeFile
from insights.periods import Length, Period, around
from insights.queries import secondments
from insights.scopes import Where
from insights.values import Why
from insights.vocabulary import Scope
from tests.api import Answer
from tests.facilities.factories import make_facility, make_region
from tests.factories import Person, World, as_system
from tests.insights.figures import admin_of, file_of
from tests.insights.test_authority import authority, regions
from tests.pages.conftest import browser_of, text_of

HEADER = ("派出机构代码", "派驻机构代码", "工号", "职称", "开始日期", "结束日期", "撤回")
YEAR = around(Length.YEAR, date(2025, 1, 1))
Send = Callable[..., Answer]


@pytest.fixture
def world(db: None) -> World:
    made = World()
    _ = made.alliance
    return made


def term(world: World, person: str, starts: str, ends: str, **other: Any) -> tuple[Any, ...]:
    """Return a line: a term of somebody of intermediate title from the hospital to the clinic."""
    said = {"by": world.hospital, "to": world.clinic, "title": "中级", "withdrawn": "", **other}
    return (
        said["by"].code,
        said["to"].code,
        person,
        said["title"],
        starts,
        ends,
        said["withdrawn"],
    )


def send(who: Person, *rows: tuple[Any, ...], **words: str) -> Answer:
    file = file_of([HEADER, *rows], "派驻.csv")
    answer = who.api.upload("/imports/", file, kind="secondments", **words)
    as_system()
    return answer


def counted(world: World, period: Period = YEAR) -> int | None:
    months = period.months
    assert months
    found = secondments.counted([world.region.code[:6]], months[-1])
    return found.get(world.region.code[:6])


@pytest.mark.parametrize(
    ("starts", "ends", "counts"),
    [
        ("2025-01-01", "2025-06-30", 1),
        ("2025-01-01", "2025-06-29", 0),
        ("2025-01-01", "2025-05-31", 0),
        ("2025-07-02", "2025-12-31", 0),
        ("2025-07-01", "2025-12-31", 1),
        ("2025-02-10", "2025-08-09", 1),
        ("2025-02-10", "2025-08-08", 0),
        # What lies outside of the year does not count in it.
        ("2024-10-01", "2025-03-31", 0),
        ("2024-10-01", "2025-06-30", 1),
        ("2025-07-01", "2026-06-30", 1),
        ("2025-08-01", "2026-07-31", 0),
    ],
)
def test_six_months_within_the_year_count_and_a_day_less_does_not(
    world: World, starts: str, ends: str, counts: int
) -> None:
    assert send(world.office, term(world, "D001", starts, ends)).body["state"] == "imported"
    assert counted(world) == counts


def test_terms_that_meet_are_one_and_those_apart_are_not(world: World) -> None:
    rows = [
        term(world, "met", "2025-01-01", "2025-03-31"),
        term(world, "met", "2025-04-01", "2025-06-30", to=world.sister),
        term(world, "apart", "2025-01-01", "2025-03-31"),
        term(world, "apart", "2025-04-02", "2025-07-01"),
        term(world, "twice", "2025-01-01", "2025-06-30"),
        term(world, "twice", "2025-03-01", "2025-12-31", to=world.sister),
    ]
    assert send(world.manager, *rows).body["state"] == "imported"
    assert counted(world) == 2, "met, and the one of twice once"


def test_persons_are_told_apart_by_house_and_number(world: World) -> None:
    whole = ("2025-01-01", "2025-12-31")
    rows = [term(world, "D001", *whole), term(world, "D001", *whole, by=world.lead)]
    assert send(world.manager, *rows).body["state"] == "imported"
    assert counted(world) == 2


def test_who_does_not_count(world: World) -> None:
    """Juniors, those whom a clinic sends, those who go to a hospital; but it is reported, so it is none and no gap."""
    whole = ("2025-01-01", "2025-12-31")
    assert counted(world) is None
    rows = [
        term(world, "D001", *whole, title="初级"),
        term(world, "D002", *whole, by=world.sister),
        term(world, "D003", *whole, to=world.lead),
    ]
    assert send(world.manager, *rows).body["state"] == "imported"
    assert counted(world) == 0
    there = make_facility(tier=0, region=make_region(code="320508"))
    assert send(admin_of(world), term(world, "D004", *whole, to=there)).body["state"] == "imported"
    assert counted(world) == 0, "it is the county where they serve"
    assert secondments.counted(["320508"], date(2025, 12, 1)) == {"320508": 1}


def test_persons_stand_before_a_reported_number(world: World) -> None:
    one, here = definitions()["seconded-physicians"], Where(Scope.REGION_SENT, (world.region.code,))
    file = VolumeFile.objects.create(
        owner=world.office.user, facility=world.hospital, name="a.csv", content=b"", digest=b"",
        state=FileState.IMPORTED, is_trial=False, sent_at=timezone.now(), imported_at=timezone.now(),
    )  # fmt: skip
    said = {"month": date(2025, 12, 1), "region": world.region, "file": file}
    Volume.objects.create(kind="population", value=20_000, reported_at=file.sent_at, **said)
    found = values.answer(one, here, YEAR).whole
    assert (found.why, found.missing) == (
        Why.NOT_REPORTED,
        ((world.region.code, date(2025, 12, 1)),),
    )
    Volume.objects.create(kind="seconded_physicians", value=7, reported_at=file.sent_at, **said)
    assert values.answer(one, here, YEAR).whole.value == Decimal("3.5")
    send(world.office, term(world, "D001", "2025-01-01", "2025-12-31"))
    assert values.answer(one, here, YEAR).whole.value == Decimal("0.5")


def test_a_correction_keeps_what_it_corrects_and_a_term_can_be_taken_back(world: World) -> None:
    send(world.office, term(world, "D001", "2025-01-01", "2025-05-31"))
    answer = send(world.office, term(world, "D001", "2025-01-01", "2025-06-30"), dry_run="true")
    [change] = answer.body["changes"]
    assert (change["code"], change["month"]) == (f"{world.hospital.code} D001", "2025-01-01")
    assert change["before"] == f"{world.clinic.code} 中级 – 2025-05-31"
    assert change["after"] == f"{world.clinic.code} 中级 – 2025-06-30"
    assert counted(world) == 0, "it was only tried"
    done = world.office.api.post(f"/imports/{answer.body['id']}/carry-out/").body
    as_system()
    assert (done["state"], done["kind"], counted(world)) == ("imported", "secondments", 1)
    old, new = Secondment.objects.order_by("reported_at")
    assert (old.superseded_by_id, new.superseded_at) == (new.file_id, None)
    for change in ({"ends": date(2026, 1, 1)}, {"superseded_at": None, "superseded_by": None}):
        with pytest.raises(Error), transaction.atomic():
            Secondment.objects.filter(pk=old.pk).update(**change)
    with pytest.raises(Error), transaction.atomic():
        Secondment.objects.filter(pk=new.pk)._raw_delete("default")
    back = send(world.office, term(world, "D001", "2025-01-01", "2025-06-30", withdrawn="是"))
    assert back.body["counts"]["withdrawn"] == 1
    assert counted(world) is None
    assert Secondment.objects.count() == 2


def test_the_same_file_twice_changes_nothing(world: World) -> None:
    rows = [term(world, f"D{n}", "2025-01-01", "2025-06-30") for n in range(3)]
    send(world.office, *rows)
    assert send(world.office, *rows).body["counts"]["same"] == 3
    assert Secondment.objects.count() == 3


def test_mistakes_name_row_and_column_and_import_nothing(world: World) -> None:
    whole = ("2025-01-01", "2025-12-31")
    answer = send(
        world.office,
        term(world, "D001", *whole),
        term(world, "D001", *whole),
        term(world, "D002", *whole, title="护士"),
        term(world, "D003", "2025-02-01", "2025-01-31"),
        term(world, "D004", *whole, to=world.hospital),
        term(world, "D005", *whole, by=world.lead),
        term(world, "D006", "1999-12-31", "2000-12-31"),
        term(world, "", *whole),
        (world.hospital.code, "NOBODY", "D007", "中级", *whole, ""),
    )
    assert answer.body["state"] == "refused"
    assert {(each["row"], each["column"]) for each in answer.body["mistakes"]} == {
        (3, "开始日期"), (4, "职称"), (5, "结束日期"), (6, "派驻机构代码"), (7, "派出机构代码"), (8, "开始日期"),
        (9, "工号"), (10, "派驻机构代码"),
    }  # fmt: skip
    assert not Secondment.objects.exists()


def test_who_reports_for_whom(world: World) -> None:
    """The house that sends, who looks over its alliance or region, the administrator; who receives does not."""
    regions()
    states = {
        name: send(who, term(world, name, "2025-01-01", "2025-12-31")).body["state"]
        for name, who in (
            ("office", world.office),
            ("manager", world.manager),
            ("admin", admin_of(world)),
            ("authority", authority("310115")),
            ("elsewhere", authority("320000")),
            ("receiver", world.chief),
            ("outsider", world.outsider),
        )
    }
    assert states == {
        "office": "imported",
        "manager": "imported",
        "admin": "imported",
        "authority": "imported",
        "elsewhere": "refused",
        "receiver": "refused",
        "outsider": "refused",
    }
    assert send(world.doctor, term(world, "x", "2025-01-01", "2025-12-31")).status == 403


def test_on_the_page_a_template_is_filled_in_tried_and_imported(world: World) -> None:
    browser = browser_of(world.office)
    for form in ("csv", "xlsx"):
        answer = browser.get(f"/insights/volumes/template.{form}?kind=secondments")
        assert answer.status_code == 200
    lines = browser.get("/insights/volumes/template.csv?kind=secondments").content.decode(
        "utf-8-sig"
    )
    row = dict(zip(HEADER, term(world, "D001", "2025-01-01", "2025-06-30"), strict=True))
    heads = {"医师工号": "工号"}
    asked = [heads.get(head, head) for head in lines.strip().split(",")]
    file = file_of([lines.strip().split(","), [row[head] for head in asked]], "派驻.csv")
    tried = text_of(browser.post("/insights/volumes/", {"file": file, "kind": "secondments"}))
    assert "检查无误" in tried
    assert "D001" in tried
    assert not Secondment.objects.exists()
    sent = VolumeFile.objects.get()
    browser.post(f"/insights/volumes/{sent.pk}/", {})
    as_system()
    assert Secondment.objects.get().person == "D001"
