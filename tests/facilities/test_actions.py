"""The actions that change the directory: what they write, and whom and what they refuse."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from accounts.permissions import Role
from facilities import actions, hierarchy
from facilities.models import Facility, Relation
from facilities.models.dated import in_force
from facilities.queries import directory as queries
from tests.facilities.factories import (
    LONG_AGO,
    make_actor,
    make_alliance,
    make_capability,
    make_department,
    make_facility,
    make_hospital,
    make_membership,
    make_post,
    make_region,
    make_user,
)

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system()
Y2026 = date(2026, 1, 1)
Y2027 = date(2027, 1, 1)


def create(**details: Any) -> Facility:
    make_region()
    values: dict[str, Any] = {"region": "310115", "category": "A100", "tier": 3, "name": "某医院"}
    return actions.create_facility(by=SYSTEM, code="H-100", **{**values, **details})


def test_create_and_alter_a_facility() -> None:
    facility = create(level=3, grade=1, uscc="91350100M000100Y43")
    assert facility.initials == "myy"
    changed = actions.alter_facility(facility.pk, by=SYSTEM, name="新医院", is_active=False)
    changed.refresh_from_db()
    assert (changed.name, changed.initials, changed.is_active) == ("新医院", "xyy", False)


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"uscc": "91350100M000100Y44"}, "uscc"),
        ({"region": "999999"}, "region"),
        ({"category": "AAAA"}, "category"),
        ({"tier": 7}, "tier"),
        ({"level": 0, "grade": 1}, "body"),
        ({"name": ""}, "name"),
        ({"latitude": 95, "longitude": 1}, "latitude"),
    ],
)
def test_a_bad_facility_is_refused_with_the_field_named(
    details: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refusal:
        create(**details)
    assert refusal.value.code == "directory-invalid"
    assert refusal.value.kind == Kind.INVALID
    assert field in refusal.value.errors
    assert not Facility.objects.exists()


def test_a_campus_has_a_legal_person_and_no_campuses() -> None:
    main = make_hospital()
    campus = create(legal_person=main.pk, campus_name="东院")
    for facility_id, above in ((main.pk, campus.pk), (make_hospital().pk, campus.pk)):
        with pytest.raises(Refused) as refusal:
            actions.alter_facility(facility_id, by=SYSTEM, legal_person=above)
        assert refusal.value.code == "campus-of-campus"
    actions.alter_facility(campus.pk, by=SYSTEM, legal_person=None)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.SYSTEM_ADMIN])
def test_only_the_directorys_editors_may_change_it(role: Role) -> None:
    facility = make_facility()
    department, capability = make_department(facility), make_capability(facility)
    post = make_post(facility)
    # At a house of its own: there a manager and the office may do some of it (tests/pages/test_directory.py).
    by = make_actor(make_facility(), role)
    calls: list[Any] = [
        lambda: actions.create_facility(by=by, code="H-1"),
        lambda: actions.alter_facility(facility.pk, by=by, name="x"),
        lambda: actions.accredit(facility.pk, by=by, level=3, grade=1, tier=3, starts=Y2026),
        lambda: actions.add_department(facility.pk, by=by, code="03"),
        lambda: actions.alter_department(department.pk, by=by, name="x"),
        lambda: actions.add_capability(facility.pk, by=by, code="ct", starts=Y2026),
        lambda: actions.end_capability(capability.pk, by=by, on=Y2026),
        lambda: actions.create_alliance(
            by=by, form="city_group", lead_id=facility.pk, starts=Y2026, name="x"
        ),
        lambda: actions.end_alliance(uuid4(), by=by, on=Y2026),
        lambda: actions.change_lead(uuid4(), by=by, facility_id=facility.pk, on=Y2026),
        lambda: actions.join_alliance(uuid4(), by=by, facility_id=facility.pk, starts=Y2026),
        lambda: actions.create_relation(
            by=by, kind="trusteeship", from_id=facility.pk, to_id=uuid4(), starts=Y2026
        ),
        lambda: actions.end_relation(uuid4(), by=by, on=Y2026),
        lambda: actions.appoint(
            uuid4(), by=by, facility_id=facility.pk, role="auditor", starts=Y2026
        ),
        lambda: actions.end_post(post.pk, by=by, on=Y2026),
    ]
    for call in calls:
        with pytest.raises(Refused) as refusal:
            call()
        assert (refusal.value.code, refusal.value.kind) == ("directory-forbidden", Kind.FORBIDDEN)


def test_the_system_administrator_may() -> None:
    facility = make_facility()
    admin = make_actor(facility, Role.SYSTEM_ADMIN)
    assert actions.alter_facility(facility.pk, by=admin, phone="1").phone == "1"


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(Refused) as refusal:
        actions.alter_facility(uuid4(), by=SYSTEM, phone="1")
    assert (refusal.value.code, refusal.value.kind) == ("directory-missing", Kind.NOT_FOUND)


def test_accreditations_follow_each_other() -> None:
    hospital = make_hospital(tier=2)
    actions.accredit(hospital.pk, by=SYSTEM, level=2, grade=1, tier=2, starts=LONG_AGO)
    actions.accredit(hospital.pk, by=SYSTEM, level=3, grade=2, tier=3, starts=Y2026)
    assert hierarchy.tier(hospital, date(2025, 12, 31)) == 2
    assert hierarchy.tier(hospital, Y2026) == 3


def test_departments_come_from_the_national_list() -> None:
    hospital = make_hospital()
    department = actions.add_department(hospital.pk, by=SYSTEM, code="03.04", accepts="胸痛")
    assert (department.name, department.initials) == ("心血管内科专业", "xxgnkzy")
    actions.alter_department(department.pk, by=SYSTEM, name="心内科")
    department.refresh_from_db()
    assert department.initials == "xnk"
    with pytest.raises(Refused) as refusal:
        actions.add_department(hospital.pk, by=SYSTEM, code="99")
    assert refusal.value.code == "unknown-specialty"


def test_capabilities_of_a_term() -> None:
    hospital = make_hospital()
    department = make_department(hospital)
    capability = actions.add_capability(
        hospital.pk, by=SYSTEM, code="pci", starts=LONG_AGO, department_id=department.pk
    )
    actions.end_capability(capability.pk, by=SYSTEM, on=Y2026)
    assert queries.capabilities([hospital.pk], date(2025, 12, 31)) == {hospital.pk: ["pci"]}
    assert queries.capabilities([hospital.pk], Y2026) == {}
    with pytest.raises(Refused) as refusal:
        actions.end_capability(capability.pk, by=SYSTEM, on=Y2027)
    assert refusal.value.code == "directory-ended"
    with pytest.raises(Refused):
        actions.add_capability(
            hospital.pk,
            by=SYSTEM,
            code="ct",
            starts=LONG_AGO,
            department_id=make_department(make_hospital()).pk,
        )


def test_the_life_of_an_alliance() -> None:
    lead, member, late = make_hospital(), make_facility(), make_facility()
    alliance = actions.create_alliance(
        by=SYSTEM, form="city_group", lead_id=lead.pk, starts=LONG_AGO, name="浦东网"
    )
    term = actions.join_alliance(alliance.pk, by=SYSTEM, facility_id=member.pk, starts=LONG_AGO)
    actions.join_alliance(alliance.pk, by=SYSTEM, facility_id=late.pk, starts=Y2027)
    actions.leave_alliance(term.pk, by=SYSTEM, on=Y2026)
    way = hierarchy.route(lead.pk, member.pk, Y2026)
    assert way is not None
    assert way.alliance_id is None
    with pytest.raises(Refused) as refusal:
        actions.leave_alliance(alliance.memberships.get(facility=lead).pk, by=SYSTEM, on=Y2026)
    assert refusal.value.code == "lead-stays"
    actions.alter_alliance(alliance.pk, by=SYSTEM, allows_lateral=True)
    actions.end_alliance(alliance.pk, by=SYSTEM, on=Y2027)
    assert not alliance.memberships.filter(facility=late).exists()
    assert set(alliance.memberships.values_list("ends", flat=True)) == {Y2026, Y2027}


def test_an_overlapping_city_group_is_refused_in_words() -> None:
    clinic = make_facility()
    make_alliance(make_hospital(), clinic)
    other = make_alliance(make_hospital())
    with pytest.raises(Refused) as refusal:
        actions.join_alliance(other.pk, by=SYSTEM, facility_id=clinic.pk, starts=Y2026)
    assert refusal.value.code == "directory-invalid"


def test_a_member_stands_under_another_member_only() -> None:
    alliance = make_alliance(make_hospital())
    with pytest.raises(Refused) as refusal:
        actions.join_alliance(
            alliance.pk,
            by=SYSTEM,
            facility_id=make_facility().pk,
            starts=Y2026,
            parent_facility_id=make_facility().pk,
        )
    assert refusal.value.code == "parent-not-member"


def test_the_lead_can_be_handed_on() -> None:
    old, new, member = make_hospital(), make_hospital(), make_facility()
    alliance = make_alliance(old, new, member)
    actions.change_lead(alliance.pk, by=SYSTEM, facility_id=new.pk, on=Y2026)
    before = hierarchy.members_tree(alliance, date(2025, 12, 31))
    after = hierarchy.members_tree(alliance, Y2026)
    assert [root.facility for root in before] == [old]
    assert [root.facility for root in after] == [new]
    assert {node.facility for node in after[0].children} == {old, member}
    assert make_actor(new, Role.ALLIANCE_MANAGER).alliance_ids == (alliance.pk,)
    assert make_actor(old, Role.ALLIANCE_MANAGER).alliance_ids == ()
    with pytest.raises(Refused) as refusal:
        actions.change_lead(alliance.pk, by=SYSTEM, facility_id=new.pk, on=Y2026)
    assert refusal.value.code == "lead-already"
    tomorrow = timezone.localdate() + timedelta(days=1)
    with pytest.raises(Refused) as refusal:
        actions.change_lead(alliance.pk, by=SYSTEM, facility_id=member.pk, on=tomorrow)
    assert refusal.value.code == "lead-in-future"


def test_an_alliance_is_no_part_of_itself() -> None:
    top = make_alliance(make_hospital())
    below = make_alliance(make_hospital(), parent=top)
    with pytest.raises(Refused) as refusal:
        actions.alter_alliance(top.pk, by=SYSTEM, parent=below.pk)
    assert refusal.value.code == "alliance-loop"


def test_the_manager_at_the_lead_places_members_and_no_other_manager() -> None:
    lead, stranger = make_hospital(), make_hospital()
    alliance = make_alliance(lead)
    make_alliance(stranger)
    manager = make_actor(lead, Role.ALLIANCE_MANAGER)
    other = make_actor(stranger, Role.ALLIANCE_MANAGER)
    joined = actions.join_alliance(
        alliance.pk, by=manager, facility_id=make_facility().pk, starts=LONG_AGO
    )
    with pytest.raises(Refused):
        actions.leave_alliance(joined.pk, by=other, on=Y2026)
    assert actions.leave_alliance(joined.pk, by=manager, on=Y2026).ends == Y2026


def test_trusteeship_opens_and_closes() -> None:
    city, county = make_hospital(), make_hospital(tier=2)
    relation = actions.create_relation(
        by=SYSTEM, kind="trusteeship", from_id=city.pk, to_id=county.pk, starts=LONG_AGO
    )
    actions.end_relation(relation.pk, by=SYSTEM, on=Y2026)
    for day, held in ((date(2025, 12, 31), [(city.pk, county.pk)]), (Y2026, [])):
        rows = Relation.objects.filter(in_force(day), kind="trusteeship")
        assert list(rows.values_list("from_facility", "to_facility")) == held


def test_posts_of_one_person_at_two_facilities() -> None:
    user, a, b = make_user(), make_hospital(), make_facility()
    department = make_department(a)
    first = actions.appoint(
        user.pk,
        by=SYSTEM,
        facility_id=a.pk,
        role="hospital_doctor",
        starts=LONG_AGO,
        department_id=department.pk,
        title="主治医师",
    )
    actions.appoint(user.pk, by=SYSTEM, facility_id=b.pk, role="clinic_doctor", starts=Y2026)
    assert [post.facility for post in queries.posts_of(user.pk, Y2026)] == [a, b]
    actions.end_post(first.pk, by=SYSTEM, on=Y2026)
    assert [post.facility for post in queries.posts_of(user.pk, Y2026)] == [b]
    with pytest.raises(Refused) as refusal:
        actions.end_post(first.pk, by=SYSTEM, on=LONG_AGO)
    assert refusal.value.code == "directory-ends-before-start"


def test_ensure_lead_adds_it_once() -> None:
    lead = make_hospital()
    alliance = make_alliance(lead)
    alliance.memberships.all().delete()
    actions.ensure_lead(alliance)
    actions.ensure_lead(alliance)
    assert alliance.memberships.get().facility == lead
    make_membership(alliance, make_facility())
