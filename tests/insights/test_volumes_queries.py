"""Sums of reported figures: what is missing is told from what is zero, and nothing is made up."""

import random
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from insights.models import FileState, Volume, VolumeFile
from insights.queries import volumes as queries
from insights.volume_kinds import Subject, kinds
from tests.factories import World

MONTHS = [date(2025, 1, 1), date(2025, 2, 1), date(2025, 3, 1)]
Report = Callable[..., Volume]


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.fixture
def report(world: World) -> Report:
    file = VolumeFile.objects.create(
        owner=world.office.user,
        facility=world.hospital,
        name="a.csv",
        content=b"",
        digest=b"",
        state=FileState.IMPORTED,
        is_trial=False,
        sent_at=timezone.now(),
        imported_at=timezone.now(),
    )

    def make(kind: str, month: date, value: float, *, old: bool = False, **about: Any) -> Volume:
        ended = {"superseded_at": timezone.now(), "superseded_by": file} if old else {}
        about = about or {"facility": world.hospital}
        return Volume.objects.create(
            kind=kind,
            month=month,
            value=Decimal(str(value)),
            file=file,
            reported_at=file.sent_at,
            **ended,
            **about,
        )

    return make


def test_months_of_visits_add_up(world: World, report: Report) -> None:
    for month, value in zip(MONTHS, (10, 0, 5.5), strict=True):
        report("outpatient_visits", month, value)
    report("outpatient_visits", MONTHS[0], 99, old=True)
    report("outpatient_visits", date(2024, 12, 1), 7)
    found = queries.totals(["outpatient_visits"], [world.hospital.pk], MONTHS)["outpatient_visits"]
    assert found == queries.Total(Decimal("15.5"), 3, 3, ())
    assert found.is_complete


def test_what_nobody_reported_is_no_zero(world: World, report: Report) -> None:
    clinic, hospital = world.clinic.pk, world.hospital.pk
    report("outpatient_visits", MONTHS[1], 0)
    found = queries.totals(["outpatient_visits", "discharges"], [clinic, hospital], MONTHS[:2])
    assert found["discharges"].value is None
    assert (found["discharges"].reported, found["discharges"].expected) == (0, 4)
    visits = found["outpatient_visits"]
    assert (visits.value, visits.reported, visits.expected) == (Decimal(0), 1, 4)
    assert set(visits.missing) == {(clinic, MONTHS[0]), (clinic, MONTHS[1]), (hospital, MONTHS[0])}
    assert not visits.is_complete


def test_a_stock_is_that_of_the_last_month(world: World, report: Report) -> None:
    for month, value in zip(MONTHS[:2], (100, 120), strict=True):
        report("beds", month, value)
    here = [world.hospital.pk]
    assert queries.totals(["beds"], here, MONTHS[:2])["beds"] == queries.Total(Decimal(120), 1, 1)
    late = queries.totals(["beds", "outpatient_visits"], here, MONTHS)
    assert late["beds"] == queries.Total(None, 0, 1, ((world.hospital.pk, MONTHS[2]),))
    assert late["outpatient_visits"].expected == 3


def test_regions_are_summed_by_code(world: World, report: Report) -> None:
    report("fund_paid", MONTHS[0], 1000.25, region=world.region)
    code = world.region.code
    found = queries.totals(["fund_paid"], [code, "999999"], MONTHS[:1])["fund_paid"]
    assert found == queries.Total(Decimal("1000.25"), 1, 2, (("999999", MONTHS[0]),))


def test_at_most_twenty_of_the_missing_are_named(world: World) -> None:
    found = queries.totals(
        ["outpatient_visits"], [world.hospital.pk], [date(2025, m, 1) for m in range(1, 13)]
    )
    assert len(found["outpatient_visits"].missing) == 12
    found = queries.totals(
        ["outpatient_visits"],
        [world.clinic.pk, world.hospital.pk],
        [date(2025, m, 1) for m in range(1, 13)],
    )
    assert len(found["outpatient_visits"].missing) == queries.MOST_MISSING
    assert found["outpatient_visits"].expected == 24


def test_nothing_asked_is_nothing_expected(world: World) -> None:
    assert queries.totals(["outpatient_visits"], [], MONTHS) == {
        "outpatient_visits": queries.NOTHING
    }
    assert queries.totals(["outpatient_visits"], [world.hospital.pk], []) == {
        "outpatient_visits": queries.NOTHING
    }
    assert not queries.NOTHING.is_complete
    with pytest.raises(KeyError):
        queries.totals(["visitors"], [world.hospital.pk], MONTHS)
    with pytest.raises(ValueError, match="too many"):
        queries.totals(["outpatient_visits", "population"], [world.hospital.pk], MONTHS)


def test_sums_equal_those_of_a_plain_count(
    world: World, report: Report, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Random reports, read in one statement each way and added up by hand."""
    chance = random.Random(5)
    subjects = [world.clinic.pk, world.hospital.pk, world.lead.pk]
    codes = ["outpatient_visits", "discharges", "beds", "staff"]
    held: dict[tuple[str, Any, date], Decimal] = {}
    for code in codes:
        for facility in (world.clinic, world.hospital, world.lead):
            for month in MONTHS:
                if chance.random() < 0.6:
                    value = Decimal(chance.randrange(1000))
                    report(code, month, float(value), facility=facility)
                    held[code, facility.pk, month] = value
    with django_assert_num_queries(1):
        whole = queries.totals(codes, subjects, MONTHS)
    with django_assert_num_queries(1):
        each = queries.by_subject(codes, subjects, MONTHS)
    for code in codes:
        months = MONTHS if kinds()[code].adds else MONTHS[-1:]
        for some, found in [
            (subjects, whole[code]),
            *(([one], each[one][code]) for one in subjects),
        ]:
            cells = [(code, subject, month) for subject in some for month in months]
            values = [held[cell] for cell in cells if cell in held]
            assert found.value == (sum(values) if values else None)
            assert (found.reported, found.expected) == (len(values), len(cells))
            assert set(found.missing) == {cell[1:] for cell in cells if cell not in held}


def test_every_kind_is_whole_and_has_a_source() -> None:
    """Two names of two kinds never mean the same figure."""
    names = [{name.lower() for name in (each.code, each.zh, each.en)} for each in kinds().values()]
    assert len(set.union(*names)) == sum(map(len, names))
    for kind in kinds().values():
        assert kind.source, kind
        assert len(kind.code) <= 40, kind
    assert {kind.subject for kind in kinds().values()} == set(Subject)


@pytest.mark.parametrize(
    ("code", "value", "fits"),
    [
        ("outpatient_visits", "0", True),
        ("outpatient_visits", "1.5", False),
        ("staff_income", "1.25", True),
        ("staff_income", "1.255", False),
        ("premature_mortality", "100", True),
        ("premature_mortality", "100.01", False),
    ],
)
def test_a_unit_bounds_its_values(code: str, value: str, fits: bool) -> None:
    assert kinds()[code].fits(Decimal(value)) is fits
