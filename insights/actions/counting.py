"""Counts what changed, or everything anew; one at a time, whoever asks."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from accounts import scope
from insights import facts, rollups
from insights.models import Change, FollowUpFact, LegFact, Reading, Rollup
from referral.models import Referral

MOST: Final = 1_000
AT_ONCE: Final = 20_000
# Any number: held by whoever counts, until the end of the transaction.
_COUNTING: Final = 5_108_204_419


def count_changes(*, now: datetime | None = None, most: int = MOST) -> int | None:
    """Count up to `most` changes; returns how many legs were looked at, None while somebody else counts.

    What is not committed yet is not seen and keeps its note, whatever was committed before it.
    """
    moment = now or timezone.now()
    with transaction.atomic():
        if not _alone(wait=False):
            return None
        scope.enter_system()
        ids = facts.take_changes(most=most, now=moment)
        if ids:
            _recount(ids, moment)
        Reading.objects.update_or_create(id=1, defaults={"counted_at": moment})
        return len(ids)


def rebuild(*, now: datetime | None = None, wait: bool = True) -> Iterator[int]:
    """Derive all facts and counters anew, in one transaction; yield how many legs are done, part after part.

    Until it ends everybody reads the former numbers. Without `wait` nothing is done while somebody else counts.
    """
    moment = now or timezone.now()
    with transaction.atomic():
        if not _alone(wait=wait):
            return
        scope.enter_system()
        _unlimited()
        for kind in (Change, FollowUpFact, LegFact, Rollup):
            kind.objects.all()._raw_delete(using=connection.alias)
        done = 0
        for ids in _parts():
            facts.derive(ids, moment)
            done += len(ids)
            yield done
        rollups.count_all()
        Reading.objects.update_or_create(
            id=1, defaults={"counted_at": moment, "rebuilt_at": moment}
        )


def _recount(ids: list[UUID], moment: datetime) -> None:
    rollups.count_in(-1, ids)
    facts.forget(ids)
    facts.derive(ids, moment)
    rollups.count_in(1, ids)
    rollups.spread()


def _parts() -> Iterator[list[UUID]]:
    rows = Referral.objects.filter(submitted_at__isnull=False).order_by("id")
    part: list[UUID] = []
    for pk in rows.values_list("id", flat=True).iterator(chunk_size=AT_ONCE):
        part.append(pk)
        if len(part) == AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _alone(*, wait: bool) -> bool:
    function = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    # A plan kept from when few legs were counted would read everything again for each of thousands.
    plans = "set_config('plan_cache_mode', 'force_custom_plan', true)"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s), {plans}", [_COUNTING])
        row = cursor.fetchone()
    return wait or (row is not None and bool(row[0]))


def _unlimited() -> None:
    """Lift the web's time limits for the running transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
