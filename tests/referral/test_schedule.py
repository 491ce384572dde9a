"""Schedule: the receiver fixes the visit or admission of a patient it has accepted."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from referral.states import Status
from tests.factories import World
from tests.referral.expect import hidden_from, moved, refused, well_mannered


def visit(days: int = 2) -> datetime:
    return (timezone.now() + timedelta(days=days)).replace(microsecond=0)


def body(when: datetime | None = None) -> dict[str, str]:
    return {"scheduled_for": (when or visit()).isoformat(), "note": "门诊三楼"}


def test_the_receiver_schedules(world: World) -> None:
    when = visit()
    after = moved(
        world.office, "schedule", world.at(Status.ACCEPTED), body(when), told=[world.clinic]
    )
    assert after.scheduled_for == when


def test_the_sender_sees_when_and_until_when(world: World) -> None:
    when = visit()
    accepted = world.at(Status.ACCEPTED)
    moved(world.office, "schedule", accepted, body(when), told=[world.clinic])
    shown = world.doctor.api.get(f"/referrals/{accepted.pk}/").body
    assert datetime.fromisoformat(shown["scheduled_for"]) == when
    assert datetime.fromisoformat(shown["due_at"]) == when + timedelta(days=7)


def test_a_time_is_needed(world: World) -> None:
    accepted = world.at(Status.ACCEPTED)
    for bad in ({}, {"scheduled_for": None}, {"scheduled_for": "soon"}):
        answer = refused(world.office, "schedule", accepted, 400, "invalid", bad)
        assert set(answer.body["errors"]) == {"scheduled_for"}


def test_not_in_the_past_and_not_years_ahead(world: World) -> None:
    accepted = world.at(Status.ACCEPTED)
    refused(world.office, "schedule", accepted, 422, "visit-time", body(visit(-1)))
    refused(world.office, "schedule", accepted, 422, "visit-time", body(visit(370)))


def test_who_may_not_schedule(world: World) -> None:
    accepted = world.at(Status.ACCEPTED)
    refused(world.doctor, "schedule", accepted, 403, "not-receiver", body())
    refused(world.manager, "schedule", accepted, 403, "not-receiver", body())
    hidden_from(world.stranger, "schedule", accepted, body())


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.SCHEDULED, Status.ARRIVED])
def test_only_what_is_accepted(world: World, status: Status) -> None:
    refused(world.office, "schedule", world.at(status), 409, "wrong-state", body())


def test_manners(world: World) -> None:
    well_mannered(world.office, "schedule", world.at(Status.ACCEPTED), body())


def test_times_at_the_ends_of_the_calendar(world: World) -> None:
    accepted = world.at(Status.ACCEPTED)
    for text in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "0000-00-00T00:00:00Z"):
        refused(world.office, "schedule", accepted, 400, "invalid", {"scheduled_for": text})
    for text in ("0001-01-01T12:00:00Z", "9999-12-31T12:00:00Z"):
        refused(world.office, "schedule", accepted, 422, "visit-time", {"scheduled_for": text})
