"""Whoever leaves a post loses its rights with the next request, by token and by session alike."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.permissions import Role
from facilities import actions as directory
from facilities.models import StaffPost
from facilities.sign_in import actor_of
from notifications.models import OutboxMessage
from referral.states import Status
from tests.api import Api
from tests.facilities.factories import make_post
from tests.factories import Person, World, as_system, make_person, new_key, reload


def end(person: Person) -> None:
    """End every post of a person today, as an administrator does."""
    StaffPost.objects.filter(user=person.user).update(ends=timezone.localdate())


def switch_off(person: Person) -> None:
    person.user.is_active = False
    person.user.save(update_fields=["is_active"])


def by_session(person: Person) -> Api:
    """Return a client that is signed in by a session only."""
    client = Client()
    client.force_login(person.user)
    return Api(client=client)


def by_token(person: Person) -> Api:
    return person.api


SIGN_INS: list[Callable[[Person], Api]] = [by_token, by_session]


@pytest.mark.parametrize("sign_in", SIGN_INS)
@pytest.mark.parametrize(("leave", "status"), [(end, 403), (switch_off, 401)])
def test_between_two_requests_the_rights_are_gone(
    world: World, sign_in: Callable[[Person], Api], leave: Callable[[Person], None], status: int
) -> None:
    first, second = world.at(Status.SUBMITTED), world.at(Status.SUBMITTED)
    api = sign_in(world.office)
    assert api.post(f"/referrals/{first.pk}/accept/").status == 200
    leave(world.office)
    for answer in (
        api.post(f"/referrals/{second.pk}/accept/"),
        api.get(f"/referrals/{first.pk}/"),
        api.get("/referrals/", {"box": "inbox"}),
        api.get("/facilities/"),
        api.get("/notices/"),
    ):
        assert answer.status == status, answer
    assert reload(second).status == Status.SUBMITTED


@pytest.mark.parametrize("sign_in", SIGN_INS)
def test_half_way_through_a_draft_nothing_more_is_sent(
    world: World, sign_in: Callable[[Person], Api]
) -> None:
    _ = world.alliance
    api = sign_in(world.doctor)
    draft = api.post("/referrals/", world.body()).body["id"]
    end(world.doctor)
    assert api.patch(f"/referrals/{draft}/", {"plan": "x"}).status == 403
    assert api.post(f"/referrals/{draft}/submit/").status == 403


def test_an_answer_kept_for_a_key_is_lost_with_the_post(world: World) -> None:
    leg, key = world.at(Status.SUBMITTED), new_key()
    path = f"/referrals/{leg.pk}/accept/"
    assert world.office.api.post(path, key=key).status == 200
    make_post(world.sister, Role.CLINIC_DOCTOR, user=world.office.user)
    end_of = StaffPost.objects.filter(user=world.office.user, facility=world.hospital)
    end_of.update(ends=timezone.localdate())
    again = world.office.api.post(path, key=key)
    assert again.status in {404, 422}
    assert "diagnosis" not in again.body


@pytest.mark.parametrize("sign_in", SIGN_INS)
def test_another_role_counts_from_the_next_request_on(
    world: World, sign_in: Callable[[Person], Api]
) -> None:
    leg = world.at(Status.SUBMITTED)
    api = sign_in(world.office)
    assert api.get(f"/referrals/{leg.pk}/").body["patient"] is not None
    StaffPost.objects.filter(user=world.office.user).update(role=Role.CLINIC_MANAGER)
    assert api.get(f"/referrals/{leg.pk}/").body["patient"] is None
    assert api.post(f"/referrals/{leg.pk}/accept/").code == "role-lacks-right"


@pytest.mark.parametrize("sign_in", SIGN_INS)
def test_who_moves_sees_the_new_place_and_no_longer_the_old(
    world: World, sign_in: Callable[[Person], Api]
) -> None:
    leg = world.at(Status.SUBMITTED)
    api = sign_in(world.office)
    make_post(world.second, Role.REFERRAL_OFFICE, user=world.office.user)
    end_of = StaffPost.objects.filter(user=world.office.user, facility=world.hospital)
    end_of.update(ends=timezone.localdate())
    assert api.get(f"/referrals/{leg.pk}/").status == 404
    old = {"X-Facility": str(world.hospital.pk)}
    assert api.get("/referrals/", headers=old).status == 403
    assert api.get("/referrals/", {"box": "inbox"}).ids == []


@pytest.mark.parametrize("sign_in", SIGN_INS)
def test_a_post_holds_until_the_midnight_before_its_end(
    world: World, sign_in: Callable[[Person], Api]
) -> None:
    today = timezone.localdate()
    StaffPost.objects.filter(user=world.office.user).update(ends=today + timedelta(days=1))
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    for moment, status in (
        (midnight + timedelta(days=1, seconds=-1), 200),
        (midnight + timedelta(days=1), 403),
    ):
        with time_machine.travel(moment, tick=False):
            assert sign_in(world.office).get("/referrals/").status == status, moment


def test_a_page_is_closed_too(world: World) -> None:
    browser = Client()
    browser.force_login(world.office.user)
    leg = world.at(Status.SUBMITTED)
    assert browser.get(f"/referrals/{leg.pk}/").status_code == 200
    end(world.office)
    assert browser.get(f"/referrals/{leg.pk}/").status_code == 403
    switch_off(world.office)
    assert browser.get(f"/referrals/{leg.pk}/").status_code == 302


def test_an_actor_made_for_somebody_who_left_has_no_rights(world: World) -> None:
    end(world.office)
    actor = actor_of(world.office.user.pk, facility=world.hospital.pk)
    assert (actor.facility_id, actor.role, actor.permissions) == (None, None, frozenset())


def test_the_facility_is_told_to_hand_on_what_is_open(world: World) -> None:
    boss = make_person(world.lead, Role.SYSTEM_ADMIN)
    post = StaffPost.objects.get(user=world.office.user)
    directory.end_post(post.pk, by=boss.actor, on=timezone.localdate())
    as_system()
    told = OutboxMessage.objects.get(topic="staff.post_ended")
    assert told.recipient_id == world.hospital.pk
    assert told.payload["user_id"] == str(world.office.user.pk)
