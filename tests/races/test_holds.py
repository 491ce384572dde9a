"""What a hold does that commits while another request waits for the same leg, or counts the same holds."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Final

import pytest
from django.db import connection
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from accounts.permissions import Role
from facilities import capacity
from referral import actions
from referral.models import Booking, Referral
from referral.tasks import release_holds
from tests.races.racers import RACERS, Racers, code_of
from tests.referral.pools import ahead, make_pool
from tests.security.world import World, act

PATIENCE: Final = 20.0
MOST: Final = 3


def while_it_waits(
    team: Racers, first: Callable[[], Any], by: Actor, second: Callable[[], Any]
) -> Any:
    """Do `first` in a transaction that ends only once `second` waits for its lock; return what that returns."""
    with scope.transaction_as(by):
        first()
        waiting: Future[Any] = team.pool.submit(second)
        until_somebody_waits()
    return waiting.result(PATIENCE)


def until_somebody_waits() -> None:
    ends = time.monotonic() + PATIENCE
    with connection.cursor() as cursor:
        while time.monotonic() < ends:
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = "
                "ANY (pg_blocking_pids(pid)))"
            )
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    raise AssertionError("nobody waits")


def kept(leg: Referral) -> Booking:
    with scope.transaction_as(Actor.system()):
        return Booking.objects.get(referral=leg, released_at__isnull=True)


@pytest.mark.parametrize("reviewed", [False, True])
def test_a_hold_made_while_the_submission_waits_is_kept_for_the_answer(
    world: World, team: Racers, reviewed: bool
) -> None:
    """The submission began before the hold was there to be seen, and yet sends it along."""
    clinic = world.doctor("sender")
    draft, pool = world.draft(), make_pool(world.facilities["receiver"], starts_at=ahead(9))
    send = partial(act, clinic, actions.submit, draft.pk)
    if reviewed:
        act(clinic, actions.request_review, draft.pk)
        chief = world.who("sender", Role.REFERRAL_OFFICE).actor
        send = partial(act, chief, actions.approve, draft.pk)
    holds = partial(actions.hold, draft.pk, by=clinic, pool_id=pool.pk)
    while_it_waits(team, holds, clinic, send)
    ends = kept(draft).held_until
    assert ends is not None
    assert ends > timezone.now() + timedelta(hours=47)


@pytest.mark.parametrize("most", [MOST, RACERS])
def test_sixteen_drafts_at_once_hold_no_more_seats_than_a_facility_may(
    world: World, team: Racers, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Each counts only what is committed, so they count one after another; the sessions are sixteen too.

    Nobody is refused for what another only tries.
    """
    few = replace(capacity.rules(), most_holds=most)
    monkeypatch.setattr(capacity, "rules", lambda: few)
    clinic, hospital = world.doctor("sender"), world.facilities["receiver"]
    tasks = []
    for number in range(RACERS):
        pool = make_pool(hospital, starts_at=ahead(2) + timedelta(minutes=number))
        draft = world.draft()
        tasks.append(code_of(partial(act, clinic, actions.hold, draft.pk, pool_id=pool.pk)))
    codes = Counter(team.race(tasks))
    assert codes == +Counter({"ok": most, "too-many-holds": RACERS - most})


def test_a_hold_made_while_the_acceptance_waits_is_booked_by_the_sweep(
    world: World, team: Racers
) -> None:
    clinic, hospital = world.doctor("sender"), world.doctor("receiver")
    leg, pool = world.submitted(), make_pool(world.facilities["receiver"], starts_at=ahead(9))
    holds = partial(actions.hold, leg.pk, by=clinic, pool_id=pool.pk)
    while_it_waits(team, holds, clinic, partial(act, hospital, actions.accept, leg.pk))
    release_holds()
    assert kept(leg).state == "booked"
