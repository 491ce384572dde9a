"""A deputy acts for a colleague with `X-On-Behalf-Of`: whose rights count, and how it is recorded."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Event
from facilities.models import Delegation, StaffPost
from referral.models import Referral, Transition
from referral.states import Status
from tests.api import Answer
from tests.factories import Person, World, as_system, make_person, new_key, reload


def deputise(principal: Person, deputy: Person, *, days: int = 7) -> Delegation:
    """Let `deputy` act for `principal` from today on."""
    today = timezone.localdate()
    return Delegation.objects.create(
        facility=principal.facility,
        principal=principal.user,
        deputy=deputy.user,
        granted_by=principal.user,
        starts=today,
        ends=today + timedelta(days=days),
        reason="出差",
        created_at=timezone.now(),
    )


def behalf(principal: Person) -> dict[str, str]:
    return {"X-On-Behalf-Of": str(principal.user.pk)}


def act(who: Person, leg: Referral, verb: str, principal: Person | None = None) -> Answer:
    headers = behalf(principal) if principal else {}
    return who.api.post(f"/referrals/{leg.pk}/{verb}/", {}, headers=headers)


@pytest.fixture
def helper(world: World) -> Person:
    """A doctor of the hospital."""
    return make_person(world.hospital, Role.HOSPITAL_DOCTOR, name="王医生")


def test_a_move_names_the_deputy_and_the_principal(world: World, helper: Person) -> None:
    leg = world.at(Status.SUBMITTED)
    deputise(world.office, helper)
    assert act(helper, leg, "accept", world.office).status == 200
    as_system()
    row = Transition.objects.get(referral=leg, verb="accept")
    assert (row.by_id, row.for_user_id) == (helper.user.pk, world.office.user.pk)
    moves = world.doctor.api.get(f"/referrals/{leg.pk}/timeline/").results
    assert (moves[-1]["by"], moves[-1]["for_user"]) == ("王医生", "李主任")
    assert moves[0]["for_user"] is None
    line = Event.objects.get(what="referral.accept")
    assert (line.actor_id, line.detail["for_user"]) == (helper.user.pk, str(world.office.user.pk))


def test_the_page_says_who_acted_for_whom(world: World, helper: Person) -> None:
    leg = world.at(Status.SUBMITTED)
    deputise(world.office, helper)
    act(helper, leg, "accept", world.office)
    browser = helper.api.client
    browser.force_login(helper.user)
    page = browser.get(f"/referrals/{leg.pk}/").content.decode()
    assert "王医生 代 李主任" in page


def test_a_read_names_both_in_the_trail(world: World, helper: Person) -> None:
    leg = world.at(Status.SUBMITTED)
    deputise(world.office, helper)
    helper.api.get(f"/referrals/{leg.pk}/", headers=behalf(world.office))
    line = Event.objects.filter(what="referral.view").latest("seq")
    assert line.detail == {"for_user": str(world.office.user.pk)}
    assert line.actor_role == Role.REFERRAL_OFFICE


def test_the_rights_are_the_principals_and_no_more(world: World) -> None:
    """A doctor who acts for the manager sees what the manager sees: the leg, but not the patient."""
    leg = world.at(Status.SUBMITTED)
    deputise(world.chief, world.colleague)
    path = f"/referrals/{leg.pk}/"
    assert world.colleague.api.get(path).body["patient"] is not None
    assert world.colleague.api.get(path, headers=behalf(world.chief)).body["patient"] is None
    answer = act(world.colleague, leg, "cancel", world.chief)
    assert (answer.status, answer.code) == (400, "invalid")
    answer = world.colleague.api.post(
        f"/referrals/{leg.pk}/cancel/", {"reason": "duplicate"}, headers=behalf(world.chief)
    )
    assert (answer.status, answer.code) == (403, "role-lacks-right")


def test_a_deputy_of_the_alliances_manager_coordinates(world: World) -> None:
    leg = world.at(Status.INFORMATION_REQUESTED)
    deputy = make_person(world.lead, Role.HOSPITAL_DOCTOR)
    assert act(deputy, leg, "expire").status == 404
    deputise(world.manager, deputy)
    assert act(deputy, leg, "expire", world.manager).status == 200


def refused(answer: Answer) -> None:
    assert (answer.status, answer.code) == (403, "not-delegated"), answer


def test_without_a_delegation_in_force_nothing_is_done(world: World, helper: Person) -> None:
    leg = world.at(Status.SUBMITTED)
    refused(act(helper, leg, "accept", world.office))
    given = deputise(world.office, helper)
    # Nor the other way round, nor for somebody else, nor at another place.
    refused(act(world.office, leg, "accept", helper))
    refused(act(helper, leg, "accept", world.doctor))
    refused(act(world.doctor, leg, "accept", world.office))
    refused(act(world.stranger, leg, "accept", world.office))
    given.ended_at, given.ended_by = timezone.now(), world.office.user
    given.save(update_fields=["ended_at", "ended_by"])
    refused(act(helper, leg, "accept", world.office))
    assert reload(leg).status == Status.SUBMITTED


@pytest.mark.parametrize("value", ["x", "0", "é", "' OR 1=1", "{}"])
def test_a_header_that_names_nobody_is_refused(world: World, helper: Person, value: str) -> None:
    refused(helper.api.get("/referrals/", headers={"X-On-Behalf-Of": value}))


def test_it_holds_from_its_first_day_to_the_eve_of_its_last(world: World, helper: Person) -> None:
    given = deputise(world.office, helper, days=2)
    for days, status in ((-1, 403), (0, 200), (1, 200), (2, 403)):
        day = timezone.localtime().replace(hour=12) + timedelta(days=days)
        with time_machine.travel(day, tick=True):
            answer = helper.api.get("/referrals/", headers=behalf(world.office))
        assert answer.status == status, (days, given)


def test_it_ends_with_the_post_of_either(world: World, helper: Person) -> None:
    leg = world.at(Status.SUBMITTED)
    deputise(world.office, helper)
    assert act(helper, leg, "open", world.office).status == 200
    StaffPost.objects.filter(user=world.office.user).update(ends=timezone.localdate())
    refused(act(helper, leg, "accept", world.office))
    StaffPost.objects.filter(user=world.office.user).update(ends=None)
    StaffPost.objects.filter(user=helper.user).update(ends=timezone.localdate())
    refused(act(helper, leg, "accept", world.office))
    StaffPost.objects.filter(user=helper.user).update(ends=None)
    world.office.user.is_active = False
    world.office.user.save(update_fields=["is_active"])
    refused(act(helper, leg, "accept", world.office))


def test_a_session_may_act_for_a_colleague_too(world: World, helper: Person) -> None:
    leg = world.at(Status.SUBMITTED)
    deputise(world.office, helper)
    helper.api.token = None
    helper.api.client.force_login(helper.user)
    assert act(helper, leg, "accept", world.office).status == 200
    refused(act(helper, leg, "arrive", world.doctor))


def test_an_answer_kept_for_a_key_is_not_repeated_in_another_persons_name(
    world: World, helper: Person
) -> None:
    leg = world.at(Status.SUBMITTED)
    deputise(world.office, helper)
    key, path = new_key(), f"/referrals/{leg.pk}/open/"
    assert helper.api.post(path, {}, key=key).status == 200
    again = helper.api.post(path, {}, key=key, headers=behalf(world.office))
    assert (again.status, again.code) == (422, "idempotency-key-reused")


def office_at(world: World, name: str = "") -> Person:
    return make_person(world.clinic, Role.REFERRAL_OFFICE, name=name)


def reviewed(world: World, author: Person, principal: Person | None = None) -> str:
    """File a draft, perhaps for a colleague, and hand it in for review."""
    headers = behalf(principal) if principal else {}
    body: dict[str, Any] = world.body(patient=world.make_patient().pk)
    made = author.api.post("/referrals/", body, headers=headers)
    assert made.status == 201, made
    path = f"/referrals/{made.body['id']}/"
    assert author.api.post(f"{path}request-review/", {}, headers=headers).status == 200
    return path


def approve(path: str, who: Person, principal: Person | None = None) -> Answer:
    headers = behalf(principal) if principal else {}
    return who.api.post(f"{path}approve/", {}, headers=headers)


def test_a_deputy_approves_neither_his_own_nor_his_principals_filing(world: World) -> None:
    one, two, three = (office_at(world) for _each in range(3))
    deputise(one, two)
    for path in (
        reviewed(world, one),  # by the principal
        reviewed(world, two),  # by the deputy himself
        reviewed(world, two, one),  # by the deputy for the principal
    ):
        answer = approve(path, two, one)
        assert (answer.status, answer.code) == (403, "own-review"), path
        assert approve(path, three).status == 200


def test_nor_does_the_principal_approve_what_his_deputy_filed_for_him(world: World) -> None:
    one, two = (office_at(world) for _each in range(2))
    deputise(one, two)
    path = reviewed(world, two, one)
    for who in (one, two):
        answer = approve(path, who)
        assert (answer.status, answer.code) == (403, "own-review")


def test_a_plain_request_takes_no_statement_more(world: World, helper: Person) -> None:
    """The header is the only thing that asks about delegations."""

    with CaptureQueriesContext(connection) as seen:
        helper.api.get("/referrals/")
    assert not any("delegation" in query["sql"] for query in seen.captured_queries)
