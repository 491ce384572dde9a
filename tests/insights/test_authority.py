"""What a health authority may ask: its region, those below and the houses in them, in numbers and never by rows."""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.plugin import DjangoDbBlocker

from accounts import scope
from accounts.permissions import Permission
from facilities.models import Facility, Region
from facilities.vocabulary import FacilityKind
from insights.models import FollowUpFact, LegFact
from patients.models import Patient
from referral.models import Referral
from referral.states import Status
from tests.facilities.factories import make_facility, make_membership, make_post
from tests.factories import Person, World, as_system, make_person
from tests.insights.test_numbers_api import ACCEPTANCE, ask, count
from tests.keeping import as_made, kept

pytestmark = pytest.mark.django_db
ROWS = f"{ACCEPTANCE}referrals/"
NAMES = {
    "000000": ("全国", "nation", None),
    "310000": ("上海市", "province", None),
    "310100": ("市辖区", "prefecture", "310000"),
    "310115": ("浦东新区", "county", "310100"),
    "310104": ("徐汇区", "county", "310100"),
    "310101": ("黄浦区", "county", "310100"),
    "320000": ("江苏省", "province", None),
}


def regions() -> None:
    """Make the tree of divisions around the world of the tests."""
    for code, (name, level, above) in NAMES.items():
        Region.objects.update_or_create(
            code=code,
            defaults={"name": name, "level": level, "parent_id": above, "revision": "2023"},
        )


def authority(code: str) -> Person:
    """Return somebody of the health authority of a region."""
    kind = FacilityKind.AUTHORITY
    house = make_facility(f"{code}卫生健康委", kind=kind, category="P900", region_id=code)
    return make_person(house, "health_authority")


