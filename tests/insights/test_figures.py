"""Indicators that divide by reported figures: exact where all have reported, null with who has not, never inferred."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from facilities.models import Facility
from insights import values
from insights.indicators import definitions
from insights.models import FileState, Volume, VolumeFile
from insights.periods import Length, Period, around
from insights.scopes import EVERYTHING, Where
from insights.values import Number, Why
from insights.vocabulary import Dim, Scope
from referral.states import Status
from tests.facilities.factories import make_region
from tests.factories import World
from tests.insights.walked import count
from tests.keeping import as_made, kept

pytestmark = pytest.mark.django_db
Report = Callable[..., None]


@pytest.fixture(scope="module", autouse=True)
def _arrived(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Three up-referrals that arrived this month, all counted."""
    with kept(django_db_blocker):
        world = World()
        for _each in range(3):
            world.at(Status.ARRIVED)
        count()
        yield world


@pytest.fixture
def world(_arrived: World) -> World:
    return as_made(_arrived)


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

    def make(kind: str, value: float, *places: Facility, month: date, **about: Any) -> None:
        for place in [{"facility": each} for each in places] or [dict(about)]:
            Volume.objects.create(
                kind=kind,
                month=month,
                value=Decimal(str(value)),
                file=file,
                reported_at=file.sent_at,
                **place,
            )

    return make


@pytest.fixture
def month() -> Period:
    """The month in which they arrived."""
    return around(Length.MONTH, timezone.localdate())


def number(code: str, where: Where, period: Period) -> Number:
    return values.answer(definitions()[code], where, period).whole


def of(world: World) -> Where:
    return Where(Scope.ALLIANCE, (str(world.alliance.pk),))


def test_a_clinic_divides_by_its_own_visits(world: World, month: Period, report: Report) -> None:
    report("outpatient_visits", 240, world.clinic, month=month.first)
    found = number("up-rate", Where(Scope.FACILITY_SENT, (str(world.clinic.pk),)), month)
    assert (found.numerator, found.denominator, found.value) == tuple(
        map(Decimal, ("3", "240", "1.25"))
    )


def test_an_alliance_divides_by_those_who_send_up(
    world: World, month: Period, report: Report
) -> None:
    """Lead and hospital stand highest: they send nobody up within it, and their visits do not count."""
    report("outpatient_visits", 600, world.clinic, month=month.first)
    assert number("up-rate", of(world), month).value == Decimal("0.5")
    report("outpatient_visits", 9_400, world.lead, month=month.first)
    assert number("up-rate", of(world), month).value == Decimal("0.5")
    share = number("primary-visit-share", of(world), month)
    assert share.why == Why.NOT_REPORTED
    report("outpatient_visits", 10_000, world.hospital, month=month.first)
    share = number("primary-visit-share", of(world), month)
    assert (share.numerator, share.denominator, share.value) == tuple(
        map(Decimal, (600, 20_000, 3))
    )


def test_who_has_not_reported_is_named_and_nothing_is_divided(
    world: World, month: Period, report: Report
) -> None:
    found = number("up-rate", of(world), month)
    assert found.numerator == Decimal(3)
    assert found.why == Why.NOT_REPORTED
    assert found.value is None
    assert found.missing == ((world.clinic.pk, month.first),)
    year = around(Length.YEAR, month.first)
    report("outpatient_visits", 240, world.clinic, month=month.first)
    found = number("up-rate", of(world), year)
    assert found.value is None, "eleven months are not reported"
    assert len(found.missing) == 11


def test_a_reported_nought_divides_nothing(world: World, month: Period, report: Report) -> None:
    report("outpatient_visits", 0, world.clinic, month=month.first)
    assert number("up-rate", of(world), month).why == Why.NOTHING_TO_DIVIDE_BY


def test_weeks_have_no_figures(world: World, month: Period) -> None:
    week = around(Length.WEEK, month.first)
    assert number("up-rate", of(world), week).why == Why.BY_MONTHS_ONLY


def test_each_sender_by_its_own_and_no_other_part(
    world: World, month: Period, report: Report
) -> None:
    report("outpatient_visits", 300, world.clinic, month=month.first)
    one = definitions()["up-rate"]
    parts = values.answer(one, of(world), month, Dim.SENDER).parts
    assert parts[str(world.clinic.pk)].value == 1
    parts = values.answer(one, of(world), month, Dim.DISEASE).parts
    assert parts["I10"].why == Why.NOT_BY_PART


def test_county_figures_by_hand(world: World, month: Period, report: Report) -> None:
    """All places lie in one county; 90 % is reached at 90 %, pharmacies are taken away, stocks are read once."""
    county = {"region": world.region}
    for kind, value in (
        ("resident_visits_inside", 900),
        ("resident_visits_outside", 100),
        ("fund_paid", 1_000),
        ("fund_paid_pharmacies", 200),
        ("fund_paid_inside", 600),
        ("insured_stays_inside", 80),
        ("insured_stay_cost_inside", 400_000),
        ("seconded_physicians", 7),
        ("population", 35_000),
    ):
        report(kind, value, month=month.first, **county)
    here = Where(Scope.REGION_SENT, (world.region.code,))
    for where in (of(world), here):
        found = values.answer(definitions()["in-county-visit-rate"], where, month)
        assert found.whole.value == 90
        assert found.reached is True
        assert number("fund-inside-share", where, month).value == 75
        assert number("insured-stay-cost", where, month).value == 5_000
        assert number("seconded-physicians", where, month).value == 2
    assert number("fund-primary-share", here, month).why == Why.NOT_REPORTED
    assert number("in-county-visit-rate", EVERYTHING, month).why == Why.SEVERAL_COUNTIES


