"""Reschedule: the receiver moves a visit, as often as it must."""

import pytest

from referral.states import Status
from tests.factories import World
from tests.referral.expect import hidden_from, history, moved, refused, well_mannered
from tests.referral.test_schedule import body, visit


def test_the_receiver_moves_the_visit(world: World) -> None:
    scheduled, when = world.at(Status.SCHEDULED), visit(5)
    assert scheduled.scheduled_for != when
    after = moved(world.office, "reschedule", scheduled, body(when), told=[world.clinic])
    assert after.scheduled_for == when


def test_again_and_again(world: World) -> None:
    scheduled = world.at(Status.SCHEDULED)
    for days in (3, 4, 5):
        moved(world.office, "reschedule", scheduled, body(visit(days)), told=[world.clinic])
    assert history(scheduled).count("reschedule") == 3


def test_who_may_not_reschedule(world: World) -> None:
    scheduled = world.at(Status.SCHEDULED)
    refused(world.doctor, "reschedule", scheduled, 403, "not-receiver", body())
    hidden_from(world.stranger, "reschedule", scheduled, body())
    refused(world.office, "reschedule", scheduled, 400, "invalid", {})
    refused(world.office, "reschedule", scheduled, 422, "visit-time", body(visit(-3)))


@pytest.mark.parametrize("status", [Status.ACCEPTED, Status.ARRIVED, Status.NO_SHOW])
def test_only_what_is_scheduled(world: World, status: Status) -> None:
    refused(world.office, "reschedule", world.at(status), 409, "wrong-state", body())


def test_manners(world: World) -> None:
    well_mannered(world.office, "reschedule", world.at(Status.SCHEDULED), body())
