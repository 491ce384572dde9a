"""Who may let whom act for a colleague, and how it ends."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Event
from facilities.models import Delegation
from notifications.models import OutboxMessage
from tests.api import Answer
from tests.facilities.factories import make_post, make_user
from tests.factories import Person, World, make_person, new_key

PATH = "/delegations/"


def words(principal: Person, deputy: Person, **changes: Any) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "principal": principal.user.pk,
        "deputy": deputy.user.pk,
        "starts": today,
        "ends": today + timedelta(days=7),
        "reason": "年休假",
        **changes,
    }


def grant(by: Person, principal: Person, deputy: Person, **changes: Any) -> Answer:
    return by.api.post(PATH, words(principal, deputy, **changes))


def granted(by: Person, principal: Person, deputy: Person, **changes: Any) -> str:
    answer = grant(by, principal, deputy, **changes)
    assert answer.status == 201, answer
    return str(answer.body["id"])


def test_a_doctor_names_a_deputy_and_the_facility_is_told(world: World) -> None:
    answer = grant(world.doctor, world.doctor, world.colleague)
    assert answer.status == 201
    assert answer.body["principal"] == {"id": str(world.doctor.user.pk), "name": "张医生"}
    assert answer.body["in_force"] is True
    told = OutboxMessage.objects.get(topic="delegation.granted")
    assert told.recipient_id == world.clinic.pk
    assert told.payload["deputy_id"] == str(world.colleague.user.pk)
    assert Event.objects.filter(what="delegation.granted", actor_id=world.doctor.user.pk).exists()


def test_whoever_names_nobody_means_himself(world: World) -> None:
    body = words(world.doctor, world.colleague)
    del body["principal"]
    answer = world.doctor.api.post(PATH, body)
    assert answer.body["principal"]["id"] == str(world.doctor.user.pk)


def test_the_list_of_colleagues_is_that_of_ones_own_place_today(world: World) -> None:
    gone = make_person(world.clinic, Role.CLINIC_DOCTOR)
    gone.user.posts.update(ends=timezone.localdate())
    off = make_person(world.clinic, Role.CLINIC_DOCTOR)
    off.user.is_active = False
    off.user.save(update_fields=["is_active"])
    here = {world.doctor.user.pk, world.colleague.user.pk, world.chief.user.pk}
    assert set(world.doctor.api.get("/colleagues/").ids) == here
    assert world.office.api.get("/colleagues/").ids == [world.office.user.pk]
    [row] = world.stranger.api.get("/colleagues/").results
    assert row["role"] == Role.CLINIC_DOCTOR


def test_the_same_key_grants_once(world: World) -> None:
    key, body = new_key(), words(world.doctor, world.colleague)
    first, second = (world.doctor.api.post(PATH, body, key=key) for _time in range(2))
    assert first.body == second.body
    assert Delegation.objects.count() == 1


@pytest.mark.parametrize("who", ["chief", "office"])
def test_who_speaks_for_the_staff_names_a_deputy_for_a_colleague(world: World, who: str) -> None:
    by: Person = getattr(world, who)
    role = Role.CLINIC_DOCTOR if who == "chief" else Role.HOSPITAL_DOCTOR
    first, second = (make_person(by.facility, role) for _each in range(2))
    assert grant(by, first, second).status == 201


def test_nobody_else_names_one(world: World) -> None:
    third = make_person(world.clinic, Role.CLINIC_DOCTOR)
    answer = grant(world.colleague, world.doctor, third)
    assert (answer.status, answer.code) == (403, "delegation-not-yours")


def test_nobody_makes_himself_a_deputy(world: World) -> None:
    """A manager, who sees no patient, would otherwise give himself a doctor's eyes."""
    answer = grant(world.chief, world.doctor, world.chief)
    assert (answer.status, answer.code) == (403, "delegation-to-oneself")


def test_people_of_other_places_are_no_colleagues(world: World) -> None:
    for principal, deputy, field in (
        (world.doctor, world.office, "deputy"),
        (world.doctor, world.doctor, "deputy"),
    ):
        answer = grant(world.doctor, principal, deputy)
        assert (answer.status, answer.code) == (422, "not-a-colleague")
        assert list(answer.body["errors"]) == [field]
    answer = grant(world.chief, world.office, world.doctor)
    assert (answer.status, list(answer.body["errors"])) == (422, ["principal"])


def test_whoever_left_or_is_switched_off_is_no_colleague(world: World) -> None:
    gone = make_person(world.clinic, Role.CLINIC_DOCTOR)
    gone.user.posts.update(ends=timezone.localdate())
    off = make_person(world.clinic, Role.CLINIC_DOCTOR)
    off.user.is_active = False
    off.user.save(update_fields=["is_active"])
    for person in (gone, off):
        assert grant(world.doctor, world.doctor, person).code == "not-a-colleague"


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.SYSTEM_ADMIN, Role.INTEGRATOR])
def test_the_rights_of_some_roles_pass_to_nobody(world: World, role: Role) -> None:
    keeper = make_person(world.clinic, role)
    for by in (keeper, world.chief):
        answer = grant(by, keeper, world.doctor)
        assert (answer.status, answer.code) == (422, "role-not-delegable")


