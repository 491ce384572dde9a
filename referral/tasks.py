"""Sweeps what time alone brings about; each sweep derives its work from rows and may run twice."""

import logging

from celery import shared_task
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from accounts.errors import Refused
from referral import actions, queries

logger = logging.getLogger(__name__)
BATCH = 200


@shared_task(name="referral.tasks.sweep", ignore_result=True)
def sweep() -> int:
    """Record a no-show where the arrival window has ended; returns how many moves were made.

    Each leg has a transaction of its own, so that one refusal stops no other; a leg that a person
    moved meanwhile is left alone by policy.
    """
    now = timezone.now()
    system = Actor.system()
    with scope.transaction_as(system):
        late = queries.not_arrived(now, limit=BATCH)
    moved = 0
    for referral_id in late:
        try:
            with scope.transaction_as(system):
                actions.record_no_show(referral_id, by=system, now=now)
            moved += 1
        except Refused as refusal:
            logger.info("sweep left a referral alone", extra={"code": refusal.code})
    return moved


@shared_task(name="referral.tasks.release_holds", ignore_result=True)
def release_holds() -> int:
    """Return the seats of holds that have run out to their pools; returns how many."""
    with scope.transaction_as(Actor.system()):
        return actions.release_lapsed(now=timezone.now(), limit=BATCH)
