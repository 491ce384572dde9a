"""A repeated request gets its first answer, also when both arrive at the same moment."""

import threading
from typing import Any

from django.db import connection, transaction

from accounts.models import IdempotencyKey
from accounts.permissions import Role
from referral.models import Episode, Referral, Transition
from referral.states import Status
from tests.api import Answer
from tests.facilities.factories import make_post
from tests.factories import SLIP, World, as_system, make_person, new_key
from tests.referral.expect import do, snapshot

PATH = "/referrals/"


def test_the_first_answer_again(world: World) -> None:
    key, body = new_key(), world.body(submit=True)
    first = world.doctor.api.post(PATH, body, key=key)
    again = world.doctor.api.post(PATH, body, key=key)
    assert first.status == again.status == 201
    assert first.content == again.content
    assert "Idempotent-Replay" not in first.headers
    assert again.headers["Idempotent-Replay"] == "true"
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    as_system()
    assert Referral.objects.count() == 1


def test_also_after_the_referral_has_moved_on(world: World) -> None:
    key, body = new_key(), world.body(submit=True)
    first = world.doctor.api.post(PATH, body, key=key)
    do(world.office, "accept", first.body["id"])
    again = world.doctor.api.post(PATH, body, key=key)
    assert again.body["status"] == "submitted"


def test_without_a_key_each_request_counts(world: World) -> None:
    body = world.body()
    ids = {world.doctor.api.post(PATH, body).body["id"] for _each in range(2)}
    assert len(ids) == 2
    assert not IdempotencyKey.objects.exists()


def test_the_order_of_the_fields_does_not_matter(world: World) -> None:
    key, body = new_key(), world.body()
    first = world.doctor.api.post(PATH, body, key=key)
    turned = dict(reversed(list(body.items())))
    assert world.doctor.api.post(PATH, turned, key=key).content == first.content


def test_a_key_belongs_to_one_request(world: World) -> None:
    key, body = new_key(), world.body()
    world.doctor.api.post(PATH, body, key=key)
    draft, left = world.draft(), snapshot()
    for answer in (
        world.doctor.api.post(PATH, {**body, "plan": "x"}, key=key),
        world.doctor.api.post(f"/referrals/{draft.pk}/submit/", {}, key=key),
    ):
        assert (answer.status, answer.code) == (422, "idempotency-key-reused")
    assert snapshot() == left


def test_and_to_one_post(world: World) -> None:
    person, key, body = make_person(world.clinic, Role.CLINIC_DOCTOR), new_key(), world.body()
    make_post(world.sister, Role.CLINIC_DOCTOR, user=person.user)
    here, there = ({"X-Facility": str(each.pk)} for each in (world.clinic, world.sister))
    assert person.api.post(PATH, body, key=key, headers=here).status == 201
    assert person.api.post(PATH, body, key=key, headers=there).code == "idempotency-key-reused"
    assert person.api.post(PATH, body, key=key, headers=here).status == 201


def test_and_to_one_person(world: World) -> None:
    key, body = new_key(), world.body()
    first = world.doctor.api.post(PATH, body, key=key)
    second = world.colleague.api.post(PATH, body, key=key)
    assert first.body["id"] != second.body["id"]


def test_a_key_that_is_none(world: World) -> None:
    for key in ("", " ", "x" * 201, "a\tb", "\x7f"):
        answer = world.doctor.api.post(PATH, world.body(), key=key)
        assert (answer.status, set(answer.body["errors"])) == (400, {"Idempotency-Key"})
    as_system()
    assert not Referral.objects.exists()


def test_a_refusal_is_not_kept(world: World) -> None:
    key = new_key()
    body = world.body(submit=True)
    assert world.doctor.api.post(PATH, {**body, "reason": ""}, key=key).status == 422
    assert not IdempotencyKey.objects.exists()
    assert world.doctor.api.post(PATH, body, key=key).status == 201


def test_a_key_with_another_right_is_still_refused(world: World) -> None:
    key, sent = new_key(), world.at(Status.SUBMITTED)
    assert do(world.office, "accept", sent, key=key).status == 200
    world.office.user.posts.update(role="auditor")
    assert do(world.office, "accept", sent, key=key).status == 403


def test_the_answer_is_kept_encrypted(world: World) -> None:
    world.doctor.api.post(PATH, world.body(), key=new_key())
    with connection.cursor() as cursor:
        cursor.execute("SELECT body, headers::text FROM accounts_idempotencykey")
        body, headers = cursor.fetchone()
    assert SLIP["diagnosis"].encode() not in bytes(body)
    assert str(world.patient.pk).encode() not in bytes(body)
    assert '"ETag"' in headers


def together(number: int, work: Any) -> list[Answer]:
    """Run `work` in that many threads, each with a connection of its own, all at one moment."""
    barrier, answers = threading.Barrier(number), []

    def one() -> None:
        barrier.wait(timeout=10)
        try:
            answers.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _each in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return answers


def committed() -> tuple[World, dict[str, Any]]:
    with transaction.atomic():
        world = World()
        body = world.body(submit=True)
    return world, body


def test_two_at_the_same_moment_make_one_referral(transactional_db: None) -> None:
    world, body = committed()
    key = new_key()
    answers = together(2, lambda: world.doctor.api.post(PATH, body, key=key))
    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    replays = [answer.headers.get("Idempotent-Replay") for answer in answers]
    assert sorted(replays, key=str) == [None, "true"]
    with transaction.atomic():
        as_system()
        assert Referral.objects.count() == Episode.objects.count() == 1
        assert list(Transition.objects.order_by("version").values_list("verb", flat=True)) == [
            "create",
            "submit",
        ]
    assert IdempotencyKey.objects.count() == 1


def test_if_the_first_fails_the_second_does_the_work(transactional_db: None) -> None:
    world, body = committed()
    bad = {**body, "reason": ""}
    key = new_key()
    answers = together(2, lambda: world.doctor.api.post(PATH, bad, key=key))
    assert {answer.status for answer in answers} == {422}
    assert world.doctor.api.post(PATH, body, key=key).status == 201
