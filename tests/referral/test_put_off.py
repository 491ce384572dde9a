"""Put off: either end notes that the patient cannot come; the place goes back, and the clock goes on."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.actors import Actor
from referral import actions, clocks, sla
from referral.codes import PutOffReason, ReleaseReason
from referral.models import Booking, BookingState, Referral
from referral.queries import referrals as queries
from referral.states import Status
from tests.factories import World, as_system, reload
from tests.referral.expect import do, hidden_from, moved, refused, well_mannered
from tests.referral.pools import make_pool
from tests.referral.test_schedule import body, visit

BODY = {"reason": PutOffReason.TRANSPORT.value}


def put_off(world: World) -> Referral:
    """Return a leg whose patient cannot come."""
    leg = world.at(Status.SCHEDULED)
    return world.move(leg, "put_off", world.office, reason="transport")


@pytest.mark.parametrize("end", ["sender", "receiver"])
def test_either_end_notes_it_and_the_other_hears(world: World, end: str) -> None:
    by, other = (world.doctor, world.hospital) if end == "sender" else (world.office, world.clinic)
    leg = world.at(Status.SCHEDULED)
    after = moved(by, "put_off", leg, {**BODY, "note": "下雪"}, told=[other])
    last = after.transitions.get(version=after.version)
    assert (last.reason_code, last.note) == ("transport", "下雪")
    assert (after.visit, after.scheduled_for) == (None, leg.scheduled_for)


def test_no_visit_is_told_of_any_more(world: World) -> None:
    leg = put_off(world)
    answer = world.doctor.api.get(f"/referrals/{leg.pk}/")
    assert answer.body["scheduled_for"] is None
    assert {"schedule", "arrive", "decline"} <= set(
        world.office.api.get(f"/referrals/{leg.pk}/").body["allowed_actions"]
    )


def test_the_place_goes_back(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    pool = make_pool(world.hospital, places=1)
    assert do(world.office, "accept", leg, {"pool": str(pool.pk)}).status == 200
    moved(world.office, "put_off", leg, BODY, told=[world.clinic])
    as_system()
    booking = Booking.objects.get(referral=leg)
    assert (booking.state, booking.release_reason) == (BookingState.RELEASED, ReleaseReason.MOVED)


def test_another_time_is_found(world: World) -> None:
    leg, when = put_off(world), visit(9)
    after = moved(world.office, "schedule", leg, body(when), told=[world.clinic])
    assert after.visit == when
    moved(world.office, "put_off", after, BODY, told=[world.clinic])


def test_the_time_to_find_another_runs_from_the_visit_that_was_put_off(world: World) -> None:
    """However long ago it was accepted, nobody is late before the visit would have been."""
    leg = world.at(Status.ACCEPTED)
    when = timezone.now() + timedelta(days=60)
    leg = world.move(leg, "schedule", world.office, scheduled_for=when)
    leg = world.move(leg, "put_off", world.doctor, reason="too_unwell")
    due = sla.due(leg, clocks.rules())
    assert due is not None
    assert due.since == when
    as_system()
    assert queries.not_arrived(when + timedelta(days=1), limit=10) == []
    assert not sla.overdue(leg, due.at - timedelta(minutes=1), clocks.rules())
    assert sla.overdue(leg, due.at + timedelta(minutes=1), clocks.rules())


def test_nobody_who_said_so_is_recorded_as_staying_away(world: World) -> None:
    leg, far = put_off(world), timezone.now() + timedelta(days=400)
    as_system()
    overdue = Referral.objects.filter(sla.overdue_filter(far, clocks.rules()))
    assert list(overdue.values_list("pk", flat=True)) == [leg.pk]
    assert queries.not_arrived(far, limit=10) == []
    world.move(leg, "record_no_show", world.office)


def test_the_system_does_it_for_the_patient_and_both_ends_hear(world: World) -> None:
    leg = world.at(Status.SCHEDULED)
    as_system()
    actions.put_off(leg.pk, by=Actor.system(), reason="feels_better")
    after = reload(leg)
    assert after.status == Status.ACCEPTED
    row = after.transitions.get(verb="put_off")
    assert (row.by_id, row.facility_id) == (None, None)


def test_who_may_not(world: World) -> None:
    leg = world.at(Status.SCHEDULED)
    refused(world.chief, "put_off", leg, 403, "role-lacks-right", BODY)
    refused(world.manager, "put_off", leg, 403, "not-a-party", BODY)
    hidden_from(world.stranger, "put_off", leg, BODY)
    refused(world.office, "put_off", leg, 400, "invalid", {})
    refused(world.office, "put_off", leg, 400, "invalid", {"reason": "capacity"})


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.ACCEPTED, Status.ARRIVED])
def test_only_what_is_scheduled(world: World, status: Status) -> None:
    refused(world.office, "put_off", world.at(status), 409, "wrong-state", BODY)


def test_manners(world: World) -> None:
    well_mannered(world.office, "put_off", world.at(Status.SCHEDULED), BODY)