def test_a_target_just_missed_is_missed(world: World, month: Period, report: Report) -> None:
    county = {"region": world.region}
    report("resident_visits_inside", 89_999, month=month.first, **county)
    report("resident_visits_outside", 10_001, month=month.first, **county)
    found = values.answer(definitions()["in-county-visit-rate"], of(world), month)
    assert found.whole.value == Decimal("89.999")
    assert found.reached is False


def test_a_hospital_alone_is_not_primary_care(world: World, month: Period, report: Report) -> None:
    for place in (world.hospital, world.clinic):
        report("outpatient_visits", 500, place, month=month.first)
    for place, share in ((world.hospital, 0), (world.clinic, 100)):
        where = Where(Scope.FACILITY_SENT, (str(place.pk),))
        assert number("primary-visit-share", where, month).value == share


def test_income_at_primary_care_against_that_at_the_lead(
    world: World, month: Period, report: Report
) -> None:
    """Averages of sums: the second clinic is larger and weighs more; the hospital that does not lead is not asked."""
    where = of(world)
    for place, income, staff in (
        (world.clinic, 60_000, 10),
        (world.sister, 200_000, 30),
        (world.lead, 2_600_000, 200),
    ):
        assert number("primary-income-ratio", where, month).why == Why.NOT_REPORTED
        report("staff_income", income, place, month=month.first)
        report("staff", staff, place, month=month.first)
    found = number("primary-income-ratio", where, month)
    assert (found.numerator, found.denominator, found.value) == tuple(
        map(Decimal, ("6500", "13000", "0.5"))
    )
    alone = number(
        "primary-income-ratio", Where(Scope.FACILITY_SENT, (str(world.clinic.pk),)), month
    )
    assert alone.why == Why.NOTHING_TO_DIVIDE_BY, "a clinic alone has no lead"
    report("staff", 0, world.lead, month=around(Length.MONTH, month.first).before.first)
    assert number("primary-income-ratio", where, month.before).why == Why.NOT_REPORTED


def test_an_average_over_nobody_is_none(world: World, month: Period, report: Report) -> None:
    _ = world.sister
    for place, staff in ((world.clinic, 10), (world.sister, 5), (world.lead, 0)):
        report("staff_income", 100, place, month=month.first)
        report("staff", staff, place, month=month.first)
    assert number("primary-income-ratio", of(world), month).why == Why.NOTHING_TO_DIVIDE_BY


def test_mortality_is_shown_as_it_was_reported(world: World, month: Period, report: Report) -> None:
    here = Where(Scope.REGION_SENT, (world.region.code,))
    found = number("premature-mortality", here, month)
    assert (found.value, found.why) == (None, Why.NOT_REPORTED)
    assert found.missing == ((world.region.code, month.first),)
    report("premature_mortality", 15.28, month=month.first, region=world.region)
    for where in (here, of(world)):
        found = number("premature-mortality", where, month)
        assert (found.value, found.denominator) == (Decimal("15.28"), None)
    other = make_region(code="310112", name="闵行区")
    report("premature_mortality", 14, month=month.first, region=other)
    city = Where(Scope.REGION_SENT, (f"{world.region.code[:2]}0000",))
    assert number("premature-mortality", city, month).why == Why.NOT_TOGETHER
    report("population", 10_000, month=month.first, region=world.region)
    report("population", 30_000, month=month.first, region=other)
    for region in (world.region, other):
        report("contracted_residents", 6_000, month=month.first, region=region)
    assert number("family-doctor-rate", city, month).value == 30, "counts of counties add up"


def test_cost_of_a_stay_grows_from_year_to_year(
    world: World, month: Period, report: Report
) -> None:
    county, before = {"region": world.region}, month.year_before.first
    for at, cost, stays in ((before, 400_000, 100), (month.first, 462_000, 110)):
        assert number("insured-stay-cost-growth", of(world), month).value is None
        report("insured_stay_cost_inside", cost, month=at, **county)
        report("insured_stays_inside", stays, month=at, **county)
    found = number("insured-stay-cost-growth", of(world), month)
    assert (found.numerator, found.denominator, found.value) == tuple(
        map(Decimal, (4_200, 4_000, 5))
    )
    who = number("insured-stay-cost-growth", of(world), month.before)
    assert {when for _about, when in who.missing} == {
        month.before.first,
        month.before.year_before.first,
    }


def test_what_lies_in_several_counties_is_told(world: World, month: Period, report: Report) -> None:
    report("population", 10_000, month=month.first, region=world.region)
    world.hospital.region = make_region(code="310112", name="闵行区")
    world.hospital.save(update_fields=["region"])
    assert number("family-doctor-rate", of(world), month).why == Why.SEVERAL_COUNTIES
