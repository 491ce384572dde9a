"""Hands out what is to be computed, one at a time, and keeps what came of it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from django.db import connection
from django.utils import translation

from accounts.errors import Refused
from insights.models import DepartmentForecast, Job, JobState, WhatIf

KINDS: Final[tuple[type[Job], ...]] = (DepartmentForecast, WhatIf)
LEASE: Final = timedelta(minutes=6)
MOST_TRIES: Final = 3
LANGUAGES: Final = ("zh-hans", "en")
# Any number: held while a worker looks for the next one, until the end of the transaction.
_HANDING_OUT: Final = 5_108_204_420
Result = TypeVar("Result")


def take(now: datetime) -> Job | None:
    """Take the oldest waiting job in hand, None where there is none or one is in hand already.

    One at a time over all workers: computing takes a whole processor, and news must not wait for it. A job that
    was begun so often without an end is given up. Needs a transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_HANDING_OUT])
    if any(kind._default_manager.filter(leased_until__gt=now).exists() for kind in KINDS):
        return None
    found = [job for kind in KINDS if (job := _oldest(kind)) is not None]
    job = min(found, key=lambda each: each.asked_at, default=None)
    if job is None:
        return None
    if job.tries >= MOST_TRIES:
        finish(job, JobState.FAILED, {}, now)
        return None
    job.tries += 1
    job.leased_until = now + LEASE
    job.save(update_fields=["tries", "leased_until"])
    return job


def _oldest(kind: type[Job]) -> Job | None:
    rows = kind._default_manager.filter(state=JobState.WAITING).order_by("asked_at")
    return rows.select_for_update(of=("self",), no_key=True).first()


def finish(job: Job, state: JobState, outcome: dict[str, Any], now: datetime) -> None:
    """Keep what came of a job, which nobody has in hand any more; `outcome` with what its kind holds beside."""
    job.state, job.outcome = state, outcome
    job.computed_at, job.leased_until = now, None
    job.save(update_fields=["state", "outcome", "computed_at", "leased_until"])


def attempted(compute: Callable[[], Result]) -> Result | dict[str, Any]:
    """Return what is computed, or why it cannot be: the code, the facts, and the words in each language.

    A refusal comes before anything long, so that it is asked again for the other language.
    """
    try:
        return compute()
    except Refused as refusal:
        told: dict[str, Any] = {"code": refusal.code, "facts": refusal.facts}
    words = {language: _said(compute, language) for language in LANGUAGES}
    return {"refused": {**told, "words": words}}


def _said(compute: Callable[[], object], language: str) -> str:
    with translation.override(language):
        try:
            compute()
        except Refused as refusal:
            return str(refusal.detail)
    raise RuntimeError("what was refused in one language is not refused in another")
