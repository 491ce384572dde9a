"""What the administration pages change is kept as what the pages change: history, a line of the trail, or neither."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from audit.models import Event
from facilities.models import (
    Accreditation,
    Alliance,
    Department,
    DirectoryChange,
    Facility,
    Membership,
    Relation,
    StaffPost,
)
from tests.facilities.factories import (
    make_alliance,
    make_department,
    make_facility,
    make_hospital,
    make_post,
    make_relation,
    make_user,
)
from tests.facilities.test_admin import inline, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss() -> Client:
    client = Client()
    client.force_login(make_user("boss", is_staff=True, is_superuser=True))
    return client


def words(facility: Facility, **said: Any) -> dict[str, Any]:
    fields = ("code", "name", "category", "level", "grade", "tier", "ownership", "kind")
    kept = {name: getattr(facility, name) for name in fields}
    return {**kept, "region": facility.region_id, **inline("accreditations"), **said}


def kept(subject: str) -> list[dict[str, Any]]:
    rows = DirectoryChange.objects.filter(subject=subject).order_by("at", "id")
    return [row.values for row in rows]


def told() -> list[str]:
    return list(Event.objects.order_by("seq").values_list("what", flat=True))


def test_a_changed_facility_is_kept_with_its_values(boss: Client) -> None:
    facility = make_hospital("旧名医院")
    said = words(facility, name="新名医院", is_active="on")
    assert boss.post(url(Facility, "change", facility.pk), said).status_code == 302
    assert kept("facility") == [{"name": ["旧名医院", "新名医院"]}]
    [event] = Event.objects.filter(what="directory.facility")
    assert event.detail["fields"] == ["name"]
    boss.post(url(Facility, "change", facility.pk), said)
    assert len(kept("facility")) == 1, "what changes nothing leaves no trace"


def test_a_new_facility_and_its_accreditation(boss: Client) -> None:
    like = make_facility(level=9)
    row = {"level": 3, "grade": 1, "tier": 3, "starts": "2026-01-01"}
    said = words(like, code="NEW-9", **inline("accreditations", row))
    assert boss.post(url(Facility, "add"), said).status_code == 302
    [facility], [accreditation] = kept("facility"), kept("accreditation")
    assert facility["code"] == [None, "NEW-9"]
    assert accreditation["starts"] == [None, "2026-01-01"]
    assert told() == ["directory.facility", "directory.accreditation"]
    made = Accreditation.objects.get()
    more = {**row, "id": made.pk, "facility": made.facility_id, "ends": "2026-06-01"}
    again = {**inline("accreditations", more), "accreditations-INITIAL_FORMS": "1"}
    said = words(made.facility, is_active="on", **again)
    assert boss.post(url(Facility, "change", made.facility_id), said).status_code == 302
    assert kept("accreditation")[1:] == [{"ends": [None, "2026-06-01"]}]


def test_an_alliance_its_members_and_its_bonds(boss: Client) -> None:
    lead, member = make_hospital("牵头医院"), make_facility("成员中心")
    said = {"name": "新集团", "form": "city_group", "lead": lead.pk, "starts": "2026-01-01"}
    row = {"facility": member.pk, "role": "member", "starts": "2026-01-01"}
    answer = boss.post(url(Alliance, "add"), {**said, **inline("memberships", row)})
    assert answer.status_code == 302
    [alliance], [term] = kept("alliance"), kept("membership")
    assert alliance["form"] == [None, "city_group"]
    assert alliance["lead"] == [None, f"牵头医院 ({lead.code})"]
    assert "form" not in term
    bond = {"kind": "trusteeship", "from_facility": lead.pk, "to_facility": member.pk}
    boss.post(url(Relation, "add"), {**bond, "starts": "2026-01-01"})
    assert kept("relation")[0]["kind"] == [None, "trusteeship"]
    change = DirectoryChange.objects.get(subject="relation")
    assert (change.facility, change.label) == (member, "牵头医院 → 成员中心")


def deletable(kind: type[Any]) -> Callable[[], Any]:
    made: dict[type[Any], Callable[[], Any]] = {
        Department: lambda: make_department(make_facility()),
        Relation: lambda: make_relation(make_facility(), make_facility()),
        StaffPost: lambda: make_post(make_facility()),
    }
    return made[kind]


@pytest.mark.parametrize("kind", [Department, Relation, StaffPost])
def test_what_is_deleted_leaves_what_it_said(boss: Client, kind: type[Any]) -> None:
    row = deletable(kind)()
    assert boss.post(url(kind, "delete", row.pk), {"post": "yes"}).status_code == 302
    assert not kind.objects.filter(pk=row.pk).exists()
    change = DirectoryChange.objects.get(object_id=row.pk)
    assert all(after is None for _before, after in change.values.values())
    assert told() == [f"directory.{change.subject}"]


def test_people_leave_a_line_without_values(boss: Client) -> None:
    hospital = make_hospital()
    post = {"facility": hospital.pk, "role": "auditor", "starts": "2026-01-01"}
    said = {"username": "li.na", "full_name": "李娜", "usable_password": "false"}
    assert boss.post(url(User, "add"), {**said, **inline("posts", post)}).status_code == 302
    assert told() == ["access.person_added", "directory.post"]
    user = User.objects.get(username="li.na")
    kept_post = {"id": StaffPost.objects.get(user=user).pk, "user": user.pk, **post}
    again = {**inline("posts", kept_post), "posts-INITIAL_FORMS": "1"}
    said = {"username": "li.na", "full_name": "李娜娜", "is_active": "on", "language": "zh-hans"}
    answer = boss.post(url(User, "change", user.pk), {**said, **again})
    assert answer.status_code == 302, answer.context["errors"]
    event = Event.objects.get(what="access.person_changed")
    assert event.detail["fields"] == ["full_name"]
    assert "李" not in str(event.detail)
    address = f"{url(User, 'change', user.pk).removesuffix('change/')}password/"
    said = {"password1": "Korrekt-Pferd-9", "password2": "Korrekt-Pferd-9", "set-password": "1"}
    assert boss.post(address, said).status_code == 302
    assert Event.objects.filter(what="access.password_set").count() == 1


def test_what_is_refused_leaves_no_trace(boss: Client) -> None:
    alliance = make_alliance(make_hospital())
    said = {"alliance": alliance.pk, "facility": alliance.lead_id, "role": "member"}
    answer = boss.post(url(Membership, "add"), {**said, "starts": date(2026, 1, 1)})
    assert answer.status_code == 200
    assert not DirectoryChange.objects.exists()
    assert told() == []
