"""Makes the files of numbers that wait, and forgets those whose hour is over."""

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from accounts.errors import Refused
from insights.actions import exports
from insights.askers import asker
from insights.models import Export
from insights.queries import exports as queries

AT_ONCE = 3


@shared_task(name="insights.tasks.make_exports", ignore_result=True)
def make_exports() -> int:
    """Make files that wait, each with the rights that its asker has now; returns how many were taken in hand."""
    now = timezone.now()
    with scope.transaction_as(Actor.system()):
        waiting = queries.waiting(now, AT_ONCE)
    done = 0
    for export_id in waiting:
        moment = timezone.now()
        with scope.transaction_as(Actor.system()):
            export = exports.take(export_id, now=moment)
        if export is not None:
            _make(export, moment)
            done += 1
    return done


@shared_task(name="insights.tasks.forget_exports", ignore_result=True)
def forget_exports() -> int:
    """Empty the files whose hour is over; returns how many."""
    with scope.transaction_as(Actor.system()):
        return exports.forget(timezone.now())


def _make(export: Export, now: datetime) -> None:
    def step(progress: int) -> None:
        with scope.transaction_as(Actor.system()):
            exports.note(export.pk, progress, now=timezone.now())

    try:
        made = exports.perform(export, by=asker(export, now), step=step)
    except Refused as refusal:
        with scope.transaction_as(Actor.system()):
            exports.fail(export.pk, refusal.code)
        return
    except Exception:
        with scope.transaction_as(Actor.system()):
            exports.let_go(export.pk)
        raise
    with scope.transaction_as(Actor.system()):
        exports.keep(export, made, now=now)
