"""Accept: the receiver takes the patient, at once with a visit if it likes."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from referral.states import Status
from tests.factories import World
from tests.referral.expect import (
    do,
    grant_of,
    heard,
    hidden_from,
    history,
    moved,
    refused,
    well_mannered,
)


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.RECEIVED])
def test_the_receiver_accepts(world: World, status: Status) -> None:
    after = moved(world.office, "accept", world.at(status), told=[world.clinic])
    assert after.decided_at is not None
    assert after.received_by_id == world.office.user.pk
    assert after.ended_at is None
    assert after.scheduled_for is None
    grant = grant_of(after, world.hospital)
    assert grant is not None
    assert grant.ends is None


def test_with_a_visit_in_the_same_step(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    visit = (timezone.now() + timedelta(days=2)).replace(microsecond=0)
    body = {"scheduled_for": visit.isoformat(), "note": "请空腹"}
    answer = do(world.office, "accept", sent, body)
    assert (answer.status, answer.body["status"], answer.body["version"]) == (200, "scheduled", 4)
    assert history(sent) == ["create", "submit", "accept", "schedule"]
    assert heard(sent, "referral.accepted") == {world.clinic.pk}
    assert heard(sent, "referral.scheduled") == {world.clinic.pk}
    sent.refresh_from_db()
    assert sent.scheduled_for == visit


@pytest.mark.parametrize(
    "visit", ["", "tomorrow", "2026-13-01T00:00:00Z", 5, "9999-12-31T23:00:00Z"]
)
def test_a_visit_that_is_no_time(world: World, visit: object) -> None:
    sent = world.at(Status.SUBMITTED)
    answer = refused(world.office, "accept", sent, 400, "invalid", {"scheduled_for": visit})
    assert set(answer.body["errors"]) == {"scheduled_for"}


def test_a_visit_in_the_past_or_years_ahead(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    far = datetime(9999, 12, 31, 15, tzinfo=UTC)
    for visit in (timezone.now() - timedelta(days=2), timezone.now() + timedelta(days=800), far):
        body = {"scheduled_for": visit.isoformat()}
        refused(world.office, "accept", sent, 422, "visit-time", body)


def test_who_may_not_accept(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    refused(world.doctor, "accept", sent, 403, "not-receiver")
    refused(world.manager, "accept", sent, 403, "not-receiver")
    refused(world.second_office, "accept", sent, 404, "not-found")
    hidden_from(world.stranger, "accept", sent)
    hidden_from(world.outsider, "accept", sent)


@pytest.mark.parametrize(
    "status",
    [Status.INFORMATION_REQUESTED, Status.ACCEPTED, Status.DECLINED, Status.COMPLETED],
)
def test_only_what_waits_is_accepted(world: World, status: Status) -> None:
    refused(world.office, "accept", world.at(status), 409, "wrong-state")


def test_the_alliance_manager_hears_nothing_but_sees_it(world: World) -> None:
    accepted = world.at(Status.ACCEPTED)
    assert heard(accepted, "referral.accepted") == {world.clinic.pk}
    body = world.manager.api.get(f"/referrals/{accepted.pk}/").body
    assert (body["status"], body["patient"]) == ("accepted", None)


def test_manners(world: World) -> None:
    well_mannered(world.office, "accept", world.at(Status.SUBMITTED), {"note": "已接收"})
