"""Accepting confirms the seat that the sender holds, unless the receiver names something else."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from facilities.vocabulary import PoolKind
from referral.models import Booking, Referral
from referral.states import Status, Urgency
from referral.tasks import release_holds
from tests.factories import World, as_system
from tests.referral.expect import do, history, refused
from tests.referral.pools import ahead, make_pool, take


def seats(leg: Referral) -> list[tuple[str, str]]:
    as_system()
    rows = Booking.objects.filter(referral=leg).order_by("made_at", "id")
    return list(rows.values_list("state", "release_reason"))


@pytest.mark.parametrize("kind", [PoolKind.SLOT, PoolKind.BED])
@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.RECEIVED])
def test_a_plain_acceptance_confirms_the_held_seat_with_its_time(
    world: World, status: Status, kind: PoolKind
) -> None:
    sent, pool = world.at(status), make_pool(world.hospital, kind=kind)
    held = take(pool, sent, state="held", held_until=ahead(1))
    answer = do(world.office, "accept", sent)
    assert (answer.status, answer.body["status"]) == (200, "scheduled")
    assert datetime.fromisoformat(answer.body["scheduled_for"]) == pool.starts_at
    assert history(sent)[-2:] == ["accept", "schedule"]
    assert seats(sent) == [("booked", "")]
    assert Booking.objects.get(referral=sent).pk == held.pk
    # It does not run out any more: the sweep of the day after leaves it alone.
    Booking.objects.filter(pk=held.pk, held_until__isnull=True).get()
    assert release_holds() == 0


def test_held_submitted_and_accepted_by_the_two_ends(world: World) -> None:
    draft, pool = world.draft(), make_pool(world.hospital, starts_at=ahead(9))
    path = f"/referrals/{draft.pk}/hold/"
    assert world.doctor.api.post(path, {"pool": str(pool.pk)}).status == 201
    world.move(draft, "submit", world.doctor)
    assert do(world.office, "accept", draft).body["status"] == "scheduled"
    seen = world.doctor.api.get(path).body
    assert (seen["state"], seen["held_until"]) == ("booked", None)
    # The last seat is taken for everybody else, and only its receiver moves it.
    other = world.at(Status.SUBMITTED)
    refused(world.office, "accept", other, 409, "slot-taken", {"pool": str(pool.pk)})
    assert world.doctor.api.send("DELETE", path).code == "wrong-state"
    assert world.stranger.api.get(path).status == 404


def test_another_session_named_takes_the_place_of_the_held_one(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    mine, other = make_pool(world.hospital), make_pool(world.hospital, starts_at=ahead(2))
    take(mine, sent, state="held", held_until=ahead(1))
    answer = do(world.office, "accept", sent, {"pool": str(other.pk)})
    assert datetime.fromisoformat(answer.body["scheduled_for"]) == other.starts_at
    assert seats(sent) == [("released", "moved"), ("booked", "")]


def test_a_plain_time_named_gives_the_held_seat_back(world: World) -> None:
    sent, pool = world.at(Status.SUBMITTED), make_pool(world.hospital)
    take(pool, sent, state="held", held_until=ahead(1))
    answer = do(world.office, "accept", sent, {"scheduled_for": str(ahead(3))})
    assert datetime.fromisoformat(answer.body["scheduled_for"]) == ahead(3)
    assert seats(sent) == [("released", "moved")]


@pytest.mark.parametrize("over", [False, True])
def test_what_ran_out_or_began_is_not_taken_back(world: World, over: bool) -> None:
    """The plain acceptance is not refused for it: the receiver named no session."""
    sent, now = world.at(Status.SUBMITTED), timezone.now()
    start = now - timedelta(minutes=1) if over else ahead()
    pool = make_pool(world.hospital, starts_at=start, opens_at=ahead(-9))
    take(pool, sent, state="held", held_until=ahead(1) if over else now)
    answer = do(world.office, "accept", sent)
    assert (answer.status, answer.body["status"]) == (200, "accepted")
    assert seats(sent) == [("held", "")]
    if not over:
        release_holds()
        assert seats(sent) == [("released", "lapsed")]


def test_a_refused_acceptance_confirms_nothing(world: World) -> None:
    sent, pool = world.at(Status.INFORMATION_REQUESTED), make_pool(world.hospital)
    take(pool, sent, state="held", held_until=ahead(1))
    refused(world.office, "accept", sent, 409, "wrong-state")
    refused(world.doctor, "accept", sent, 403, "not-receiver")
    refused(world.stranger, "accept", sent, 404, "not-found")
    assert seats(sent) == [("held", "")]


def test_an_emergency_has_its_seat_booked_when_it_is_sent_and_still_alarms(world: World) -> None:
    draft = world.draft(urgency=Urgency.EMERGENCY)
    bed = make_pool(world.hospital, kind=PoolKind.BED)
    assert world.doctor.api.post(f"/referrals/{draft.pk}/hold/", {"bed": str(bed.pk)}).status == 201
    answer = do(world.doctor, "submit", draft)
    # Not scheduled: it would no longer wait for the acknowledgement.
    assert (answer.body["status"], answer.body["scheduled_for"]) == ("accepted", None)
    assert seats(draft) == [("booked", "")]
    assert do(world.office, "acknowledge", draft).status == 200
    assert do(world.office, "schedule", draft, {"bed": str(bed.pk)}).status == 200
    assert seats(draft) == [("booked", "")]


def test_the_sweep_books_what_an_acceptance_could_not_see(world: World) -> None:
    accepted, waiting, late = (
        world.at(Status.ACCEPTED),
        world.at(Status.SUBMITTED),
        world.at(Status.ACCEPTED),
    )
    for number, leg in enumerate((accepted, waiting)):
        pool = make_pool(world.hospital, starts_at=ahead(2 + number))
        take(pool, leg, state="held", held_until=ahead(1))
    take(make_pool(world.hospital), late, state="held", held_until=timezone.now())
    assert release_holds() == 1
    assert (seats(accepted), seats(waiting)) == ([("booked", "")], [("held", "")])
    assert seats(late) == [("released", "lapsed")]


@pytest.mark.parametrize("verb", ["accept", "schedule"])
@pytest.mark.parametrize("minutes", [0, 1])
def test_the_time_of_the_seat_named_is_its_session(world: World, verb: str, minutes: int) -> None:
    """Pages know times alone; another minute is another time."""
    leg = world.at(Status.SUBMITTED if verb == "accept" else Status.ACCEPTED)
    pool = make_pool(world.hospital)
    take(pool, leg, state="held", held_until=ahead(1))
    at = pool.starts_at + timedelta(minutes=minutes)
    answer = do(world.office, verb, leg, {"scheduled_for": at.isoformat()})
    assert (answer.status, datetime.fromisoformat(answer.body["scheduled_for"])) == (200, at)
    assert seats(leg) == [("released", "moved") if minutes else ("booked", "")]


def test_the_time_of_a_seat_that_ran_out_is_a_plain_time(world: World) -> None:
    leg, pool = world.at(Status.SUBMITTED), make_pool(world.hospital)
    take(pool, leg, state="held", held_until=timezone.now())
    do(world.office, "accept", leg, {"scheduled_for": pool.starts_at.isoformat()})
    assert seats(leg) == [("released", "moved")]
