"""Sweeps what time alone brings about; each sweep derives its work from rows and may run twice."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from celery import shared_task
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from accounts.errors import Refused
from referral import actions, consents, reminders
from referral.actions import advising, order_consents, ordering
from referral.queries import advice as queries_advice
from referral.queries import order_consents as queries_order_consents
from referral.queries import orders as queries_orders
from referral.queries import referrals as queries
from referral.queries import returns as queries_returns

logger = logging.getLogger(__name__)
BATCH = 200
# At 5 minutes' distance, 10,000 facilities are measured within 6 hours.
MEASURED_AT_ONCE = 200


@shared_task(name="referral.tasks.sweep", ignore_result=True)
def sweep() -> int:
    """Record a no-show where the arrival window has ended; returns how many moves were made.

    Each leg has a transaction of its own, so that one refusal stops no other; a leg that a person
    moved meanwhile is left alone by policy.
    """
    now = timezone.now()
    with scope.transaction_as(Actor.system()):
        late = queries.not_arrived(now, limit=BATCH)
    return _each(late, actions.record_no_show, now)


@shared_task(name="referral.tasks.hand_on", ignore_result=True)
def hand_on() -> int:
    """Complete the returns whose patients have come to a hospital again; returns how many."""
    now = timezone.now()
    with scope.transaction_as(Actor.system()):
        gone = queries_returns.taken_up_again(limit=BATCH)
    return _each(gone, actions.hand_on, now)


@shared_task(name="referral.tasks.remind", ignore_result=True)
def remind() -> int:
    """Call for what is overdue, then do what alliances let the system do; returns how many of both.

    The work is what the rows say is due and was not done, the urgent and the oldest first: a sweep that
    was killed goes on where it stopped, one that was away for days makes each call once.
    """
    now = timezone.now()
    done = 0
    for batch in _batches(now):
        done += _each(batch, actions.remind, now)
    with scope.transaction_as(Actor.system()):
        waiting = reminders.for_the_system(now)
    return done + _each(waiting, actions.step_in, now)


@shared_task(name="referral.tasks.release_holds", ignore_result=True)
def release_holds() -> int:
    """Return the seats of holds that have run out to their pools; returns how many.

    Before that, what is held for accepted legs is booked.
    """
    now = timezone.now()
    with scope.transaction_as(Actor.system()):
        actions.confirm_accepted(now=now, limit=BATCH)
    with scope.transaction_as(Actor.system()):
        return actions.release_lapsed(now=now, limit=BATCH)


def _batches(now: datetime) -> Iterable[list[UUID]]:
    """Yield the legs that lack a call, some at a time, each batch looked up when it is begun."""
    with scope.transaction_as(Actor.system()):
        late = reminders.overdue(now)
    for start in range(0, len(late), BATCH):
        with scope.transaction_as(Actor.system()):
            batch = reminders.lacking_a_call(late[start : start + BATCH], now)
        # After its transaction: whoever works on the batch would else do so within it.
        yield batch


def _each(ids: Iterable[UUID], action: Callable[..., object], now: datetime) -> int:
    """Run an action for each leg, order or request; return how many did something."""
    return sum(_one(action, now, each) for each in ids)


def _one(action: Callable[..., object], now: datetime, *ids: UUID) -> bool:
    """Run an action in a transaction of its own; return whether it did something.

    An error that nobody foresaw stays here as well: whatever stands behind it would else wait for ever.
    """
    system = Actor.system()
    try:
        with scope.transaction_as(system):
            return bool(action(*ids, by=system, now=now))
    except Refused as refusal:
        logger.info("sweep left a referral alone", extra={"code": refusal.code})
    except (InterfaceError, OperationalError):
        # The database is away or busy, for the next leg too.
        raise
    except Exception:
        words = {"verb": action.__name__, "referral": str(ids[0])}
        logger.exception("sweep stumbled over a referral", extra=words)
    return False


@shared_task(name="referral.tasks.hand_back_orders", ignore_result=True)
def hand_back_orders() -> int:
    """Hand orders back whose centre closed, left or lost what they need before it took them on; how many."""
    now, done = timezone.now(), 0
    while True:
        with scope.transaction_as(Actor.system()):
            waiting = queries_orders.stranded(timezone.localdate(now), limit=BATCH)
        handed = _each(waiting, ordering.hand_back, now)
        done += handed
        if not handed:
            return done


@shared_task(name="referral.tasks.call_for_order_consents", ignore_result=True)
def call_for_order_consents() -> int:
    """Call for the consents that emergency orders were placed without and that are late; how many calls."""
    now = timezone.now()
    with scope.transaction_as(Actor.system()):
        late = queries_order_consents.to_call(now, limit=BATCH)
    return _each(late, order_consents.call_for, now)


@shared_task(name="referral.tasks.measure_answers", ignore_result=True)
def measure_answers() -> int:
    """Measure anew how soon some facilities answer; returns how many were measured."""
    with scope.transaction_as(Actor.system()):
        return actions.measure_answer_times(now=timezone.now(), batch=MEASURED_AT_ONCE)


@shared_task(name="referral.tasks.tell_withdrawals", ignore_result=True)
def tell_withdrawals() -> int:
    """Tell both ends of open legs whose consent was withdrawn or refused, and end advice that rests on it.

    Returns how many were told and ended.
    The withdrawal itself knows nothing of referrals; this sweep derives its work from rows, so that a
    service that stood still tells of everything once it runs again.
    """
    now = timezone.now()
    with scope.transaction_as(Actor.system()):
        untold = consents.untold(now, limit=BATCH)
    told = sum(_one(actions.tell_withdrawal, now, *pair) for pair in untold)
    return told + _each(_bereft(now), advising.end_without_consent, now)


def _bereft(now: datetime) -> Iterable[UUID]:
    """Yield all requests for advice that may have lost their consent, looked up some at a time."""
    after: UUID | None = None
    while True:
        with scope.transaction_as(Actor.system()):
            found = queries_advice.bereft(now, limit=BATCH, after=after)
        yield from found
        if len(found) < BATCH:
            return
        after = found[-1]
