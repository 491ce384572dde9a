"""Brings in figures: takes a file, tries it, and imports exactly what was shown, all of it or nothing."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import databases
from accounts.actors import Actor
from accounts.errors import Kind as Refusal
from accounts.errors import Refused, not_found
from audit import record
from facilities.imports.report import Count, Progress, RowError, silent
from facilities.imports.run import write_all
from insights import secondments_import, volumes_import
from insights.models import FileKind, FileState, VolumeFile
from insights.policy.volumes import demand_report
from insights.volumes_import import Change, Plan, digest_of

MOST_BYTES: Final = 20 * 1024 * 1024
# Up to here a file is read while its sender waits, a second at most; larger ones by a worker.
AT_ONCE: Final = 100_000
KEPT: Final = timedelta(hours=24)
LEASE: Final = timedelta(minutes=6)
# A file that ends its worker so often is refused: it would end every one for a day.
MOST_TRIES: Final = 3
BROKEN: Final = "volumes-broken"
LONGEST_NAME: Final = 120
MOST_TOLD: Final = 200
BATCH: Final = 2_000
SUFFIXES: Final = frozenset({".csv", ".txt", ".xlsx"})
# What a reading changes in the row of a file, beside the content, which only goes.
SAID: Final = (
    "state",
    "is_trial",
    "rows_read",
    "outcome",
    "shown",
    "leased_until",
    "imported_at",
)
# Nothing that breaks a line or turns the direction of writing.
_UNSHOWN: Final = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


# How the lines of each kind of file are read, compared and written; both modules have the same functions.
READS: Final[Mapping[str, Any]] = {
    FileKind.VOLUMES: volumes_import,
    FileKind.SECONDMENTS: secondments_import,
}


def receive(
    content: bytes,
    *,
    by: Actor,
    name: str,
    is_trial: bool,
    now: datetime,
    kind: str = FileKind.VOLUMES,
) -> VolumeFile:
    """Take a file called `name` (.csv or .xlsx); a small one is tried, or imported, at once.

    Whatever is wrong with its lines is in its `outcome` then, and nothing was imported. Needs a transaction.
    Raises Refused: `volumes-forbidden`, `volumes-too-large`, `volumes-not-a-table`.
    """
    demand_report(by)
    if len(content) > MOST_BYTES:
        text = _("The file is larger than 20 MB: send it in parts.")
        raise Refused("volumes-too-large", text, kind=Refusal.UNPROCESSABLE)
    shown = _UNSHOWN.sub("", Path(name.replace("\\", "/")).name)[-LONGEST_NAME:]
    if Path(shown).suffix.lower() not in SUFFIXES:
        text = _("Only .csv and .xlsx files can be imported.")
        raise Refused("volumes-not-a-table", text, kind=Refusal.UNPROCESSABLE)
    file = VolumeFile(
        owner_id=by.person,
        facility_id=by.place,
        for_user_id=by.for_user_id,
        kind=kind,
        name=shown,
        content=content,
        digest=hashlib.sha256(content).digest(),
        state=FileState.WAITING,
        is_trial=is_trial,
        sent_at=now,
    )
    file.save(force_insert=True)
    if len(content) <= AT_ONCE:
        perform(file, by=by, now=now)
    return file


def carry_out(file_id: UUID, *, by: Actor, now: datetime) -> VolumeFile:
    """Import a tried file of one's own, once; where it would do anything but what was shown, nothing is written.

    It is a trial with the new counts then (`is_trial`). A large one waits for a worker. Needs a transaction.
    Raises Refused: `volumes-forbidden`, `not-found` for a file of others and of another post, `volumes-not-tried`.
    """
    demand_report(by)
    rows = VolumeFile.objects.select_for_update(of=("self",), no_key=True)
    file = rows.filter(pk=file_id, owner=by.user_id, facility=by.facility_id).first()
    if file is None:
        raise not_found()
    if file.state == FileState.IMPORTED or not file.is_trial:
        return file
    if file.state != FileState.TRIED:
        raise Refused(
            "volumes-not-tried",
            _("Only a file that was tried without a mistake is imported."),
            kind=Refusal.CONFLICT,
        )
    file.is_trial = False
    if len(bytes(file.content)) > AT_ONCE:
        file.state, file.tries = FileState.WAITING, 0
        file.save(update_fields=["is_trial", "state", "tries"])
    else:
        perform(file, by=by, now=now)
    return file


def take(file_id: UUID, *, now: datetime) -> VolumeFile | None:
    """Take a waiting file in hand for a worker, None where somebody else has it. Needs a transaction.

    One that was begun so often without an end is refused, with the code `volumes-broken` in its outcome.
    """
    rows = VolumeFile.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    file = rows.filter(pk=file_id, state=FileState.WAITING).exclude(leased_until__gt=now).first()
    if file is None:
        return None
    if file.tries >= MOST_TRIES:
        _give_up(file)
        return None
    file.leased_until, file.tries = now + LEASE, file.tries + 1
    file.save(update_fields=["leased_until", "tries"])
    return file


def _give_up(file: VolumeFile) -> None:
    """Refuse a file at which every try ended; nothing of it was imported, for each try is one transaction."""
    file.state, file.content, file.outcome = FileState.REFUSED, b"", {"code": BROKEN}
    file.leased_until = None
    file.save(update_fields=["state", "content", "outcome", "leased_until"])


def note(file_id: UUID, rows: int, *, now: datetime) -> None:
    """Say how many rows are read, and keep a file in hand for as long again: what is slow is no try that ended."""
    waiting = VolumeFile.objects.filter(pk=file_id, state=FileState.WAITING)
    waiting.update(rows_read=rows, leased_until=now + LEASE)


def perform(file: VolumeFile, *, by: Actor, now: datetime, progress: Progress = silent) -> None:
    """Read a file and try or import it, and say in its row what came of it."""
    content = bytes(file.content)
    if hashlib.sha256(content).digest() != bytes(file.digest):
        raise RuntimeError("the content of a kept file is not the one that was sent")
    lines, today = READS[file.kind], timezone.localdate(now)
    plan = lines.read(content, name=file.name, by=by, today=today, progress=progress)
    with transaction.atomic():
        if len(content) > AT_ONCE:
            databases.take_time()
        if plan.ok and not file.is_trial:
            _import(file, plan, by, now)
        elif plan.ok:
            _tell(file, plan, lines.changes(plan.figures))
        if not plan.ok:
            file.state, file.content = FileState.REFUSED, b""
            file.outcome = _mistakes(plan.report.errors)
        file.rows_read = len(plan.figures) + plan.blank
        file.leased_until = None
        file.save(update_fields=[*SAID, *([] if file.content else ["content"])])


def forget(now: datetime) -> int:
    """Remove the files that were never imported, a day after they were sent; returns how many."""
    old = VolumeFile.objects.filter(sent_at__lte=now - KEPT, imported_at__isnull=True)
    return old.delete()[0]


def _import(file: VolumeFile, plan: Plan, by: Actor, now: datetime) -> None:
    """Write the changes; where they are not those that were shown, only say what they would be now."""
    found: list[Change] = []
    lines = READS[file.kind]

    def write() -> Count:
        found.extend(lines.changes(plan.figures))
        if _is_as_shown(file, digest_of(found)):
            _write(file, found, by, now)
        return _count(plan, found)

    plan.report.dry_run = False
    write_all(plan.report, [(lines.KIND, write)])
    if plan.ok:
        is_as_shown = _is_as_shown(file, digest_of(found))
        _tell(file, plan, found)
        if is_as_shown:
            file.state, file.imported_at, file.content = FileState.IMPORTED, now, b""
        else:
            file.is_trial = True


def _is_as_shown(file: VolumeFile, digest: bytes) -> bool:
    return not file.shown or digest == bytes(file.shown)


def _write(file: VolumeFile, found: Sequence[Change], by: Actor, now: datetime) -> None:
    """Put each change in the place of what it corrects, some thousand at a time.

    Of a nation's file, to make all rows at once leaves the transaction idle for too long, and to check to what all of
    them refer is too long a statement.
    """
    lines = READS[file.kind]
    for start in range(0, len(found), BATCH):
        part = found[start : start + BATCH]
        former = [each.row for each in part if each.row is not None]
        if former:
            rows = lines.MODEL.objects.filter(pk__in=former)
            rows.update(superseded_at=now, superseded_by=file)
        lines.MODEL.objects.bulk_create(
            lines.row(each, file, now) for each in part if each.after is not None
        )
        connection.check_constraints()
    if found:
        touched = sorted({lines.touched(each) for each in found})
        record.change(by, what="volumes.import", fields=touched)


def _count(plan: Plan, found: Sequence[Change]) -> Count:
    created = sum(each.before is None for each in found)
    return Count(created, len(found) - created, len(plan.figures) - len(found))


def _tell(file: VolumeFile, plan: Plan, found: Sequence[Change]) -> None:
    """Keep what a trial or an import found: counts, and the first of the changes, corrections before what is new."""
    file.state, file.shown = FileState.TRIED, digest_of(found)
    corrections = [each for each in found if each.before is not None]
    fresh = [each for each in found if each.before is None]
    file.outcome = {
        "counts": {
            **asdict(_count(plan, found)),
            "withdrawn": sum(each.after is None for each in found),
            "blank": plan.blank,
        },
        "changes": READS[file.kind].told((corrections + fresh)[:MOST_TOLD]),
    }


def _mistakes(errors: Sequence[RowError]) -> dict[str, Any]:
    return {
        "wrong": len(errors),
        "mistakes": [
            {"row": each.row, "column": each.column, "reason": str(each.reason)}
            for each in sorted(errors, key=lambda each: each.row)[:MOST_TOLD]
        ],
    }
