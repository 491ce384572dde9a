"""The administration pages: they work, and their price does not grow with the rows."""

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection, connections
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from facilities.admin import COUNTED, CappedPaginator
from facilities.models import (
    Alliance,
    Capability,
    Department,
    Facility,
    Membership,
    Region,
    Relation,
    StaffPost,
)
from facilities.names import matching
from tests.facilities.factories import (
    LONG_AGO,
    make_alliance,
    make_capability,
    make_department,
    make_facility,
    make_hospital,
    make_post,
    make_region,
    make_relation,
    make_user,
)

pytestmark = pytest.mark.django_db

MODELS: list[Any] = [
    Region,
    Facility,
    Alliance,
    Membership,
    Relation,
    Department,
    Capability,
    StaffPost,
    User,
]


@pytest.fixture
def boss() -> Client:
    client = Client()
    client.force_login(make_user("boss", is_staff=True, is_superuser=True))
    return client


def url(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def fill(count: int) -> None:
    lead = make_hospital()
    alliance = make_alliance(lead)
    for number in range(count):
        member = make_facility(f"第{number}中心")
        Membership.objects.create(
            alliance=alliance, facility=member, parent_facility=lead, starts=LONG_AGO
        )
        make_alliance(member, form="telemedicine")
        make_relation(lead, member, kind="counterpart")
        department = make_department(member)
        make_capability(member, department=department)
        make_post(member, department=department)


def listed(boss: Client) -> dict[Any, list[str]]:
    """Return the statements that the list of each model costs."""
    said = {}
    for model in MODELS:
        with CaptureQueriesContext(connection) as asked:
            assert boss.get(url(model, "changelist")).status_code == 200, model
        said[model] = [query["sql"] for query in asked]
    return said


def test_a_list_costs_the_same_for_few_rows_and_many(boss: Client) -> None:
    """Of each model, first with few, then with many of all."""
    fill(2)
    few = listed(boss)
    fill(40)
    many = listed(boss)
    costs = {model.__name__: (len(few[model]), len(many[model])) for model in MODELS}
    assert {name: cost for name, cost in costs.items() if cost[0] != cost[1] or cost[1] > 8} == {}
    counting = [sql for each in many.values() for sql in each if "COUNT(" in sql.upper()]
    assert all(f"LIMIT {COUNTED}" in sql for sql in counting)


@pytest.mark.parametrize("model", MODELS)
def test_search_filters_and_pick_list_work(model: Any, boss: Client) -> None:
    fill(3)
    changelist = url(model, "changelist")
    for text in ("第1", "di1", "T0", "浦东", "310", "\x00", "'", "%", "   "):
        assert boss.get(changelist, {"q": text}).status_code == 200, text
    for each in admin.site.get_model_admin(model).list_filter:
        if isinstance(each, str):
            assert boss.get(changelist, {f"{each}__exact": "1"}).status_code in {200, 302}


def test_search_finds_by_name_pinyin_initials_and_code(boss: Client) -> None:
    make_hospital("浦东新区人民医院", code="PD-1")
    make_hospital("长宁区医院", code="CN-1")
    for text in ("浦东", "pudong", "pdxq", "pd-1"):
        page = boss.get(url(Facility, "changelist"), {"q": text})
        found = [row.code for row in page.context["cl"].result_list]
        assert found == ["PD-1"], text


def test_the_province_filter(boss: Client) -> None:
    Region.objects.create(code="110000", name="北京市", level="province", revision="2023")
    Region.objects.create(code="310000", name="上海市", level="province", revision="2023")
    make_facility("上海中心")
    make_facility("北京中心", region=make_region("110101", "东城区"))
    page = boss.get(url(Facility, "changelist"), {"province": "110000"})
    assert [row.name for row in page.context["cl"].result_list] == ["北京中心"]


def test_pick_lists_offer_by_pinyin(boss: Client) -> None:
    make_hospital("浦东新区人民医院")
    make_hospital("长宁区医院")
    answer = boss.get(
        reverse("admin:autocomplete"),
        {
            "term": "pdxq",
            "app_label": "facilities",
            "model_name": "membership",
            "field_name": "facility",
        },
    )
    assert [row["text"] for row in answer.json()["results"]] == ["浦东新区人民医院"]


@pytest.mark.parametrize("rows", [1, 30])
def test_an_alliances_page_costs_the_same_for_few_members_and_many(rows: int, boss: Client) -> None:
    fill(rows)
    alliance = Alliance.objects.get(form="city_group")
    with CaptureQueriesContext(connection) as seen:
        assert boss.get(url(Alliance, "change", alliance.pk)).status_code == 200
    assert len(seen) <= 10


def inline(prefix: str, *rows: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {
        f"{prefix}-TOTAL_FORMS": len(rows),
        f"{prefix}-INITIAL_FORMS": 0,
        f"{prefix}-MIN_NUM_FORMS": 0,
        f"{prefix}-MAX_NUM_FORMS": 1000,
    }
    for number, row in enumerate(rows):
        data.update({f"{prefix}-{number}-{name}": value for name, value in row.items()})
    return data


def new_alliance(lead: Facility, *members: Facility) -> dict[str, Any]:
    rows = [{"facility": member.pk, "role": "member", "starts": "2026-01-01"} for member in members]
    return {
        "name": "新网",
        "form": "city_group",
        "lead": lead.pk,
        "starts": "2026-01-01",
        **inline("memberships", *rows),
    }


def test_an_alliance_is_made_with_its_lead_and_members(boss: Client) -> None:
    lead, clinic = make_hospital(), make_facility()
    answer = boss.post(url(Alliance, "add"), new_alliance(lead, clinic))
    assert answer.status_code == 302, answer.context["errors"]
    alliance = Alliance.objects.get(name="新网")
    assert set(alliance.memberships.values_list("facility", "role", "form")) == {
        (lead.pk, "lead", "city_group"),
        (clinic.pk, "member", "city_group"),
    }


def test_a_second_city_group_is_refused_on_the_page(boss: Client) -> None:
    clinic = make_facility()
    make_alliance(make_hospital(), clinic)
    answer = boss.post(url(Alliance, "add"), new_alliance(make_hospital(), clinic))
    assert answer.status_code == 200
    assert not Alliance.objects.filter(name="新网").exists()
    other = make_alliance(make_hospital())
    answer = boss.post(
        url(Membership, "add"),
        {
            "alliance": other.pk,
            "facility": clinic.pk,
            "role": "member",
            "starts": "2026-01-01",
        },
    )
    assert answer.status_code == 200
    assert answer.context["errors"]


def test_a_facility_is_made_and_changed_and_never_deleted(boss: Client) -> None:
    make_region()
    region = Region.objects.get(code="310115")
    data = {
        "code": "NEW-1",
        "name": "新医院",
        "region": region.code,
        "category": "A100",
        "level": 3,
        "grade": 1,
        "tier": 3,
        "ownership": "public",
        "kind": "treating",
        "is_active": "on",
        **inline("accreditations"),
    }
    bad = boss.post(url(Facility, "add"), {**data, "uscc": "91350100M000100Y44"})
    assert bad.status_code == 200
    assert "uscc" in bad.context["adminform"].form.errors
    assert boss.post(url(Facility, "add"), data).status_code == 302
    facility = Facility.objects.get(code="NEW-1")
    assert facility.initials == "xyy"
    data["name"] = "新新医院"
    assert boss.post(url(Facility, "change", facility.pk), data).status_code == 302
    facility.refresh_from_db()
    assert facility.initials == "xxyy"
    assert boss.get(url(Facility, "delete", facility.pk)).status_code == 403


def test_two_facilities_without_uscc_can_both_be_saved_on_the_page(boss: Client) -> None:
    first, second = make_facility(level=9), make_facility(level=9)
    for facility in (first, second):
        fields = ("code", "name", "category", "level", "grade", "tier", "ownership", "kind")
        data = {name: getattr(facility, name) for name in fields}
        data |= {"region": facility.region_id, "uscc": "", **inline("accreditations")}
        assert boss.post(url(Facility, "change", facility.pk), data).status_code == 302
    assert Facility.objects.filter(uscc__isnull=True).count() == 2


def test_regions_are_only_looked_at(boss: Client) -> None:
    region = make_region()
    assert boss.get(url(Region, "change", region.pk)).status_code == 200
    assert boss.get(url(Region, "add")).status_code == 403
    assert boss.get(url(Region, "delete", region.pk)).status_code == 403


def test_a_person_with_a_post(boss: Client) -> None:
    assert boss.get(url(User, "add")).status_code == 200
    hospital = make_hospital()
    data = {
        "username": "li.na",
        "full_name": "李娜",
        "usable_password": "false",
        **inline("posts", {"facility": hospital.pk, "role": "auditor", "starts": "2026-01-01"}),
    }
    answer = boss.post(url(User, "add"), data)
    assert answer.status_code == 302
    user = User.objects.get(username="li.na")
    assert not user.has_usable_password()
    assert boss.get(url(User, "change", user.pk)).status_code == 200
    assert boss.get(url(User, "changelist"), {"q": "李"}).context["cl"].result_list[0] == user


@pytest.mark.parametrize("model", MODELS)
def test_nobody_but_staff_with_rights(model: Any) -> None:
    client = Client()
    assert client.get(url(model, "changelist")).status_code == 302
    client.force_login(make_user())
    assert client.get(url(model, "changelist")).status_code == 302
    client.force_login(make_user(is_staff=True))
    assert client.get(url(model, "changelist")).status_code == 403


def test_the_paginator_counts_only_so_far() -> None:
    make_facility()
    paginator = CappedPaginator(Facility.objects.order_by("pinyin"), 50)
    with CaptureQueriesContext(connection) as seen:
        assert paginator.count == 1
    assert f"LIMIT {COUNTED}" in seen[0]["sql"]


NETWORK = """
INSERT INTO facilities_facility (id, code, name, short_name, pinyin, initials, terms, region_id,
  category, level, grade, tier, ownership, kind, campus_name, phone, duty_phone, address, profile,
  requires_internal_review, is_active)
SELECT gen_random_uuid(), 'X' || n, '第' || n || '中心', '', 'di' || n || 'zhongxin', 'd' || n || 'zx',
  ARRAY['第', '中心', substr(n::text, 1, 2), substr(n::text, 3, 2)], '310115', 'B100', 9, 9, n % 6,
  'public', 'treating', '', '', '', '', '', false, true
FROM generate_series(1, 100000) n
"""


def plan(rows: QuerySet[Any]) -> str:
    return rows.explain()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_lists_and_searches_of_a_hundred_thousand_walk_indexes() -> None:
    make_region()
    make_facility("周浦医院")
    # As the owner, who may analyse, and whose statements have no time limit.
    with connections["owner"].cursor() as cursor:
        cursor.execute(NETWORK)
        cursor.execute("ANALYZE facilities_facility")
    rows = Facility.objects.select_related("region").order_by("pinyin", "id")
    assert "facility_by_pinyin" in plan(rows[:50])
    assert "facility_by_tier" in plan(rows.filter(tier=3)[:50])
    for text, index in (
        ("周浦", "facility_terms"),
        ("zhoupu", "facility_pinyin_part"),
        ("zp", "facility_initials_start"),
        ("X47110", "facilities_facility_code"),
    ):
        found = rows.filter(matching(text))
        assert index in plan(found[:50]), text
        assert "Seq Scan on facilities_facility" not in plan(found[:50]), text
        assert "Seq Scan on facilities_facility" not in plan(found.order_by()[:COUNTED]), text
