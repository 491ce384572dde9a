"""The directory's API: what it shows, to whom, and at what price."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from accounts.permissions import Role
from facilities.models import Accreditation, Facility
from facilities.vocabulary import AllianceForm, FacilityKind
from tests.facilities.factories import (
    bearer,
    house_for,
    make_alliance,
    make_capability,
    make_department,
    make_facility,
    make_hospital,
    make_membership,
    make_post,
    make_region,
    make_relation,
    make_user,
)

pytestmark = pytest.mark.django_db

LIST = "/api/v1/facilities/"
ALLIANCES = "/api/v1/alliances/"


@pytest.fixture
def clinic() -> Facility:
    return make_facility("周浦社区卫生服务中心")


@pytest.fixture
def client(clinic: Facility) -> Client:
    """A client signed in as a doctor of the clinic."""
    return client_at(clinic)


def client_at(facility: Facility, role: Role = Role.CLINIC_DOCTOR) -> Client:
    return Client(headers=bearer(make_post(house_for(role, facility), role).user))


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["results"]]


@contextmanager
def statements(expected: int) -> Iterator[None]:
    """Count what reads or writes rows; savepoints are free."""
    with CaptureQueriesContext(
        connection,
    ) as seen:
        yield
    real = [query["sql"] for query in seen if "SAVEPOINT" not in query["sql"]]
    assert len(real) == expected, "\n".join(real)


@pytest.mark.parametrize("role", list(Role))
def test_everybody_with_a_post_reads_the_directory(role: Role, clinic: Facility) -> None:
    alliance = make_alliance(make_hospital(), clinic)
    client = client_at(clinic, role)
    for path in (
        LIST,
        f"{LIST}{clinic.pk}/",
        f"{LIST}{clinic.pk}/departments/",
        ALLIANCES,
        f"{ALLIANCES}{alliance.pk}/",
    ):
        assert client.get(path).status_code == 200, path


def test_nobody_else_does(clinic: Facility) -> None:
    alliance = make_alliance(make_hospital(), clinic)
    for path in (
        LIST,
        f"{LIST}{clinic.pk}/",
        f"{LIST}{clinic.pk}/departments/",
        ALLIANCES,
        f"{ALLIANCES}{alliance.pk}/",
    ):
        assert Client().get(path).status_code == 401, path
        without_post = Client(headers=bearer(make_user()))
        assert without_post.get(path).status_code == 403, path
        assert client_at(clinic).post(path, {}).status_code in {403, 405}, path


def test_an_entry_in_full(client: Client, clinic: Facility) -> None:
    hospital = make_hospital(
        "上海市浦东新区人民医院",
        uscc="91350100M000100Y43",
        level=3,
        grade=1,
        latitude="31.23",
        longitude="121.47",
        category="A210",
    )
    alliance = make_alliance(hospital, clinic)
    make_capability(hospital, "pci")
    make_capability(hospital, "ct", ends=timezone.localdate())
    make_relation(hospital, clinic, kind="counterpart")
    with translation.override("en"):
        entry = client.get(f"{LIST}{hospital.pk}/", headers={"Accept-Language": "en"}).json()
    assert entry == {
        "id": str(hospital.pk),
        "code": hospital.code,
        "uscc": "91350100M000100Y43",
        "name": "上海市浦东新区人民医院",
        "short_name": "",
        "legal_person": None,
        "campus_name": "",
        "region": {"code": "310115", "name": "浦东新区"},
        "category": {
            "code": "A210",
            "name": "General hospital of traditional Chinese medicine",
            "verified": True,
        },
        "level": 3,
        "grade": 1,
        "tier": 3,
        "ownership": "public",
        "kind": "treating",
        "phone": "",
        "duty_phone": "",
        "address": "",
        "latitude": 31.23,
        "longitude": 121.47,
        "profile": "",
        "requires_internal_review": False,
        "is_active": True,
        "capabilities": [
            {"code": "pci", "name": "Percutaneous coronary intervention (PCI)"},
        ],
        "relation": {
            "direction": "up",
            "alliance": {"id": str(alliance.pk), "name": alliance.name, "form": "city_group"},
            "allows_lateral": False,
            "same_legal_person": False,
            "bonds": ["counterpart"],
        },
    }


def test_the_relation_is_seen_from_the_callers_end(client: Client, clinic: Facility) -> None:
    hospital = make_hospital("甲医院")
    peer = make_facility("乙中心")
    station = make_facility("丙站", tier=0)
    directions = {
        row["name"]: row["relation"]["direction"] for row in client.get(LIST).json()["results"]
    }
    assert directions == {
        clinic.name: "same",
        hospital.name: "up",
        peer.name: "lateral",
        station.name: "down",
    }
    from_above = client_at(hospital).get(f"{LIST}{clinic.pk}/").json()
    assert from_above["relation"]["direction"] == "down"


def test_the_rating_is_that_of_today(client: Client) -> None:
    hospital = make_hospital(tier=2)
    Accreditation.objects.create(
        facility=hospital, level=3, grade=2, tier=3, starts=date(2024, 1, 1)
    )
    entry = client.get(f"{LIST}{hospital.pk}/").json()
    assert (entry["level"], entry["grade"], entry["tier"]) == (3, 2, 3)
    assert hospital.name in names(client.get(LIST, {"tier": 3}))
    assert hospital.name not in names(client.get(LIST, {"tier": 2}))


def test_each_filter_narrows(client: Client, clinic: Facility) -> None:
    make_region("310101", "黄浦区")
    make_region("110101", "东城区")
    cardiac = make_hospital("心脏医院", region_id="310101")
    general = make_hospital("综合医院", tier=2, region_id="110101")
    make_department(cardiac, "03.04")
    make_department(general, "03")
    make_department(general, "04", is_active=False)
    make_capability(cardiac, "pci")
    make_capability(general, "pci", starts=date(2020, 1, 1), ends=date(2021, 1, 1))
    alliance = make_alliance(cardiac, clinic)
    expected: list[tuple[dict[str, Any], set[str]]] = [
        ({"alliance": alliance.pk}, {"心脏医院", clinic.name}),
        ({"alliance": uuid4()}, set()),
        ({"tier": 3}, {"心脏医院"}),
        ({"region": "310000"}, {"心脏医院", clinic.name}),
        ({"region": "310100"}, {"心脏医院", clinic.name}),
        ({"region": "310101"}, {"心脏医院"}),
        ({"region": "310101001"}, set()),
        ({"specialty": "03"}, {"心脏医院", "综合医院"}),
        ({"specialty": "03.04"}, {"心脏医院"}),
        ({"specialty": "04"}, set()),
        ({"capability": "pci"}, {"心脏医院"}),
        ({"text": "心脏"}, {"心脏医院"}),
        ({"text": "zhyy"}, {"综合医院"}),
        ({"text": "zongheyiyuan"}, {"综合医院"}),
        ({"tier": 2, "specialty": "03.04"}, set()),
        ({"tier": 2, "region": "110000", "text": "综"}, {"综合医院"}),
    ]
    for query, found in expected:
        assert set(names(client.get(LIST, query))) == found, query


def test_members_of_a_former_term_are_not_found(client: Client, clinic: Facility) -> None:
    alliance = make_alliance(make_hospital())
    make_membership(alliance, clinic, ends=timezone.localdate())
    assert clinic.name not in names(client.get(LIST, {"alliance": str(alliance.pk)}))


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"tier": "9"}, "tier"),
        ({"tier": "x"}, "tier"),
        ({"region": "31"}, "region"),
        ({"specialty": "3"}, "specialty"),
        ({"capability": "magic"}, "capability"),
        ({"alliance": "x"}, "alliance"),
        ({"text": "x" * 61}, "text"),
        ({"limit": "201"}, "limit"),
        ({"limit": "0"}, "limit"),
        ({"cursor": "rubbish"}, "cursor"),
    ],
)
def test_a_wrong_filter_is_named(client: Client, query: dict[str, str], field: str) -> None:
    answer = client.get(LIST, query)
    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("application/problem+json")
    assert field in answer.json()["errors"]


def test_paging_there_and_back(client: Client, clinic: Facility) -> None:
    for number in range(7):
        make_hospital(f"第{number}医院")
    everything = names(client.get(LIST))
    assert len(everything) == 8
    seen, url = [], f"{LIST}?limit=3"
    pages = []
    while url:
        answer = client.get(url)
        seen += names(answer)
        pages.append(names(answer))
        url = answer.json()["next"]
    assert seen == everything
    assert [len(page) for page in pages] == [3, 3, 2]
    back = client.get(answer.json()["previous"])
    assert names(back) == pages[1]
    assert names(client.get(back.json()["previous"])) == pages[0]


def test_a_closed_facility_is_not_listed_but_can_be_read(client: Client) -> None:
    closed = make_hospital("旧医院", is_active=False)
    assert "旧医院" not in names(client.get(LIST))
    assert client.get(f"{LIST}{closed.pk}/").json()["is_active"] is False


def test_a_third_party_centre_says_what_it_is(client: Client) -> None:
    centre = make_facility("影像中心", kind=FacilityKind.THIRD_PARTY_CENTRE, category="P900")
    assert client.get(f"{LIST}{centre.pk}/").json()["kind"] == "third_party_centre"


def test_not_there(client: Client) -> None:
    for path in (LIST, ALLIANCES):
        answer = client.get(f"{path}{uuid4()}/")
        assert answer.status_code == 404
        assert answer.json()["code"] == "not-found"
    assert client.get(f"{LIST}{uuid4()}/departments/").status_code == 404


def test_departments(client: Client) -> None:
    hospital = make_hospital()
    cardiology = make_department(hospital, "03.04", "心内科", accepts="胸痛", phone="1234")
    make_department(hospital, "03", "内科")
    make_department(hospital, "04", "旧外科", is_active=False)
    make_department(make_hospital(), "05", "妇产科")
    make_capability(hospital, "pci", department=cardiology)
    answer = client.get(f"{LIST}{hospital.pk}/departments/")
    assert names(answer) == ["内科", "心内科"]
    assert answer.json()["results"][1] == {
        "id": str(cardiology.pk),
        "facility": str(hospital.pk),
        "code": "03.04",
        "subject": "心血管内科专业",
        "name": "心内科",
        "phone": "1234",
        "accepts": "胸痛",
        "capabilities": [
            {"code": "pci", "name": answer.json()["results"][1]["capabilities"][0]["name"]}
        ],
    }


def test_alliances_of_a_day(client: Client, clinic: Facility) -> None:
    today = timezone.localdate()
    lead = make_hospital("甲医院")
    group = make_alliance(lead, clinic, name="浦东网")
    make_alliance(lead, name="心脏专科联盟", form=AllianceForm.SPECIALTY)
    make_alliance(make_hospital(), name="旧网", ends=today)
    assert names(client.get(ALLIANCES)) == ["心脏专科联盟", "浦东网"]
    yesterday = today - timedelta(days=1)
    assert "旧网" in names(client.get(ALLIANCES, {"on": yesterday.isoformat()}))
    assert names(client.get(ALLIANCES, {"form": "specialty"})) == ["心脏专科联盟"]
    assert names(client.get(ALLIANCES, {"facility": str(clinic.pk)})) == ["浦东网"]
    assert names(client.get(ALLIANCES, {"text": "浦东"})) == ["浦东网"]
    assert client.get(ALLIANCES).json()["results"][1] == {
        "id": str(group.pk),
        "name": "浦东网",
        "form": "city_group",
        "specialty": None,
        "allows_lateral": False,
        "lead": {"id": str(lead.pk), "name": "甲医院"},
        "parent": None,
        "starts": "2020-01-01",
        "ends": None,
    }
    for query in ({"form": "club"}, {"on": "yesterday"}, {"facility": "x"}, {"colour": "red"}):
        assert client.get(ALLIANCES, query).status_code == 400


def test_an_alliance_as_a_tree_on_a_day(client: Client, clinic: Facility) -> None:
    lead = make_hospital("甲医院")
    station = make_facility("丙站", tier=0)
    alliance = make_alliance(lead, clinic)
    make_membership(alliance, station, parent_facility=clinic, starts=date(2026, 1, 1))
    path = f"{ALLIANCES}{alliance.pk}/"
    before = client.get(path, {"on": "2025-12-31"}).json()
    assert before["on"] == "2025-12-31"
    assert [node["facility"]["name"] for node in before["members"][0]["children"]] == [clinic.name]
    assert before["members"][0]["children"][0]["children"] == []
    after = client.get(path, {"on": "2026-01-01"}).json()
    top = after["members"][0]
    assert (top["role"], top["tier"], top["facility"]["name"]) == ("lead", 3, "甲医院")
    below = top["children"][0]["children"][0]
    assert below == {
        "facility": {"id": str(station.pk), "code": station.code, "name": "丙站"},
        "tier": 0,
        "role": "member",
        "children": [],
    }
    assert client.get(path, {"on": "2019-12-31"}).json()["members"] == []
    assert client.get(path, {"on": "31.12.2019"}).status_code == 400


@pytest.mark.parametrize("rows", [2, 40])
def test_no_statement_a_row(rows: int, client: Client, clinic: Facility) -> None:
    lead = make_hospital()
    alliance = make_alliance(lead, clinic)
    for number in range(rows):
        member = make_facility(f"第{number}中心")
        make_membership(alliance, member)
        make_capability(member, "ecg")
        make_department(lead, "03", f"内科{number}")
        make_alliance(member, name=f"网{number}", form=AllianceForm.TELEMEDICINE)
    # One of each is the sign-in.
    with statements(5):
        assert len(names(client.get(LIST))) == min(50, rows + 2)
    with statements(5):
        client.get(f"{LIST}{lead.pk}/")
    with statements(4):
        client.get(f"{LIST}{lead.pk}/departments/")
    with statements(2):
        client.get(ALLIANCES)
    with statements(4):
        client.get(f"{ALLIANCES}{alliance.pk}/")
