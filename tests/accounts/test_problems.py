"""Every failure of the API has one shape: RFC 9457 with a stable code and a translated detail."""

from typing import Any

import pytest
from django.db import OperationalError
from rest_framework import exceptions

from accounts.errors import Kind, Refused
from accounts.ids import uuid7
from accounts.rest import problems
from accounts.rest_defaults.parsing import MAX_BYTES, MAX_DEPTH
from referral.queries import referrals as queries
from referral.states import Status
from tests.api import Answer
from tests.factories import World
from tests.referral.expect import do

PATH = "/referrals/"


def shaped(answer: Answer, status: int, code: str, *fields: str) -> dict[str, Any]:
    """Check the whole shape of a problem and return its body."""
    assert (answer.status, answer.code) == (status, code), answer
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.body
    expected = {"type", "title", "status", "code", "detail"} | ({"errors"} if fields else set())
    assert set(body) == expected
    assert (body["type"], body["status"]) == ("about:blank", status)
    assert body["title"]
    assert body["detail"]
    if fields:
        assert set(body["errors"]) == set(fields)
        for texts in body["errors"].values():
            assert texts
            assert all(isinstance(text, str) for text in texts)
    return body


def test_each_status(world: World) -> None:
    doctor, draft = world.doctor, world.draft()
    shaped(doctor.api.get(PATH, {"x": "1", "limit": "a"}), 400, "invalid", "x")
    shaped(doctor.api.get(PATH, {"box": "x", "limit": "a"}), 400, "invalid", "box", "limit")
    shaped(world.anonymous.get(PATH), 401, "not-authenticated")
    shaped(world.auditor.api.get(PATH), 403, "no-permission")
    shaped(doctor.api.get(f"/referrals/{uuid7()}/"), 404, "not-found")
    shaped(do(doctor, "answer", draft, {"note": "x"}), 409, "wrong-state")
    shaped(do(doctor, "submit", draft, if_match='"9"'), 412, "stale-referral")
    text = {"Content-Type": "text/plain"}
    shaped(doctor.api.send("POST", PATH, body=b"x", headers=text), 415, "unsupported-media-type")
    empty = world.draft(reason="", diagnosis="")
    shaped(do(doctor, "submit", empty), 422, "incomplete", "reason", "diagnosis")


def test_another_representation_is_not_offered(world: World) -> None:
    answer = world.doctor.api.get(PATH, headers={"Accept": "text/xml"})
    shaped(answer, 406, "not-acceptable")


NO_BODIES = (
    b"{",
    b"[]",
    b'"x"',
    b"null",
    b"{'a': 1}",
    b'{"a": NaN}',
    b'{"a": "\xff"}',
    b'{"\\u0000": 1}',
    b'{"patient": "\\ud800"}',
    b'{"a":' + b"[" * 100_000,
)


def test_a_body_that_is_none(world: World) -> None:
    for body in NO_BODIES:
        shaped(world.doctor.api.send("POST", PATH, body=body), 400, "malformed-body")


def test_a_body_with_a_field_that_cannot_be_read(world: World) -> None:
    deep = b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1)
    for body, field in (
        (b'{"patient": "\\u0000"}', "patient"),
        (b'{"consent": {"note": ["\\u0000"]}}', "consent.note[0]"),
        (b'{"patient": 1, "patient": 2}', "patient"),
        (b'{"a": [{"b": 1, "b": 2}]}', "a[0].b"),
        (deep, ".".join("a" * MAX_DEPTH)),
        (b'{"a":' + b"[" * 900 + b"]" * 900 + b"}", "a" + "[0]" * (MAX_DEPTH - 1)),
    ):
        answer = world.doctor.api.send("POST", PATH, body=body)
        shaped(answer, 400, "malformed-body", field)


def test_a_body_that_is_too_large(world: World) -> None:
    body = b'{"diagnosis": "' + b"x" * MAX_BYTES + b'"}'
    shaped(world.doctor.api.send("POST", PATH, body=body), 413, "body-too-large")


def test_the_reader_chooses_the_language(world: World) -> None:
    path = f"/referrals/{uuid7()}/"
    english = world.doctor.api.get(path, headers={"Accept-Language": "en"})
    assert english.body["detail"] == "There is no such object."
    chinese = world.doctor.api.get(path, headers={"Accept-Language": "zh-CN"})
    assert any("一" <= char <= "鿿" for char in chinese.body["detail"])
    assert english.code == chinese.code


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_refusal_has_its_status(kind: Kind) -> None:
    answer = problems.handle(Refused("some-code", "why", kind=kind, errors={"a": ["b"]}), {})
    assert answer is not None
    assert answer.status_code == kind.value
    assert answer.data["code"] == "some-code"
    assert answer.data["errors"] == {"a": ["b"]}


def test_nested_errors_are_told_by_path() -> None:
    detail: Any = {
        "consent": {"method": ["needed"], "non_field_errors": ["odd"]},
        "identifiers": [{}, {"value": ["bad"]}],
        "name": ["one", "two"],
    }
    answer = problems.handle(exceptions.ValidationError(detail), {})
    assert answer is not None
    assert answer.data["errors"] == {
        "consent.method": ["needed"],
        "consent": ["odd"],
        "identifiers[1].value": ["bad"],
        "name": ["one", "two"],
    }


def test_too_many_requests_say_when_to_come_back() -> None:
    answer = problems.handle(exceptions.Throttled(wait=3.2), {})
    assert answer is not None
    assert (answer.status_code, answer.data["code"]) == (429, "too-many-requests")
    assert answer["Retry-After"] == "4"


def test_a_busy_database_is_503_and_names_no_detail(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_all: object, **_more: object) -> None:
        raise OperationalError("canceling statement due to lock timeout on referral 4711")

    sent = world.at(Status.SUBMITTED)
    monkeypatch.setattr(queries, "lock", busy)
    answer = do(world.office, "accept", sent)
    body = shaped(answer, 503, "busy")
    assert answer.headers["Retry-After"] == "1"
    assert "4711" not in body["detail"]


def test_a_defect_is_no_problem_of_the_caller() -> None:
    assert problems.handle(ZeroDivisionError(), {}) is None
