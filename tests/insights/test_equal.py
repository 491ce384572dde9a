"""Every indicator, from counters and from facts, equals a plain count of the rows, in every scope, period and part."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from django.core.management import call_command
from pytest_django.plugin import DjangoDbBlocker

from accounts import scope
from facilities.queries.directory import region_prefix
from insights import measures
from insights.actions import count_changes, rebuild
from insights.indicators import Indicator, Kind, definitions
from insights.models import Change, Rollup
from insights.periods import Length, Period, around, of_days
from insights.queries import behind, counts
from insights.scopes import EVERYTHING, Where
from insights.vocabulary import Dim, Scope
from scenarios.generation import run
from tests.insights import plain
from tests.keeping import kept

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
N = 600
pytestmark = pytest.mark.django_db
PERIODS = (
    around(Length.YEAR, date(2026, 1, 1)),
    around(Length.QUARTER, date(2026, 5, 1)),
    around(Length.MONTH, date(2026, 10, 1)),
    around(Length.MONTH, date(2026, 11, 1)),
    around(Length.WEEK, date(2026, 11, 18)),
    around(Length.DAY, date(2026, 11, 13)),
    of_days(date(2024, 12, 30), date(2026, 2, 3)),
)
CODES = tuple(code for code, one in definitions().items() if one.counted)
NAMES = measures.NAMES
PARTS = (Dim.DISEASE, Dim.URGENCY, Dim.EDGE, Dim.DECLINE_REASON, Dim.SENDER, Dim.RECEIVER)


@pytest.fixture(scope="module")
def legs(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[list[plain.Leg]]:
    """Generate a network once, and count it by its changes, not by building anew."""
    with kept(django_db_blocker), pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "analyze", lambda: None)
        call_command("load_reference", verbosity=0)
        list(run.generate(run.Plan(N, 40, 11, NOW)))
        while count_changes(now=NOW, most=177):
            pass
        scope.enter_system()
        assert not Change.objects.exists()
        yield plain.read()


@pytest.fixture(autouse=True)
def _all_rows(legs: list[plain.Leg]) -> None:
    scope.enter_system()


def _scopes(legs: list[plain.Leg]) -> list[tuple[Where, list[plain.Leg]]]:
    """Return some of every kind, with the legs that belong there."""
    row = legs[0].row
    sender, receiver = str(row.from_facility_id), str(row.to_facility_id)
    code = row.from_facility.region_id[:6]
    found = [
        (EVERYTHING, legs),
        (
            Where(Scope.ALLIANCE, (str(row.alliance_id),)),
            [each for each in legs if each.row.alliance_id == row.alliance_id],
        ),
        (
            Where(Scope.FACILITY_SENT, (sender,)),
            [each for each in legs if str(each.row.from_facility_id) == sender],
        ),
        (
            Where(Scope.FACILITY_RECEIVED, (receiver,)),
            [each for each in legs if str(each.row.to_facility_id) == receiver],
        ),
    ]
    for key in (code, f"{code[:4]}00", f"{code[:2]}0000"):
        begins = region_prefix(key)
        found += [
            (
                Where(Scope.REGION_SENT, (key,)),
                [each for each in legs if each.row.from_facility.region_id.startswith(begins)],
            ),
            (
                Where(Scope.REGION_RECEIVED, (key,)),
                [
                    each
                    for each in legs
                    if each.row.to_facility and each.row.to_facility.region_id.startswith(begins)
                ],
            ),
        ]
    return found


def _terms(one: Indicator, counted: counts.Counts) -> tuple[int, int | None]:
    bottom = (
        sum(counted[name] for name in one.denominator)
        if one.denominator and not one.volumes
        else None
    )
    return sum(counted[name] for name in one.numerator), bottom


@pytest.mark.parametrize("period", PERIODS, ids=lambda each: f"{each.first}-{each.last}")
def test_every_indicator_equals_a_plain_count(period: Period, legs: list[plain.Leg]) -> None:
    seen = 0
    wrong = []
    for where, mine in _scopes(legs):
        kept_counts = counts.count(where, NAMES, period)
        derived = counts.from_facts(where, NAMES, period, Dim.NONE)
        facts = derived.get("", dict.fromkeys(NAMES, 0))
        for code in CODES:
            one = definitions()[code]
            expected = plain.terms(code, mine, period.first, period.last, NOW)
            stored, direct = _terms(one, kept_counts), _terms(one, facts)
            seen += sum(filter(None, stored))
            if not expected == stored == direct:
                wrong.append((code, where, expected, stored, direct))
    assert not wrong
    assert seen or period.length == Length.DAY, "nothing was counted at all"


@pytest.mark.parametrize("by", PARTS, ids=lambda each: each.name.lower())
def test_parts_from_counters_equal_those_from_facts(by: Dim, legs: list[plain.Leg]) -> None:
    seen = 0
    for period in PERIODS[1:3]:
        for where, _mine in _scopes(legs):
            found = counts.broken_down(where, NAMES, period, by)
            assert found == counts.from_facts(where, NAMES, period, by)
            seen += len(found) * counts.is_stored(where, period, by)
    assert seen


@pytest.mark.parametrize("by", [Dim.REGION, Dim.ALLIANCE])
def test_parts_by_place_add_up(by: Dim, legs: list[plain.Leg]) -> None:
    year = PERIODS[0]
    for where, _mine in _scopes(legs):
        names = ("up_submitted", "down_accepted", "follow_ups_due")
        found = counts.broken_down(where, names, year, by)
        assert found == counts.from_facts(where, names, year, by)
        whole = counts.count(where, names, year)
        assert {name: sum(each[name] for each in found.values()) for name in names} == whole


@pytest.mark.parametrize("code", CODES)
def test_the_list_is_as_long_as_the_number(code: str, legs: list[plain.Leg]) -> None:
    """Of every indicator, for both its terms, whole and in parts."""
    one, year = definitions()[code], PERIODS[0]
    for where, _mine in _scopes(legs):
        for names in (one.numerator, one.denominator):
            mine = [name for name in names if "volume:" not in name]
            if not mine:
                continue
            counted = counts.count(where, mine, year)
            assert behind.rows(mine, where, year).count() == sum(counted.values())
    for value, part in counts.broken_down(EVERYTHING, one.counted, year, Dim.URGENCY).items():
        top = [name for name in one.counted if name in one.numerator]
        listed = behind.rows(top, EVERYTHING, year, Dim.URGENCY, value)
        assert listed.count() == sum(part[name] for name in top)


def test_building_anew_gives_the_identical_tables(legs: list[plain.Leg]) -> None:
    before = list(Rollup.objects.order_by("pk").values())
    assert len(before) > N
    list(rebuild(now=NOW))
    assert list(Rollup.objects.order_by("pk").values()) == before


def test_a_planted_fault_is_seen(legs: list[plain.Leg]) -> None:
    """The comparison is worth something: one leg more in one counter, and it differs."""
    one, year = definitions()["acceptance-rate"], PERIODS[0]
    row = Rollup.objects.get(scope=Scope.ALL, dim=Dim.NONE, grain="Y", starts=year.first)
    row.up_submitted_accepted += 1
    row.save(update_fields=["up_submitted_accepted"])
    assert _terms(one, counts.count(EVERYTHING, one.counted, year)) != plain.terms(
        one.code, legs, year.first, year.last, NOW
    )


def test_kinds_and_terms_fit() -> None:
    for one in definitions().values():
        assert bool(one.denominator) == (one.kind in {Kind.RATE, Kind.RATIO})
