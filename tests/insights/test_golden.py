"""Every indicator equals the golden book, whose values a spreadsheet program worked out from the same rows."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import F
from pytest_django.plugin import DjangoDbBlocker

from accounts import scope
from insights import values
from insights.actions import count_changes
from insights.asking import DIMS, read_period
from insights.indicators import Kind, Side, definitions
from insights.models import Rollup
from insights.periods import Period
from insights.queries import counts
from insights.scopes import Where
from insights.values import Number
from insights.vocabulary import Dim, Scope
from referral.models import Referral
from tests.factories import as_system
from tests.insights.golden import book, play, rows
from tests.insights.golden.play import Golden
from tests.keeping import kept

pytestmark = pytest.mark.django_db
NUMBERS = book.records("numbers")
PARTS = book.records("parts")
NOW = rows.NOW.replace(tzinfo=play.HERE)
# What a spreadsheet keeps of a number, and what we show of it.
NEAR = Decimal("0.000002")
# A column of a sheet of rows, by its name.
SHEETS = re.compile(r"\b(lalliance|lfrom|lto|calliance|cto|vsubject|scounty)\b")


@pytest.fixture(scope="module")
def golden(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Golden]:
    """Play the book once, and count it."""
    with kept(django_db_blocker):
        call_command("load_reference", verbosity=0)
        made = play.play()
        while count_changes(now=NOW):
            pass
        scope.enter_system()
        yield made


def where(made: Golden, row: dict[str, Any]) -> Where:
    if row["scope"] == "alliance":
        return Where(Scope.ALLIANCE, (key_of(made, row),))
    received = definitions()[row["indicator"]].side == Side.RECEIVED
    return Where(Scope.FACILITY_RECEIVED if received else Scope.FACILITY_SENT, (key_of(made, row),))


def key_of(made: Golden, row: dict[str, Any]) -> str:
    places = made.alliances if row["scope"] == "alliance" else made.facilities
    return str(places[row["whose"]].pk)


def period(row: dict[str, Any]) -> Period:
    found = read_period({"period": str(row["period"])})
    assert (found.first, found.last) == (row["first"], row["last"])
    return found


def differs(ours: Any, theirs: Any) -> bool:
    if ours is None or theirs is None:
        return ours is not theirs
    mine, book_s = Decimal(ours), Decimal(str(theirs))
    return abs(mine - book_s) > NEAR * max(Decimal(1), abs(mine) / 1_000_000)


def compared(row: dict[str, Any], found: Number) -> list[Any]:
    """Return what differs; a term of a number without a value is compared where both know it."""
    pairs = {"value": (found.value, row["value"])}
    for name, ours in (("top", found.numerator), ("bottom", found.denominator)):
        if row["value"] is not None or (ours is not None and row[name] is not None):
            pairs[name] = (ours, row[name])
    return [(name, *pair) for name, pair in pairs.items() if differs(*pair)]


def by_question(made: Golden) -> Iterator[tuple[Where, Period, list[dict[str, Any]]]]:
    """Return the rows of the book that one reading answers."""
    groups: dict[tuple[Where, str], list[dict[str, Any]]] = {}
    for row in NUMBERS:
        groups.setdefault((where(made, row), str(row["period"])), []).append(row)
    for (about, _name), several in groups.items():
        yield about, period(several[0]), several


@pytest.mark.parametrize("way", ["counters", "facts"])
def test_every_number_equals_the_book(
    way: str, golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_system()
    if way == "facts":
        monkeypatch.setattr(counts, "is_stored", lambda *_asked: False)
    wrong = differences(golden)
    assert not wrong, (len(wrong), wrong[:40])


def test_a_planted_fault_is_seen(golden: Golden) -> None:
    """The comparison is worth something: one leg more in one counter, and the book says otherwise."""
    as_system()
    about = {"scope": Scope.ALLIANCE, "key": str(golden.alliances["A"].pk), "dim": Dim.NONE}
    changed = Rollup.objects.filter(**about, grain="M", starts=date(2025, 1, 1))
    with transaction.atomic():
        assert changed.update(up_arrived=F("up_arrived") + 1) == 1
        codes = {row[0] for row in differences(golden)}
        transaction.set_rollback(True)
    assert {"up-count", "up-rate", "two-way-ratio"} <= codes


def differences(made: Golden) -> list[tuple[Any, ...]]:
    """Return where the book says otherwise: which number, whose, when, in what, and why we have none."""
    wrong = []
    for about, days, several in by_question(made):
        asked = [definitions()[row["indicator"]] for row in several]
        for row, answer in zip(several, values.answers(asked, about, days), strict=True):
            if odd := compared(row, answer.whole):
                wrong.append((row["indicator"], row["whose"], row["period"], odd, answer.whole.why))
    return wrong


KINDS = {"county": (Scope.REGION_SENT, Scope.REGION_RECEIVED)}
KINDS["city"] = KINDS["county"]


def place_of(made: Golden, row: dict[str, Any]) -> Where:
    """Return where a row of the sheet of parts counts: an alliance, or a region by the side of the indicator."""
    if row["scope"] == "alliance":
        return Where(Scope.ALLIANCE, (str(made.alliances[row["whose"]].pk),))
    is_received = definitions()[row["indicator"]].side == Side.RECEIVED
    return Where(KINDS[row["scope"]][is_received], (str(row["whose"]),))


def part_of(made: Golden, row: dict[str, Any]) -> str:
    """Return by which key the app tells a part."""
    part = row["part"]
    known: dict[str, Any] = {
        "sender": made.facilities,
        "receiver": made.facilities,
        "department": made.departments,
        "alliance": made.alliances,
    }
    if row["by"] == "doctor":
        return str(made.people[part].user.pk)
    return str(known[row["by"]][part].pk) if row["by"] in known else str(part)


def is_right(row: dict[str, Any], found: Number | None) -> bool:
    """Say whether a part is as the book says; where nothing was counted we tell of no part."""
    if found is None:
        return not row["top"] and not row["bottom"]
    ours = (found.numerator or 0, found.denominator or 0, found.value)
    theirs = (row["top"] or 0, row["bottom"] or 0, row["value"])
    return not any(map(differs, ours, theirs))


@pytest.mark.parametrize("way", ["counters", "facts"])
def test_every_part_and_every_region_equals_the_book(
    way: str, golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_system()
    if way == "facts":
        monkeypatch.setattr(counts, "is_stored", lambda *_asked: False)
    wrong = []
    answers: dict[tuple[Any, ...], Any] = {}
    for row in PARTS:
        one, about, days = definitions()[row["indicator"]], place_of(golden, row), period(row)
        by = DIMS[row["by"]] if row["by"] else Dim.NONE
        asked = (one.code, about, days, by)
        found = answers.get(asked) or values.answer(one, about, days, by)
        answers[asked] = found
        number = found.parts.get(part_of(golden, row)) if row["by"] else found.whole
        if not is_right(row, number):
            wrong.append((*asked, row["part"], number, row["top"], row["bottom"]))
    assert not wrong, (len(wrong), wrong[:20])


def test_the_book_holds_every_way_to_break_down() -> None:
    """Alliance, facility, department, doctor, disease, urgency, tiers, region, period: each with parts that count."""
    told = {row["by"] for row in PARTS if row["top"]}
    assert told == {*DIMS, None} - {"decline-reason"}, "reasons of one word are no breakdown"
    assert {row["scope"] for row in PARTS} == {"alliance", "county", "city"}
    assert len({row["period"] for row in PARTS}) > 1
    for by in told - {None}:
        rows_of = [
            row for row in PARTS if row["by"] == by and row["indicator"] == "acceptance-rate"
        ]
        assert len({row["part"] for row in rows_of if row["bottom"]}) > 1, by
    head, *lines = book.sheets()["parts"]
    at = [str(cell.value) for cell in head].index("top")
    for line in lines:
        top, bottom, _value = (cell.formula for cell in line[at : at + 3])
        assert "COUNTIFS(" in top
        for each in (top, bottom) if line[at + 3].value else ():
            assert each.count("COUNTIFS(") == each.count("[.$K"), (line[0].value, each)


def test_the_api_gives_the_same_numbers(golden: Golden) -> None:
    """Of each alliance to its manager, of each facility to whoever works there."""
    wrong = []
    as_system()
    askers = {**golden.people, **golden.managers}
    for row in NUMBERS:
        # The year holds every month; the others are asked for in one of both alliances.
        if row["period"] not in {"2025", "2025-12"} or row["whose"] in {"H2", "T3"}:
            continue
        query = {row["scope"]: key_of(golden, row), "period": str(row["period"])}
        answer = askers[row["whose"]].api.get(f"/indicators/{row['indicator']}/", query)
        assert answer.status == 200, answer.body
        told = answer.body
        as_system()
        if odd := [
            name
            for name, part in (("value", "value"), ("top", "numerator"), ("bottom", "denominator"))
            if row["value"] is not None and differs(told[part], row[name])
        ] or ((row["value"] is None) != (told["value"] is None)):
            wrong.append((row["indicator"], row["whose"], row["period"], odd, told["reason"]))
    assert not wrong, (len(wrong), wrong[:20])


def test_every_number_of_the_book_is_a_formula() -> None:
    """Each hangs on cells of the sheets of rows, and none is a value that somebody typed."""
    head, *lines = book.sheets()["numbers"]
    at = [str(cell.value) for cell in head].index("top")
    assert len(lines) == len(definitions()) * 6 * 7
    for line in lines:
        code = str(line[0].value)
        top, bottom, value = (cell.formula for cell in line[at : at + 3])
        assert SHEETS.search(top), (code, top)
        assert bool(bottom) == (definitions()[code].kind not in {Kind.COUNT, Kind.REPORTED}), code
        assert not bottom or SHEETS.search(bottom), (code, bottom)
        assert "[.G" in value, (code, value)
        assert not bottom or "[.H" in value, (code, value)


def test_the_book_knows_every_indicator_with_and_without_a_value() -> None:
    """Whatever can lack is seen lacking somewhere, and every one has a value somewhere."""
    known = {row["indicator"] for row in NUMBERS if row["value"] is not None}
    lacking = {row["indicator"] for row in NUMBERS if row["value"] is None}
    assert known == set(definitions())
    assert lacking >= {code for code, one in definitions().items() if one.volumes} - {
        "down-rate-inpatient"
    }


def test_the_book_holds_the_cases_that_are_hard() -> None:
    """What the numbers are checked on is not only what is plain."""
    legs = [row for row in book.records("legs") if row["lcounted"]]
    assert {row["status"] for row in book.records("legs")} >= {
        "declined", "redirected", "no_show", "cancelled", "expired", "entered_in_error", "draft",
    }  # fmt: skip
    assert {row["ldir"] for row in legs} == {"up", "down", "lateral"}
    assert {(row["ldir"], row["setting"]) for row in legs if row["lwish"] == 0} >= {
        ("down", "inpatient"), ("down", "outpatient"),
    }  # fmt: skip
    assert {(row["urgency"], row["llate"]) for row in legs} >= set(product((0, 1, 2), (0, 1)))
    assert {row["lclosed"] for row in legs if row["lcompleted"]} == {0, 1}
    assert {row["cintime"] for row in book.records("contacts")} == {0, 1}
    edges = {
        moment.strftime("%d %H:%M")
        for row in legs
        for moment in row.values()
        if isinstance(moment, datetime)
    }
    assert edges >= {"01 00:00", "30 23:59", "31 23:59"}


def test_legs_were_played_as_the_book_says(golden: Golden) -> None:
    as_system()
    for no, leg in golden.legs.items():
        row, now = golden.rows[no], Referral.objects.get(pk=leg.pk)
        told = {
            "status": now.status,
            "ldir": now.direction or "up",
            "submitted": now.submitted_at,
            "decided": now.decided_at,
            "arrived": now.arrived_at,
            "ended": now.ended_at,
        }
        said = {name: row[name] for name in told}
        here = {name: _local(each) for name, each in told.items()}
        assert here == said, no
        if now.submitted_at:
            assert now.alliance_id == golden.alliances[row["alliance"]].pk


def _local(each: Any) -> Any:
    return each.astimezone(play.HERE).replace(tzinfo=None) if isinstance(each, datetime) else each
