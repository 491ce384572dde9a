"""Update: the sender changes a draft; what has been handed on is not changed any more."""

from typing import Any

import pytest

from accounts.ids import uuid7
from referral.models import Referral
from referral.states import Status, Urgency
from tests.api import Answer
from tests.facilities.factories import make_department
from tests.factories import Person, World, reload
from tests.referral.expect import audited, history, snapshot


def change(who: Person, referral: Referral, body: dict[str, Any], **headers: Any) -> Answer:
    return who.api.patch(f"/referrals/{referral.pk}/", body, **headers)


def unchanged(
    who: Person, referral: Referral, body: dict[str, Any], status: int, code: str, **headers: Any
) -> Answer:
    before = snapshot()
    answer = change(who, referral, body, **headers)
    assert (answer.status, answer.code) == (status, code), answer
    assert snapshot() == before
    return answer


def test_the_author_changes_words(world: World) -> None:
    draft = world.draft()
    answer = change(world.doctor, draft, {"diagnosis": "高血压2级", "urgency": "urgent"})
    assert answer.status == 200, answer
    assert answer.headers["ETag"] == '"2"'
    after = reload(draft)
    assert (after.diagnosis, after.urgency, after.version) == ("高血压2级", Urgency.URGENT, 2)
    assert after.reason == draft.reason
    assert history(after) == ["create"]
    assert audited(after, "referral.update", by=world.doctor) == 1


def test_another_destination(world: World) -> None:
    ward = make_department(world.second)
    body = {"to_facility": str(world.second.pk), "to_department": str(ward.pk)}
    answer = change(world.doctor, world.draft(), body)
    assert answer.body["to_facility"] == {"id": str(world.second.pk), "name": world.second.name}
    assert answer.body["to_department"] == {"id": str(ward.pk), "name": ward.name}


def test_no_destination_yet(world: World) -> None:
    answer = change(world.doctor, world.draft(), {"to_facility": None})
    assert answer.body["to_facility"] is None


def test_a_department_does_not_stay_when_the_facility_changes(world: World) -> None:
    ward = make_department(world.hospital)
    draft = world.draft(to_department_id=ward.pk)
    body = {"to_facility": str(world.second.pk)}
    unchanged(world.doctor, draft, body, 422, "unknown-place")


def test_places_that_do_not_exist(world: World) -> None:
    draft = world.draft()
    for name in ("to_facility", "to_department"):
        answer = unchanged(world.doctor, draft, {name: str(uuid7())}, 422, "unknown-place")
        assert set(answer.body["errors"]) == {name}
    unchanged(world.doctor, draft, {"to_facility": str(world.clinic.pk)}, 422, "unknown-place")


def test_a_colleague_changes_it_too(world: World) -> None:
    assert change(world.colleague, world.draft(), {"plan": "复诊"}).status == 200


def test_stale(world: World) -> None:
    draft = world.draft()
    change(world.doctor, draft, {"plan": "一"}, if_match='"1"')
    unchanged(world.colleague, draft, {"plan": "二"}, 412, "stale-referral", if_match='"1"')
    unchanged(world.colleague, draft, {"plan": "二"}, 412, "stale-version", if_match="one")
    for fresh in ('"2"', 'W/"3"', "*"):
        assert change(world.colleague, draft, {"plan": "二"}, if_match=fresh).status == 200


@pytest.mark.parametrize(
    "status", [Status.INTERNAL_REVIEW, Status.SUBMITTED, Status.ACCEPTED, Status.CANCELLED]
)
def test_only_a_draft(world: World, status: Status) -> None:
    unchanged(world.doctor, world.at(status), {"plan": "x"}, 409, "wrong-state")


BAD_FIELDS: tuple[tuple[str, Any], ...] = (
    ("status", "submitted"),
    ("patient", "x"),
    ("from_facility", "x"),
    ("version", 1),
    ("submit", True),
    ("diagnosis", None),
    ("urgency", "soon"),
    ("to_facility", "x"),
)


def test_a_bad_field_is_named(world: World) -> None:
    draft = world.draft()
    for field, value in BAD_FIELDS:
        answer = unchanged(world.doctor, draft, {field: value}, 400, "invalid")
        assert set(answer.body["errors"]) == {field}, (field, value)


def test_who_may_not_change(world: World) -> None:
    draft, body = world.draft(), {"plan": "x"}
    unchanged(world.chief, draft, body, 403, "no-permission")
    unchanged(world.office, draft, body, 404, "not-found")
    unchanged(world.stranger, draft, body, 404, "not-found")
    unchanged(world.office, world.at(Status.SUBMITTED), body, 403, "not-sender")
