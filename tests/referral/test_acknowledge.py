"""Acknowledge: the receiver of an emergency, which needs no acceptance, says that it is expected."""

import pytest

from referral.states import Status
from tests.factories import World
from tests.referral.expect import hidden_from, history, moved, refused, well_mannered


def test_the_receiver_acknowledges(world: World) -> None:
    emergency = world.emergency()
    after = moved(world.office, "acknowledge", emergency, told=[world.clinic])
    assert after.acknowledged_at is not None
    assert after.received_by_id == world.office.user.pk
    assert after.decided_at == emergency.decided_at
    assert history(after) == ["create", "submit", "accept", "acknowledge"]


def test_until_then_it_is_due_after_a_quarter_of_an_hour(world: World) -> None:
    emergency = world.emergency()
    body = world.office.api.get(f"/referrals/{emergency.pk}/").body
    assert body["due_at"] is not None
    assert body["acknowledged_at"] is None
    assert "acknowledge" in body["allowed_actions"]
    assert "accept" not in body["allowed_actions"]


def test_once(world: World) -> None:
    seen = world.move(world.emergency(), "acknowledge", world.office)
    refused(world.office, "acknowledge", seen, 409, "already-acknowledged")


def test_only_an_emergency(world: World) -> None:
    refused(world.office, "acknowledge", world.at(Status.ACCEPTED), 409, "not-emergency")


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.SCHEDULED])
def test_only_what_is_accepted(world: World, status: Status) -> None:
    refused(world.office, "acknowledge", world.at(status), 409, "wrong-state")


def test_who_may_not_acknowledge(world: World) -> None:
    emergency = world.emergency()
    refused(world.doctor, "acknowledge", emergency, 403, "not-receiver")
    refused(world.manager, "acknowledge", emergency, 403, "not-receiver")
    hidden_from(world.stranger, "acknowledge", emergency)


def test_manners(world: World) -> None:
    well_mannered(world.office, "acknowledge", world.emergency())
