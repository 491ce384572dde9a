"""Directions, tiers, shared alliances and trees on a day."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from facilities import hierarchy
from facilities.models import Accreditation, Alliance, Facility
from facilities.vocabulary import AllianceForm, Direction, RelationKind
from tests.facilities.factories import (
    LONG_AGO,
    make_alliance,
    make_department,
    make_facility,
    make_hospital,
    make_membership,
    make_relation,
)

pytestmark = pytest.mark.django_db

TODAY = date(2026, 5, 6)
DAY = timedelta(days=1)


def carrying(a: Facility, b: Facility, on: date) -> Alliance | None:
    """Return the alliance that carries a referral between two facilities on a day."""
    route = hierarchy.route(a.pk, b.pk, on)
    assert route is not None
    return None if route.alliance_id is None else Alliance.objects.get(pk=route.alliance_id)


@pytest.mark.parametrize(
    ("from_tier", "to_tier", "expected"),
    [
        (0, 1, Direction.UP),
        (1, 3, Direction.UP),
        (0, 5, Direction.UP),
        (3, 1, Direction.DOWN),
        (5, 4, Direction.DOWN),
        (2, 2, Direction.LATERAL),
        (0, 0, Direction.LATERAL),
    ],
)
def test_direction_follows_the_tiers(from_tier: int, to_tier: int, expected: Direction) -> None:
    a, b = make_facility(tier=from_tier), make_facility(tier=to_tier)
    assert hierarchy.direction(a, b, TODAY) == expected


def test_direction_of_a_facility_to_itself_is_lateral() -> None:
    a = make_facility()
    assert hierarchy.direction(a, a, TODAY) == Direction.LATERAL


def test_tier_changes_with_the_accreditation_of_the_day() -> None:
    county = make_hospital(tier=2)
    city = make_hospital(tier=3)
    turn = date(2025, 1, 1)
    Accreditation.objects.create(
        facility=county, level=3, grade=2, tier=3, starts=turn, ends=date(2026, 1, 1)
    )
    assert hierarchy.tier(county, turn - DAY) == 2
    assert hierarchy.tier(county, turn) == 3
    assert hierarchy.tier(county, date(2025, 12, 31)) == 3
    assert hierarchy.tier(county, date(2026, 1, 1)) == 2
    assert hierarchy.direction(county, city, turn - DAY) == Direction.UP
    assert hierarchy.direction(county, city, turn) == Direction.LATERAL


def test_tiers_and_routes_are_one_statement(django_assert_num_queries: Any) -> None:
    a, b = make_facility(), make_hospital()
    make_alliance(b, a)
    with django_assert_num_queries(1):
        hierarchy.tiers([a.pk, b.pk], TODAY)
    with django_assert_num_queries(1):
        hierarchy.direction(a, b, TODAY)
    with django_assert_num_queries(1):
        hierarchy.route(a.pk, b.pk, TODAY)
    with django_assert_num_queries(1):
        hierarchy.ancestors(a.pk, TODAY)


def test_membership_counts_from_its_first_day_to_the_day_before_its_end() -> None:
    clinic, hospital = make_facility(), make_hospital()
    alliance = make_alliance(hospital)
    make_membership(alliance, clinic, starts=date(2025, 3, 1), ends=date(2025, 6, 1))
    found = [
        carrying(clinic, hospital, on)
        for on in (date(2025, 2, 28), date(2025, 3, 1), date(2025, 5, 31), date(2025, 6, 1))
    ]
    assert found == [None, alliance, alliance, None]


def test_an_ended_alliance_binds_nobody() -> None:
    clinic, hospital = make_facility(), make_hospital()
    alliance = make_alliance(hospital, clinic, ends=date(2026, 1, 1))
    assert carrying(clinic, hospital, date(2025, 12, 31)) == alliance
    assert carrying(clinic, hospital, date(2026, 1, 1)) is None
    route = hierarchy.route(clinic.pk, hospital.pk, date(2026, 1, 1))
    assert route is not None
    assert route.alliance_id is None


def test_the_tightest_of_two_trees_carries_the_referral() -> None:
    county, city = make_hospital(tier=2), make_hospital(tier=3)
    make_alliance(city, county, form=AllianceForm.TELEMEDICINE)
    specialty = make_alliance(city, county, form=AllianceForm.SPECIALTY)
    assert carrying(county, city, TODAY) == specialty
    group = make_alliance(city, county, form=AllianceForm.CITY_GROUP)
    assert carrying(county, city, TODAY) == group
    community = make_alliance(city, county, form=AllianceForm.COUNTY_COMMUNITY)
    assert carrying(county, city, TODAY) == community


def test_a_nested_alliance_belongs_to_its_parent() -> None:
    station, centre, city = make_facility(tier=0), make_facility(), make_hospital()
    whole = make_alliance(city)
    part = make_alliance(centre, station, form=AllianceForm.COUNTY_COMMUNITY, parent=whole)
    assert carrying(station, city, TODAY) == whole
    assert carrying(station, centre, TODAY) == part


def test_a_nested_alliance_that_ended_leads_nowhere() -> None:
    station, centre, city = make_facility(tier=0), make_facility(), make_hospital()
    whole = make_alliance(city)
    make_alliance(
        centre, station, form=AllianceForm.COUNTY_COMMUNITY, parent=whole, ends=date(2026, 1, 1)
    )
    assert carrying(station, city, TODAY) is None


def test_strangers_share_nothing() -> None:
    clinic, stranger = make_facility(), make_hospital()
    make_alliance(make_hospital(), clinic)
    make_alliance(stranger)
    route = hierarchy.route(clinic.pk, stranger.pk, TODAY)
    assert route is not None
    assert (route.alliance_id, route.alliance_form, route.alliance_allows_lateral) == (
        None,
        None,
        False,
    )
    assert route.relations == ()


def test_route_says_all_that_a_submission_asks() -> None:
    clinic = make_facility(requires_internal_review=True)
    hospital = make_hospital(tier=3, is_active=False)
    alliance = make_alliance(hospital, clinic, allows_lateral=True)
    department = make_department(hospital)
    route = hierarchy.route(clinic.pk, hospital.pk, TODAY, department_id=department.pk)
    assert route is not None
    assert route.direction == Direction.UP
    assert (route.from_tier, route.to_tier) == (1, 3)
    assert (route.alliance_id, route.alliance_name) == (alliance.pk, alliance.name)
    assert route.alliance_form == AllianceForm.CITY_GROUP
    assert route.alliance_allows_lateral
    assert route.from_requires_review
    assert route.from_is_active
    assert not route.to_is_active
    assert route.to_department_ok is True
    assert not route.is_same


def test_route_knows_a_department_of_another_facility_or_a_closed_one() -> None:
    clinic, hospital = make_facility(), make_hospital()
    foreign = make_department(clinic)
    closed = make_department(hospital, is_active=False)
    for department_id in (foreign.pk, closed.pk, uuid4()):
        route = hierarchy.route(clinic.pk, hospital.pk, TODAY, department_id=department_id)
        assert route is not None
        assert route.to_department_ok is False
    route = hierarchy.route(clinic.pk, hospital.pk, TODAY)
    assert route is not None
    assert route.to_department_ok is None


def test_route_to_nowhere_is_none() -> None:
    clinic = make_facility()
    assert hierarchy.route(clinic.pk, uuid4(), TODAY) is None
    assert hierarchy.route(uuid4(), clinic.pk, TODAY) is None


def test_route_to_itself_and_to_a_campus() -> None:
    main = make_hospital()
    campus = make_hospital(legal_person=main, campus_name="东院")
    here = hierarchy.route(main.pk, main.pk, TODAY)
    assert here is not None
    assert here.is_same
    there = hierarchy.route(campus.pk, main.pk, TODAY)
    assert there is not None
    assert there.same_legal_person
    assert not there.is_same


def test_route_lists_the_bonds_in_force_either_way_round() -> None:
    county, city = make_hospital(tier=2), make_hospital(tier=3)
    make_relation(city, county, kind=RelationKind.TRUSTEESHIP)
    make_relation(city, county, kind=RelationKind.COUNTERPART, ends=date(2026, 1, 1))
    for pair in ((county, city), (city, county)):
        route = hierarchy.route(pair[0].pk, pair[1].pk, TODAY)
        assert route is not None
        assert route.relations == ("trusteeship",)


def test_lateral_is_allowed_where_any_shared_alliance_allows_it() -> None:
    a, b, lead = make_facility(), make_facility(), make_hospital()
    make_alliance(lead, a, b, form=AllianceForm.CITY_GROUP)
    make_alliance(lead, a, b, form=AllianceForm.TELEMEDICINE, allows_lateral=True)
    route = hierarchy.route(a.pk, b.pk, TODAY)
    assert route is not None
    assert route.alliance_form == AllianceForm.CITY_GROUP
    assert route.alliance_allows_lateral


def test_routes_of_many_destinations_are_one_statement(django_assert_num_queries: Any) -> None:
    clinic = make_facility()
    others = [make_hospital(tier=n % 6) for n in range(12)]
    make_alliance(others[3], clinic, *others[:3])
    with django_assert_num_queries(1):
        found = hierarchy.routes(clinic.pk, [other.pk for other in others], TODAY)
    assert set(found) == {other.pk for other in others}
    assert [bool(found[other.pk].alliance_id) for other in others] == [True] * 4 + [False] * 8


def test_ancestors_climb_each_tree() -> None:
    village, township = make_facility(tier=0), make_facility(tier=1)
    county, city = make_hospital(tier=2), make_hospital(tier=3)
    community = make_alliance(county, township, form=AllianceForm.COUNTY_COMMUNITY)
    make_membership(community, village, parent_facility=township)
    network = make_alliance(city, village, form=AllianceForm.TELEMEDICINE)
    found = {
        (a.facility_id, a.alliance_id, a.depth) for a in hierarchy.ancestors(village.pk, TODAY)
    }
    assert found == {
        (township.pk, community.pk, 1),
        (county.pk, community.pk, 2),
        (city.pk, network.pk, 1),
    }
    assert hierarchy.ancestors(county.pk, TODAY) == []
    assert hierarchy.ancestors(village.pk, LONG_AGO - DAY) == []


def test_members_tree_nests_by_parent(django_assert_num_queries: Any) -> None:
    county = make_hospital("县人民医院", tier=2)
    town_a, town_b = make_facility("安镇卫生院"), make_facility("北镇卫生院")
    village = make_facility("村卫生室", tier=0)
    alliance = make_alliance(county, town_a, town_b, form=AllianceForm.COUNTY_COMMUNITY)
    make_membership(alliance, village, parent_facility=town_b)
    with django_assert_num_queries(2):
        roots = hierarchy.members_tree(alliance, TODAY)
    assert [root.facility for root in roots] == [county]
    assert [node.facility for node in roots[0].children] == [town_a, town_b]
    assert [node.facility for node in roots[0].children[1].children] == [village]
    assert roots[0].children[1].children[0].tier == 0


def test_members_tree_of_a_day_before_or_after_is_empty() -> None:
    alliance = make_alliance(make_hospital(), make_facility(), ends=date(2026, 1, 1))
    assert hierarchy.members_tree(alliance, LONG_AGO - DAY) == []
    assert hierarchy.members_tree(alliance, date(2026, 1, 1)) == []


def test_members_tree_survives_loops_and_missing_parents() -> None:
    lead, a, b, c, gone = (make_facility() for _ in range(5))
    alliance = make_alliance(lead)
    make_membership(alliance, a, parent_facility=b)
    make_membership(alliance, b, parent_facility=a)
    make_membership(alliance, c, parent_facility=gone)
    roots = hierarchy.members_tree(alliance, TODAY)
    assert {root.facility for root in roots} == {lead, a, b, c}
    assert hierarchy.ancestors(a.pk, TODAY)[0].facility_id == b.pk
