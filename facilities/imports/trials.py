"""Tries a file, keeps it for a while, and imports exactly what was tried and shown."""

import hashlib
import io
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind as Refusal
from accounts.errors import Refused, not_found
from accounts.models import User
from facilities.imports import pools
from facilities.imports.columns import Kind
from facilities.imports.reader import Limits
from facilities.imports.report import Count, Report
from facilities.imports.run import run
from facilities.models import Trial
from facilities.models.imports import MOST_BYTES
from facilities.policy.importing import DIRECTORY, POOLS, demand_import

KEPT: Final = timedelta(minutes=30)
# What is read, checked and written in about a second each, since a person waits for the page.
LIMITS: Final = Limits(rows=5_000, unpacked=20_000_000)
LONGEST_NAME: Final = 120


def try_out(
    content: bytes, *, by: Actor, kind: str, name: str, now: datetime
) -> tuple[Report, Trial | None]:
    """Go through every step of an import and take it back; where all is right the file is kept.

    Another file of the same person goes. Needs a transaction.
    Raises Refused: `import-forbidden`, `import-too-large`, `capacity-forbidden`.
    """
    demand_import(by, kind)
    if len(content) > MOST_BYTES:
        text = _("The file is larger than 2 MB: import it at a terminal, or in parts.")
        raise Refused("import-too-large", text, kind=Refusal.UNPROCESSABLE)
    report = _run(content, by=by, kind=kind, name=name, now=now, dry_run=True)
    # One file a person, also where two windows send one at the same instant.
    User.objects.select_for_update(no_key=True).get(pk=by.person)
    Trial.objects.filter(owner=by.person).delete()
    if not report.ok:
        return report, None
    trial = Trial(
        owner_id=by.person,
        facility_id=by.place,
        kind=kind,
        name=name[-LONGEST_NAME:],
        content=content,
        digest=hashlib.sha256(content).digest(),
        counts=counts_of(report),
        made_at=now,
        expires_at=now + KEPT,
    )
    trial.save(force_insert=True)
    return report, trial


def carry_out(trial_id: UUID, *, by: Actor, now: datetime) -> tuple[Report, Trial]:
    """Import a tried file of one's own, once; where it would do anything but what was shown, nothing is written.

    What the trial would do now is kept and returned then: a report with `dry_run`. Needs a transaction.
    Raises Refused: `not-found` for a file of others, of another post and one whose time is over.
    """
    rows = Trial.objects.select_for_update(of=("self",), no_key=True)
    trial = rows.filter(
        pk=trial_id, owner=by.user_id, facility=by.facility_id, expires_at__gt=now
    ).first()
    if trial is None:
        raise not_found()
    demand_import(by, trial.kind)
    if trial.done_at is not None:
        return Report(False, counts=_counted(trial)), trial
    content = bytes(trial.content)
    if hashlib.sha256(content).digest() != bytes(trial.digest):
        raise RuntimeError("the content of a kept file is not the one that was tried")
    with transaction.atomic():
        report = _run(content, by=by, kind=trial.kind, name=trial.name, now=now, dry_run=False)
        is_as_shown = report.ok and counts_of(report) == trial.counts
        if not is_as_shown:
            transaction.set_rollback(True)
    if is_as_shown:
        trial.content, trial.done_at = b"", now
        trial.save(update_fields=["content", "done_at"])
        return report, trial
    report.dry_run = True
    trial.counts = counts_of(report)
    trial.save(update_fields=["counts"])
    return report, trial


def forget(now: datetime) -> int:
    """Remove the files whose time is over, which may name people; returns how many."""
    removed, _of_each = Trial.objects.filter(expires_at__lte=now).delete()
    return removed


def _run(
    content: bytes, *, by: Actor, kind: str, name: str, now: datetime, dry_run: bool
) -> Report:
    file = io.BytesIO(content)
    if kind == POOLS:
        return pools.run(file, by=by, name=name, dry_run=dry_run, now=now, limits=LIMITS)
    sheet = None if kind == DIRECTORY else Kind(kind)
    return run(file, by=by, name=name, kind=sheet, dry_run=dry_run, limits=LIMITS)


def _counted(trial: Trial) -> dict[Kind, Count]:
    return {Kind(kind): Count(**numbers) for kind, numbers in trial.counts.items()}


def counts_of(report: Report) -> dict[str, Any]:
    """Return the counts of a report as they are kept."""
    return {kind.value: asdict(count) for kind, count in report.counts.items()}