@pytest.fixture(scope="module", autouse=True)
def _counted(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Six referrals of six patients from one clinic to one hospital, all in one county."""
    with kept(django_db_blocker):
        world = World()
        regions()
        for _each in range(6):
            world.at(Status.ACCEPTED)
        count()
        yield world


@pytest.fixture
def counted(_counted: World) -> World:
    return as_made(_counted)


@pytest.mark.parametrize("code", ["310115", "310100", "310000", "000000"])
def test_an_authority_counts_its_region_whatever_its_level(counted: World, code: str) -> None:
    found = ask(authority(code))
    assert (found["numerator"], found["denominator"], found["value"]) == (6, 6, 100)


def test_a_province_asks_about_its_counties(counted: World) -> None:
    who = authority("310000")
    for code in ("310000", "310100", "310115"):
        assert ask(who, region=code)["denominator"] == 6
    assert ask(who, facility=counted.hospital.pk)["denominator"] == 6


@pytest.mark.parametrize(
    ("own", "foreign"),
    [
        ("310115", "310104"),
        ("310115", "310100"),
        ("310115", "310000"),
        ("310115", "000000"),
        ("310000", "320000"),
        ("310000", "000000"),
        ("310000", "319999"),
        ("000000", "999999"),
    ],
)
def test_what_is_not_below_is_not_there(counted: World, own: str, foreign: str) -> None:
    """The neighbour, the region above, the nation, and a code that nothing has: one answer."""
    for side in ("", "sent", "received"):
        query = {"region": foreign, **({"side": side} if side else {})}
        answer = authority(own).api.get(ACCEPTANCE, query)
        assert (answer.status, answer.code) == (404, "not-found")


def test_a_foreign_institution_and_an_alliance_are_not_there(counted: World) -> None:
    """An alliance may reach beyond the region; less those within, it would tell of those beyond."""
    who = authority("310104")
    for query in (
        {"facility": counted.hospital.pk},
        {"facility": "01a203fc-07af-7e62-8626-009c00000000"},
        {"alliance": counted.alliance.pk},
    ):
        assert who.api.get(ACCEPTANCE, query).status == 404
    assert authority("310115").api.get(ACCEPTANCE, {"alliance": counted.alliance.pk}).status == 404


def test_rows_are_for_nobody_there(counted: World) -> None:
    who = authority("310115")
    for address in (
        ROWS,
        "/referrals/",
        "/patients/",
        f"/referrals/{counted.at(Status.SUBMITTED).pk}/",
    ):
        assert who.api.get(address).status == 403
    assert not who.actor.permissions & {
        Permission.REFERRAL_VIEW,
        Permission.REFERRAL_FILE,
        Permission.REFERRAL_RECEIVE,
        Permission.PATIENT_VIEW,
    }


def test_row_security_shows_it_nothing(counted: World) -> None:
    """Also where a check were forgotten: the scope of such a post has no leg, no fact and no patient."""
    who = authority("000000")
    scope.enter(who.actor)
    for model in (Referral, LegFact, FollowUpFact, Patient):
        assert not model.objects.exists(), model
    as_system()
    assert LegFact.objects.count() == 6


@pytest.mark.parametrize("period", ["2026-W10", "2026-03-04"])
def test_days_and_weeks_are_too_fine(counted: World, period: str) -> None:
    answer = authority("310115").api.get(ACCEPTANCE, {"period": period})
    assert (answer.status, answer.code) == (400, "whole-months-only")


def test_spans_of_days_are_refused_unless_they_are_a_month(counted: World) -> None:
    who, asked = authority("310115"), {"first": "2026-01-01", "last": "2026-01-30"}
    assert who.api.get(ACCEPTANCE, asked).code == "whole-months-only"
    found = ask(who, first="2026-01-01", last="2026-01-31")
    assert found["period"]["name"] == "2026-01"


@pytest.mark.parametrize("by", ["doctor", "department"])
def test_people_are_not_its_business(counted: World, by: str) -> None:
    answer = authority("310115").api.get(ACCEPTANCE, {"by": by})
    assert (answer.status, answer.code) == (400, "breakdown-closed")


def test_diseases_are_told_of_the_own_region_alone(counted: World) -> None:
    who = authority("310000")
    assert ask(who, by="disease")["breakdown"][0]["denominator"] == 6
    for query in ({"region": "310115"}, {"facility": counted.hospital.pk}):
        answer = who.api.get(ACCEPTANCE, {**query, "by": "disease"})
        assert answer.code == "breakdown-closed"


def test_a_post_elsewhere_or_at_a_closed_house_counts_nothing(counted: World) -> None:
    who = authority("310115")
    Facility.objects.filter(pk=who.facility.pk).update(is_active=False)
    assert who.api.get(ACCEPTANCE, {"region": "310115"}).status == 404
    Facility.objects.filter(pk=who.facility.pk).update(is_active=True, region_id="310104")
    assert who.api.get(ACCEPTANCE, {"region": "310115"}).status == 404
    assert ask(who, region="310104")["reason"] in {"suppressed", "zero-denominator"}


def test_a_house_below_a_county_is_no_county(counted: World) -> None:
    """A code of twelve digits begins like its county; such a post sees nothing at all."""
    Region.objects.create(
        code="310115132", name="某镇", level="township", parent_id="310115", revision="2023"
    )
    who = authority("310115132")
    assert who.actor.region is None
    assert who.api.get(ACCEPTANCE, {"region": "310115"}).status == 404


@pytest.mark.parametrize("role", ["clinic_doctor", "referral_office", "alliance_manager"])
def test_nobody_treats_or_leads_at_an_authority(counted: World, role: str) -> None:
    house = authority("310115").facility
    with pytest.raises(Exception, match="such an institution"):
        make_post(house, role)


def test_nobody_is_an_authority_at_a_hospital(counted: World) -> None:
    with pytest.raises(Exception, match="such an institution"):
        make_post(counted.hospital, "health_authority")


def test_an_authority_is_in_no_alliance(counted: World) -> None:
    with pytest.raises(Exception, match="belongs to no alliance"):
        make_membership(counted.alliance, authority("310115").facility)


def test_it_is_nobodys_destination(counted: World) -> None:
    house = authority("310115").facility
    found: Any = counted.doctor.api.post("/destinations/", {"diagnosis": "I10"})
    assert str(house.pk) not in str(found.body)
