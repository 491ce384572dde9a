"""Arrive: the receiver confirms that the patient has come."""

from datetime import datetime, timedelta

import pytest

from referral.states import Status
from tests.factories import World
from tests.referral.expect import grant_of, hidden_from, moved, refused, well_mannered


@pytest.mark.parametrize("status", [Status.ACCEPTED, Status.SCHEDULED])
def test_the_receiver_confirms(world: World, status: Status) -> None:
    after = moved(world.office, "arrive", world.at(status), told=[world.clinic])
    assert after.arrived_at is not None
    assert after.ended_at is None
    grant = grant_of(after, world.hospital)
    assert grant is not None
    assert grant.ends is None


def test_the_result_is_due_while_the_patient_is_treated(world: World) -> None:
    arrived = world.at(Status.ARRIVED)
    body = world.office.api.get(f"/referrals/{arrived.pk}/").body
    assert arrived.arrived_at is not None
    assert datetime.fromisoformat(body["due_at"]) == arrived.arrived_at + timedelta(days=14)
    assert body["overdue"] is False
    assert set(body["allowed_actions"]) == {"complete", "return"}


def test_an_emergency_arrives_without_waiting_for_anybody(world: World) -> None:
    after = moved(world.office, "arrive", world.emergency(), told=[world.clinic])
    assert after.acknowledged_at is None


def test_the_first_contact_below(world: World) -> None:
    down = world.returning(Status.ACCEPTED)
    moved(world.doctor, "arrive", down, told=[world.hospital])


def test_who_may_not_confirm(world: World) -> None:
    accepted = world.at(Status.ACCEPTED)
    refused(world.doctor, "arrive", accepted, 403, "not-receiver")
    refused(world.manager, "arrive", accepted, 403, "not-receiver")
    hidden_from(world.stranger, "arrive", accepted)


@pytest.mark.parametrize(
    "status", [Status.SUBMITTED, Status.RECEIVED, Status.ARRIVED, Status.NO_SHOW, Status.DECLINED]
)
def test_only_whom_one_expects(world: World, status: Status) -> None:
    refused(world.office, "arrive", world.at(status), 409, "wrong-state")


def test_manners(world: World) -> None:
    well_mannered(world.office, "arrive", world.at(Status.ACCEPTED))
