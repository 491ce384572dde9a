"""Open: the receiver notes that it has seen a referral."""

from referral.states import Status
from tests.factories import World
from tests.referral.expect import history, moved, refused, well_mannered


def test_the_receiver_opens(world: World) -> None:
    after = moved(world.office, "open", world.at(Status.SUBMITTED), told=[world.clinic])
    assert after.received_by_id is None
    assert after.decided_at is None
    assert history(after) == ["create", "submit", "open"]


def test_reading_does_not_open(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    answer = world.office.api.get(f"/referrals/{sent.pk}/")
    assert answer.body["status"] == "submitted"
    assert "open" in answer.body["allowed_actions"]
    assert history(sent) == ["create", "submit"]


def test_who_may_not_open(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    refused(world.doctor, "open", sent, 403, "not-receiver")
    refused(world.manager, "open", sent, 403, "not-receiver")
    refused(world.stranger, "open", sent, 404, "not-found")
    refused(world.outsider, "open", sent, 404, "not-found")
    refused(world.auditor, "open", sent, 403, "no-permission")
    refused(world.anonymous, "open", sent, 401, "not-authenticated")


def test_only_once(world: World) -> None:
    refused(world.office, "open", world.at(Status.RECEIVED), 409, "wrong-state")
    refused(world.office, "open", world.emergency(), 409, "wrong-state")


def test_manners(world: World) -> None:
    well_mannered(world.office, "open", world.at(Status.SUBMITTED))