def test_a_manager_of_alliances_gives_his_rights_only_in_person(world: World) -> None:
    office = make_person(world.lead, Role.REFERRAL_OFFICE)
    deputy = make_person(world.lead, Role.HOSPITAL_DOCTOR)
    assert grant(office, world.manager, deputy).code == "role-not-delegable"
    assert grant(world.manager, world.manager, deputy).status == 201


@pytest.mark.parametrize(
    ("starts", "ends", "field"),
    [
        (0, 92, None),
        (0, 93, "ends"),
        (-1, 5, "starts"),
        (3, 3, "ends"),
        (3, 2, "ends"),
        (5, 6, None),
    ],
)
def test_the_term_begins_today_and_lasts_92_days_at_most(
    world: World, starts: int, ends: int, field: str | None
) -> None:
    today = timezone.localdate()
    term = {"starts": today + timedelta(days=starts), "ends": today + timedelta(days=ends)}
    answer = grant(world.doctor, world.doctor, world.colleague, **term)
    if field is None:
        assert answer.status == 201
    else:
        assert (answer.status, answer.code) == (422, "delegation-term")
        assert list(answer.body["errors"]) == [field]


def test_a_term_at_the_end_of_the_calendar_is_one_like_others(world: World) -> None:
    term = {"starts": "9999-12-29", "ends": "9999-12-31"}
    assert grant(world.doctor, world.doctor, world.colleague, **term).status == 201
    later = {"starts": timezone.localdate(), "ends": "9999-12-31"}
    assert grant(world.doctor, world.doctor, world.colleague, **later).code == "delegation-term"


def test_a_person_sees_his_own_and_the_manager_all(world: World) -> None:
    third = make_person(world.clinic, Role.CLINIC_DOCTOR)
    mine = granted(world.doctor, world.doctor, world.colleague)
    other = granted(world.chief, third, world.colleague)
    seen = {who: [str(pk) for pk in who_.api.get(PATH).ids] for who, who_ in _people(world, third)}
    assert seen == {
        "doctor": [mine],
        "colleague": [other, mine],
        "third": [other],
        "chief": [other, mine],
        "office": [],
        "stranger": [],
    }


def _people(world: World, third: Person) -> list[tuple[str, Person]]:
    named = ("doctor", "colleague", "chief", "office", "stranger")
    return [*((name, getattr(world, name)) for name in named), ("third", third)]


def test_it_is_taken_back_at_once_and_only_by_those_concerned(world: World) -> None:
    pk = granted(world.doctor, world.doctor, world.colleague)
    third = make_person(world.clinic, Role.CLINIC_DOCTOR)
    for who in (third, world.office, world.stranger):
        answer = who.api.post(f"{PATH}{pk}/end/", {})
        assert (answer.status, answer.code) == (404, "not-found")
    answer = world.colleague.api.post(f"{PATH}{pk}/end/", {})
    assert (answer.status, answer.body["in_force"]) == (200, False)
    first = answer.body["ended_at"]
    again = world.chief.api.post(f"{PATH}{pk}/end/", {})
    assert again.body["ended_at"] == first
    assert OutboxMessage.objects.filter(topic="delegation.ended").count() == 1


def test_a_deputy_passes_nothing_on_and_ends_nothing_in_office(world: World) -> None:
    pk = granted(world.doctor, world.doctor, world.colleague)
    third = make_person(world.clinic, Role.CLINIC_DOCTOR)
    header = {"X-On-Behalf-Of": str(world.doctor.user.pk)}
    body = words(world.doctor, third)
    passed = world.colleague.api.post(PATH, body, headers=header)
    assert (passed.status, passed.code) == (403, "delegation-passed-on")
    ended = world.colleague.api.post(f"{PATH}{pk}/end/", {}, headers=header)
    assert (ended.status, ended.code) == (403, "delegation-in-office")


@pytest.mark.parametrize(
    "wrong",
    [{"ends": None}, {"ends": date(2020, 1, 1)}, {"same": True}, {"ended_at": timezone.now()}],
    ids=["no end", "ends before it starts", "own deputy", "taken back by nobody"],
)
def test_the_database_refuses_what_must_never_be(world: World, wrong: dict[str, Any]) -> None:
    post = make_post(world.clinic, user=make_user())
    deputy = post.user_id if wrong.pop("same", False) else make_user().pk
    values = {"starts": date(2020, 1, 1), "ends": date(2020, 2, 1), **wrong}
    with pytest.raises(IntegrityError), transaction.atomic():
        Delegation.objects.create(
            facility=world.clinic,
            principal_id=post.user_id,
            deputy_id=deputy,
            granted_by_id=post.user_id,
            reason="x",
            created_at=timezone.now(),
            **values,
        )
