"""Signing in by token: stored as a hash, ended by time or by hand, read anew on each request."""

import hashlib
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import tokens
from accounts.ids import uuid7
from accounts.models import AccessToken, User
from accounts.permissions import Role
from tests.api import Api
from tests.facilities.factories import make_post, make_user
from tests.factories import Person, World, make_person

PATH = "/referrals/"
DAY = timedelta(days=1)


def code(api: Api, **headers: str) -> tuple[int, str]:
    answer = api.get(PATH, headers=headers)
    return answer.status, answer.code


OK = (200, "")
NOT_IN_FORCE = (401, "not-authenticated")
NO_RIGHT = (403, "no-permission")


def test_only_the_hash_is_stored(db: None) -> None:
    user = make_user()
    token = tokens.issue(user, label="工作站")
    row = AccessToken.objects.get(user=user)
    assert bytes(row.digest) == hashlib.sha256(token.encode()).digest()
    assert token.startswith("rt_")
    assert len(token) > 40
    assert row.prefix == token[:9]
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM accounts_accesstoken t")
        assert token not in str(cursor.fetchall())


def test_no_two_tokens_are_equal(db: None) -> None:
    user = make_user()
    assert len({tokens.issue(user) for _each in range(20)}) == 20


def test_a_token_signs_in(world: World) -> None:
    assert code(world.doctor.api) == OK


def test_the_scheme_has_no_case(world: World) -> None:
    for keyword in ("Bearer", "bearer", "BEARER"):
        signed = Api(headers={"Authorization": f"{keyword} {world.doctor.api.token}"})
        assert code(signed) == OK


def test_anything_else_does_not(db: None) -> None:
    for header in (
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer " + "x" * 500,
        "Basic eDp4",
        "rt_x",
        "Bearer \xff",
    ):
        answer = Api(headers={"Authorization": header}).get(PATH)
        assert (answer.status, answer.code) == NOT_IN_FORCE
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_in_the_address_does_not(world: World) -> None:
    answer = Api().get(PATH, {"token": str(world.doctor.api.token)})
    assert (answer.status, answer.code) == NOT_IN_FORCE


def test_expired(world: World) -> None:
    person = world.doctor
    row = AccessToken.objects.filter(user=person.user)
    row.update(expires_at=timezone.now() + timedelta(seconds=30))
    assert code(person.api) == OK
    row.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert code(person.api) == NOT_IN_FORCE
    row.update(expires_at=None)
    assert code(person.api) == OK


def test_lifetimes(db: None) -> None:
    now = timezone.now()
    user = make_user()
    tokens.issue(user, label="a", now=now)
    tokens.issue(user, label="b", lifetime=DAY, now=now)
    tokens.issue(user, label="c", lifetime=None)
    ends = dict(AccessToken.objects.values_list("label", "expires_at"))
    assert ends == {"a": now + timedelta(days=365), "b": now + DAY, "c": None}


def test_revoked(world: World) -> None:
    tokens.revoke_all(world.doctor.user, now=timezone.now())
    assert code(world.doctor.api) == NOT_IN_FORCE


def test_a_person_who_left(world: World) -> None:
    User.objects.filter(pk=world.doctor.user.pk).update(is_active=False)
    assert code(world.doctor.api) == NOT_IN_FORCE


def test_both_look_the_same(world: World) -> None:
    tokens.revoke_all(world.doctor.user, now=timezone.now())
    revoked = world.doctor.api.get(PATH)
    unknown = Api("rt_nobody").get(PATH)
    assert (revoked.content, dict(revoked.headers)) == (unknown.content, dict(unknown.headers))


def test_a_post_that_has_ended_or_not_begun(world: World) -> None:
    today = timezone.localdate()
    posts = world.doctor.user.posts
    for starts, ends, expected in (
        (today - DAY, today, NO_RIGHT),
        (today + DAY, None, NO_RIGHT),
        (today, today + DAY, OK),
        (today - DAY, None, OK),
    ):
        posts.update(starts=starts, ends=ends)
        assert code(world.doctor.api) == expected


def test_a_new_role_counts_from_the_next_request(world: World) -> None:
    assert code(world.doctor.api) == OK
    world.doctor.user.posts.update(role=Role.AUDITOR)
    assert code(world.doctor.api) == NO_RIGHT


def test_nobody_without_a_post(db: None) -> None:
    loose = make_user()
    assert code(Api(tokens.issue(loose))) == NO_RIGHT


def two_posts(world: World) -> Person:
    """Return a doctor of the clinic who is an auditor at the hospital since later."""
    person = make_person(world.clinic, Role.CLINIC_DOCTOR)
    make_post(world.hospital, Role.AUDITOR, user=person.user, starts=timezone.localdate() - DAY)
    return person


def test_the_header_chooses_the_post(world: World) -> None:
    api = two_posts(world).api
    assert code(api) == OK
    assert code(api, **{"X-Facility": str(world.clinic.pk)}) == OK
    assert code(api, **{"X-Facility": str(world.hospital.pk)}) == NO_RIGHT


def test_the_chosen_post_decides_what_is_seen(world: World) -> None:
    sent = world.at("submitted")
    person = make_person(world.stranger_clinic, Role.CLINIC_DOCTOR)
    make_post(world.hospital, Role.HOSPITAL_DOCTOR, user=person.user)
    assert person.api.get(PATH, headers={"X-Facility": str(world.stranger_clinic.pk)}).ids == []
    assert person.api.get(PATH, headers={"X-Facility": str(world.hospital.pk)}).ids == [sent.pk]


def test_a_post_of_somebody_else_is_not_chosen(world: World) -> None:
    assert code(world.doctor.api, **{"X-Facility": str(world.hospital.pk)}) == NO_RIGHT
    assert code(world.doctor.api, **{"X-Facility": str(uuid7())}) == NO_RIGHT


def test_a_header_that_names_no_facility(world: World) -> None:
    for value in ("x", "1", "' OR 1=1", "0" * 400):
        assert code(world.doctor.api, **{"X-Facility": value}) == NO_RIGHT


def test_signing_in_is_one_statement(world: World, django_assert_num_queries: Any) -> None:
    api = world.auditor.api
    # With its savepoint, and the way back to it.
    with django_assert_num_queries(3) as captured:
        assert code(api) == NO_RIGHT
    [statement] = [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]
    assert "accounts_accesstoken" in statement
    assert "set_config" in statement


def test_a_session_needs_the_csrf_token(world: World) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(world.doctor.user)
    assert browser.get("/api/v1/referrals/").status_code == 200
    draft = world.draft()
    answer = browser.post(
        f"/api/v1/referrals/{draft.pk}/submit/", {}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == NO_RIGHT


def test_a_session_chooses_its_post_too(world: World) -> None:
    browser = Client()
    browser.force_login(two_posts(world).user)
    there = {"X-Facility": str(world.hospital.pk)}
    assert browser.get("/api/v1/referrals/").status_code == 200
    assert browser.get("/api/v1/referrals/", headers=there).status_code == 403
