"""Sixteen want the last seat of a session at the same instant: one gets it, and every count stays true."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

import pytest
from django.db import IntegrityError
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from accounts.errors import Refused
from facilities.models import Pool
from referral import actions, availability
from referral.actions import seats
from referral.models import Booking, Referral
from referral.states import Status
from tests.races.racers import RACERS, Racers, code_of
from tests.referral.pools import ahead, make_pool
from tests.security.world import Person, World, act

ROUNDS: Final = 200
FEW_ROUNDS: Final = 10


@pytest.fixture
def legs(world: World) -> list[Referral]:
    """Sixteen accepted legs, which compete round after round."""
    return [world.leg(Status.ACCEPTED) for _racer in range(RACERS)]


def session(world: World, number: int, *, places: int = 1) -> Pool:
    start = ahead(1) + timedelta(minutes=number)
    return make_pool(world.facilities["receiver"], starts_at=start, places=places)


def taken(pool: Pool) -> list[int]:
    """Return the seats that are taken, checked against what the database counts as free."""
    with scope.transaction_as(Actor.system()):
        rows = Booking.objects.filter(pool=pool, released_at__isnull=True)
        found = sorted(rows.values_list("seat", flat=True))
        left = availability.free_of(pool, primary=True, at=timezone.now())
    assert pool.places - left == len(found)
    return found


@pytest.mark.slow
def test_the_last_seat_goes_to_exactly_one_of_sixteen(
    world: World, doctors: list[Person], team: Racers, legs: list[Referral]
) -> None:
    for number in range(ROUNDS):
        pool = session(world, number)
        # A leg that won a round is scheduled from then on.
        verbs = {Status.ACCEPTED: actions.schedule, Status.SCHEDULED: actions.reschedule}
        with scope.transaction_as(Actor.system()):
            status = dict(
                Referral.objects.filter(pk__in=[leg.pk for leg in legs]).values_list("id", "status")
            )
        tasks = [
            code_of(partial(act, who.actor, verbs[Status(status[leg.pk])], leg.pk, pool_id=pool.pk))
            for who, leg in zip(doctors, legs, strict=True)
        ]
        assert Counter(team.race(tasks)) == {"ok": 1, "slot-taken": RACERS - 1}
        assert taken(pool) == [1]


@pytest.mark.slow
def test_five_seats_go_to_five(world: World, team: Racers) -> None:
    clinic = world.doctor("sender")
    drafts = [world.draft() for _racer in range(RACERS)]
    for number in range(FEW_ROUNDS):
        pool = session(world, number, places=5)
        tasks = [
            code_of(partial(act, clinic, actions.hold, leg.pk, pool_id=pool.pk)) for leg in drafts
        ]
        assert Counter(team.race(tasks)) == {"ok": 5, "slot-taken": RACERS - 5}
        assert taken(pool) == [1, 2, 3, 4, 5]


@pytest.mark.slow
def test_held_confirmed_given_back_and_ended_at_once_never_double(
    world: World, doctors: list[Person], team: Racers
) -> None:
    clinic = world.doctor("sender")
    for number in range(FEW_ROUNDS):
        pool = session(world, number, places=2)
        waiting = [world.submitted() for _leg in range(4)]
        act(clinic, actions.hold, waiting[0].pk, pool_id=pool.pk)
        tasks: list[Callable[[], Any]] = [
            partial(act, doctors[0].actor, actions.accept, waiting[0].pk, pool_id=pool.pk),
            partial(act, clinic, actions.give_back, waiting[0].pk),
            partial(act, clinic, actions.hold, waiting[0].pk, pool_id=pool.pk),
            partial(act, clinic, actions.cancel, waiting[1].pk, reason="duplicate"),
            partial(act, doctors[1].actor, actions.accept, waiting[1].pk, pool_id=pool.pk),
            partial(act, doctors[2].actor, actions.accept, waiting[2].pk, pool_id=pool.pk),
            partial(act, doctors[3].actor, actions.decline, waiting[2].pk, reason="capacity"),
            partial(act, clinic, actions.hold, waiting[3].pk, pool_id=pool.pk),
            partial(_sweep, timezone.now() + timedelta(days=9)),
        ]
        codes = set(team.race([code_of(task) for task in tasks]))
        assert codes <= {"ok", "slot-taken", "wrong-state", "not-held"}, codes
        found = taken(pool)
        assert len(found) == len(set(found)) <= 2
        with scope.transaction_as(Actor.system()):
            ended = Booking.objects.filter(
                pool=pool, released_at__isnull=True, referral__ended_at__isnull=False
            )
            assert not ended.exists()


@pytest.mark.slow
def test_sent_swept_and_wanted_by_others_at_once_a_seat_is_never_double(
    world: World, doctors: list[Person], team: Racers
) -> None:
    """Sending prolongs a hold by the clock of its own start, while others find it lapsed by theirs."""
    clinic = world.doctor("sender")
    kept = 0
    for number in range(FEW_ROUNDS):
        pool = session(world, number)
        draft, other, waiting = world.draft(), world.draft(), world.leg(Status.ACCEPTED)
        act(clinic, actions.hold, draft.pk, pool_id=pool.pk)
        lapsed = timezone.now() + timedelta(minutes=31)
        here = {"pool_id": pool.pk, "now": lapsed}
        tasks: list[Callable[[], Any]] = [
            partial(act, clinic, actions.submit, draft.pk),
            partial(act, clinic, actions.hold, other.pk, **here),
            partial(act, doctors[0].actor, actions.schedule, waiting.pk, **here),
            partial(_sweep, lapsed),
        ]
        codes = team.race([code_of(task) for task in tasks])
        assert codes[0] == codes[3] == "ok"
        assert set(codes[1:3]) <= {"ok", "slot-taken"}
        found = taken(pool)
        assert len(found) <= 1
        with scope.transaction_as(Actor.system()):
            row = Booking.objects.filter(pool=pool, released_at__isnull=True).first()
        # Who was told that the seat is his has it, and nobody else.
        told = {pk for pk, code in ((other.pk, codes[1]), (waiting.pk, codes[2])) if code == "ok"}
        assert row is None or row.referral_id in (told or {draft.pk})
        kept += row is not None
    assert kept


def _sweep(now: datetime) -> None:
    with scope.transaction_as(Actor.system()):
        actions.release_lapsed(now=now, limit=100)


@pytest.mark.slow
def test_a_limit_is_never_lowered_below_what_is_being_taken(
    world: World, doctors: list[Person], team: Racers, legs: list[Referral]
) -> None:
    office = Actor.system()
    here = world.facilities["receiver"].pk
    for number in range(FEW_ROUNDS):
        pool = session(world, number, places=3)
        lower = partial(act, office, actions.alter_pool, here, pool.pk, changes={"places": 2})
        verb = actions.schedule if number == 0 else actions.reschedule
        book = [
            partial(act, who.actor, verb, leg.pk, pool_id=pool.pk)
            for who, leg in zip(doctors[:3], legs[:3], strict=True)
        ]
        attempts: list[Callable[[], Any]] = [lower, *book]
        codes = team.race([code_of(task) for task in attempts])
        with scope.transaction_as(Actor.system()):
            pool.refresh_from_db()
        lowered = codes[0] == "ok"
        assert codes[0] in {"ok", "below-taken"}
        assert (pool.places, len(taken(pool))) == ((2, 2) if lowered else (3, 3))
        # For the next round everybody has a time again.
        for who, leg in zip(doctors[:3], legs[:3], strict=True):
            again = (
                actions.reschedule
                if codes[1 + legs.index(leg)] == "ok" or number
                else actions.schedule
            )
            act(who.actor, again, leg.pk, scheduled_for=ahead(5))


def _naive_booking(leg: Referral, pool_id: UUID, *, by: Actor) -> None:
    """Count and write without the lock of the pool's row: the mistake that this file must be able to see."""
    now = timezone.now()
    seat = seats.next_free(pool_id, primary=True, at=now)
    if seat is None:
        raise Refused("slot-taken", "")
    booking = Booking(
        referral=leg, pool_id=pool_id, seat=seat, from_primary=True, state="booked", made_at=now
    )
    seats.insert(booking, by=by)


@pytest.mark.slow
def test_the_race_catches_a_booking_without_a_lock_and_the_database_stops_it(
    world: World, doctors: list[Person], team: Racers
) -> None:
    """The control: two are told that the seat is free, and only the constraint keeps the second out."""
    stopped = 0

    def attempt(who: Person, leg: Referral, pool: Pool) -> str:
        try:
            act(who.actor, partial(_naive_booking, leg, pool.pk))
        except Refused as refusal:
            return refusal.code
        except IntegrityError:
            return "stopped"
        return "ok"

    for number in range(FEW_ROUNDS):
        pool = session(world, number)
        fresh = [world.leg(Status.ACCEPTED) for _racer in range(RACERS)]
        tasks = [partial(attempt, who, leg, pool) for who, leg in zip(doctors, fresh, strict=True)]
        codes = Counter(team.race(tasks))
        assert codes["ok"] == 1
        stopped += codes["stopped"] > 0
        assert taken(pool) == [1]
    assert stopped > FEW_ROUNDS // 2
