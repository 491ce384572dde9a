"""What the database itself refuses, whoever writes: these tests go past every check of ours."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction

from facilities.models import (
    Accreditation,
    Alliance,
    Capability,
    Department,
    Facility,
    Membership,
    Region,
    Relation,
    StaffPost,
)
from facilities.vocabulary import AllianceForm
from tests.facilities.factories import (
    LONG_AGO,
    make_alliance,
    make_capability,
    make_department,
    make_facility,
    make_hospital,
    make_membership,
    make_post,
    make_region,
    make_relation,
)

pytestmark = pytest.mark.django_db

Y2025, Y2026, Y2027 = (date(year, 1, 1) for year in (2025, 2026, 2027))


def refused(model: type[models.Model], **values: Any) -> None:
    with pytest.raises(IntegrityError):
        _at_once(lambda: model._default_manager.bulk_create([model(**values)]))


def change_refused(row: models.Model, **values: Any) -> None:
    with pytest.raises(IntegrityError):
        _at_once(lambda: type(row)._default_manager.filter(pk=row.pk).update(**values))


def _at_once(write: Callable[[], object]) -> None:
    """Write and have the deferred references checked too."""
    with transaction.atomic():
        write()
        connection.check_constraints()


@pytest.mark.parametrize(
    "values",
    [
        {"code": "klein"},
        {"code": "A"},
        {"code": "A-1\n"},
        {"uscc": "91350100M000100Y4I"},
        {"uscc": "1"},
        {"category": "1000"},
        {"category": "A10"},
        {"level": 4},
        {"grade": 0},
        {"tier": 6},
        {"level": 0, "grade": 1},
        {"level": 9, "grade": 3},
        {"ownership": "state"},
        {"kind": "shop"},
        {"latitude": 31},
        {"longitude": 121},
        {"latitude": 91, "longitude": 0},
    ],
)
def test_facility(values: dict[str, Any]) -> None:
    change_refused(make_facility(level=3, grade=1), **values)


def test_facility_codes_are_unique_and_a_campus_is_not_its_own() -> None:
    a = make_facility(uscc="91350100M000100Y43")
    b = make_facility()
    change_refused(b, code=a.code)
    change_refused(b, uscc=a.uscc)
    change_refused(b, legal_person=b.pk)
    change_refused(b, region_id="999999")


@pytest.mark.parametrize("code", ["31011", "3101155", "31011510", "31011500100", "a10115"])
def test_region_codes_have_6_9_or_12_digits(code: str) -> None:
    refused(Region, code=code, name="x", level="county", revision="2023")


def test_region_is_not_its_own_parent() -> None:
    change_refused(make_region(), parent_id="310115")
    change_refused(make_region(), level="planet")


def test_every_term_ends_after_it_starts() -> None:
    lead, member = make_hospital(), make_facility()
    alliance = make_alliance(lead)
    for row in (
        alliance,
        make_membership(alliance, member),
        make_relation(lead, member),
        make_capability(lead),
        make_post(lead),
        Accreditation.objects.create(facility=lead, level=3, grade=1, tier=3, starts=LONG_AGO),
    ):
        change_refused(row, ends=LONG_AGO)
        change_refused(row, ends=date(2019, 1, 1))


def test_one_city_group_at_a_time() -> None:
    clinic = make_facility()
    first = make_alliance(make_hospital())
    second = make_alliance(make_hospital())
    term = make_membership(first, clinic, starts=Y2025, ends=Y2026)
    values = {"alliance": second, "form": "city_group", "facility": clinic, "role": "member"}
    refused(Membership, **values, starts=date(2025, 12, 31))
    refused(Membership, **values, starts=LONG_AGO)
    make_membership(second, clinic, starts=Y2026)
    make_membership(second, clinic, starts=LONG_AGO, ends=Y2025)
    change_refused(term, ends=None)


def test_one_county_community_for_members_several_for_a_lead() -> None:
    county, township = make_hospital(tier=2), make_facility()
    form = AllianceForm.COUNTY_COMMUNITY
    make_alliance(county, township, form=form)
    make_alliance(county, form=form)
    third = make_alliance(make_hospital(tier=2), form=form)
    refused(
        Membership, alliance=third, form=form, facility=township, role="member", starts=LONG_AGO
    )


def test_many_specialty_alliances_and_telemedicine_networks() -> None:
    clinic = make_facility()
    for form in (AllianceForm.SPECIALTY, AllianceForm.TELEMEDICINE):
        for _turn in range(2):
            make_alliance(make_hospital(), clinic, form=form)
    assert clinic.memberships.count() == 4


def test_a_membership_cannot_lie_about_its_alliances_form() -> None:
    clinic, alliance = make_facility(), make_alliance(make_hospital())
    refused(
        Membership,
        alliance=alliance,
        form="telemedicine",
        facility=clinic,
        role="member",
        starts=LONG_AGO,
    )
    Alliance.objects.filter(pk=alliance.pk).update(form=AllianceForm.TELEMEDICINE)
    connection.check_constraints()
    assert set(alliance.memberships.values_list("form", flat=True)) == {"telemedicine"}


def test_one_lead_at_a_time_and_it_is_on_top() -> None:
    lead, other = make_hospital(), make_hospital()
    alliance = make_alliance(lead, other)
    change_refused(alliance.memberships.get(facility=other), role="lead")
    change_refused(alliance.memberships.get(facility=lead), parent_facility=other.pk)
    change_refused(alliance.memberships.get(facility=other), parent_facility=other.pk)
    change_refused(alliance.memberships.get(facility=other), role="guest")


def test_no_double_membership() -> None:
    clinic = make_facility()
    alliance = make_alliance(make_hospital(), clinic, form=AllianceForm.TELEMEDICINE)
    refused(
        Membership,
        alliance=alliance,
        form="telemedicine",
        facility=clinic,
        role="member",
        starts=Y2026,
    )


@pytest.mark.parametrize(
    ("form", "specialty"),
    [("city_group", "03.04"), ("specialty", None), ("specialty", "x"), ("club", None)],
)
def test_alliance_form_and_specialty(form: str, specialty: str | None) -> None:
    refused(
        Alliance, name="x", form=form, specialty=specialty, lead=make_hospital(), starts=LONG_AGO
    )


def test_alliance_is_not_its_own_parent() -> None:
    alliance = make_alliance(make_hospital())
    change_refused(alliance, parent_id=alliance.pk)


def test_one_trustee_at_a_time() -> None:
    county, first, second = make_hospital(tier=2), make_hospital(), make_hospital()
    make_relation(first, county, starts=Y2025, ends=Y2026)
    values = {"kind": "trusteeship", "from_facility": second, "to_facility": county}
    refused(Relation, **values, starts=LONG_AGO)
    make_relation(second, county, starts=Y2026)
    make_relation(first, county, kind="counterpart")
    make_relation(second, county, kind="counterpart")
    refused(Relation, kind="counterpart", from_facility=first, to_facility=county, starts=Y2027)
    refused(Relation, kind="third_party", from_facility=first, to_facility=first, starts=Y2027)
    refused(Relation, kind="friends", from_facility=first, to_facility=county, starts=Y2027)


def test_one_accreditation_at_a_time() -> None:
    hospital = make_hospital()
    values: dict[str, Any] = {"facility": hospital, "level": 2, "grade": 1, "tier": 2}
    Accreditation.objects.create(**values, starts=Y2025, ends=Y2026)
    refused(Accreditation, **values, starts=date(2025, 6, 1))
    Accreditation.objects.create(**values, starts=Y2026)
    refused(Accreditation, **{**values, "level": 0}, starts=LONG_AGO, ends=Y2025)


def test_departments() -> None:
    hospital = make_hospital()
    department = make_department(hospital, "03", "内科")
    refused(Department, facility=hospital, code="03", name="内科")
    change_refused(department, code="3")
    make_department(hospital, "03", "内科二病区")


def test_a_department_elsewhere_cannot_be_named() -> None:
    hospital, other = make_hospital(), make_hospital()
    foreign = make_department(other)
    refused(Capability, facility=hospital, department=foreign, code="ct", starts=LONG_AGO)
    change_refused(make_post(hospital), department=foreign.pk)


def test_capabilities_and_posts_are_not_doubled() -> None:
    hospital = make_hospital()
    department = make_department(hospital)
    make_capability(hospital, "ct")
    make_capability(hospital, "ct", department=department)
    refused(Capability, facility=hospital, code="ct", starts=Y2026)
    refused(Capability, facility=hospital, code="magic", starts=Y2026)
    post = make_post(hospital, "hospital_doctor", starts=Y2025, ends=Y2026)
    values = {"user": post.user, "facility": hospital, "role": "hospital_doctor"}
    refused(StaffPost, **values, starts=date(2025, 12, 31))
    make_post(hospital, "hospital_doctor", user=post.user, starts=Y2026)
    make_post(hospital, "referral_office", user=post.user, starts=Y2025)
    change_refused(post, role="king")


def test_a_facility_in_use_cannot_be_deleted() -> None:
    hospital = make_hospital()
    make_alliance(hospital)
    rows = Facility.objects.filter(pk=hospital.pk)
    with pytest.raises(IntegrityError):
        _at_once(lambda: rows._raw_delete(using="default"))
