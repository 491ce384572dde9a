"""Has files of numbers made: takes what is asked for, keeps the file for an hour, and hands it to its asker alone."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.encryption import seal_bytes, unseal_bytes
from accounts.errors import Kind, Refused, not_found
from audit import record
from insights import making, wanted
from insights.making import Made, Step, Work
from insights.models import Export, ExportState
from insights.models.exports import WHOLE
from insights.queries import exports as queries

KEPT: Final = timedelta(hours=1)
TOLD: Final = timedelta(hours=24)
# Longer than any step between two words about the progress.
LEASE: Final = timedelta(minutes=2)
TRIES: Final = 3
# Files of one person that wait, and that were asked for within the hour in which each is kept.
MOST_OPEN: Final = 5
MOST_KEPT: Final = 60
BROKEN: Final = "export-broken"
# What is said of a file when it is made, beside what it holds.
SAID: Final = ("state", "progress", "name", "lines", "expires_at", "leased_until")


def ask(words: Mapping[str, Any], *, by: Actor, language: str, now: datetime) -> Export:
    """Take checked words for a file; a small one is made at once, any other by a worker. Needs a transaction.

    Raises Refused: `not-found` for numbers of others, `export-too-large`, `export-too-many`.
    """
    file = wanted.read(words, by)
    _demand_few(by, now)
    making.demand_bearable(file, by)
    export = Export(
        owner_id=by.person,
        facility_id=by.place,
        for_user_id=by.for_user_id,
        kind=file.kind,
        form=file.form,
        question=wanted.kept(words),
        language=language,
        state=ExportState.WAITING,
        asked_at=now,
    )
    export.save(force_insert=True)
    if making.is_small(file):
        _keep(export, making.make(file, Work(by)), now)
    return export


def _demand_few(by: Actor, now: datetime) -> None:
    rows = queries.of(by).filter(asked_at__gt=now - KEPT)
    states = list(rows.values_list("state", flat=True)[:MOST_KEPT])
    if len(states) == MOST_KEPT or sum(each in queries.OPEN for each in states) >= MOST_OPEN:
        text = _("Too many files at once: wait until the ones you asked for are ready.")
        raise Refused("export-too-many", text)


def take(export_id: UUID, *, now: datetime) -> Export | None:
    """Take a file in hand for a worker, None where somebody else has it or nobody can make it. Needs a transaction."""
    rows = Export.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    free = rows.filter(pk=export_id, state__in=queries.OPEN).exclude(leased_until__gt=now)
    export = free.first()
    if export is None:
        return None
    if export.tries >= TRIES:
        fail(export_id, BROKEN)
        return None
    export.state, export.progress = ExportState.RUNNING, 0
    export.leased_until, export.tries = now + LEASE, export.tries + 1
    export.save(update_fields=["state", "progress", "leased_until", "tries"])
    return export


def perform(export: Export, *, by: Actor, step: Step) -> Made:
    """Return the file, in the language of who asked; in transactions of its own. Raises Refused as making.make does."""
    file = wanted.again(export.kind, export.form, export.question, by)
    with translation.override(export.language):
        return making.make(file, Work(by, step, is_patient=True))


def keep(export: Export, made: Made, *, now: datetime) -> None:
    """Keep a file that is made; where another worker was quicker, that one stays."""
    if Export.objects.filter(pk=export.pk, state__in=queries.OPEN).exists():
        _keep(export, made, now)


def _keep(export: Export, made: Made, now: datetime) -> None:
    export.state, export.progress = ExportState.DONE, WHOLE
    export.name, export.lines = made.name, made.lines
    export.content = seal_bytes(made.content, context=export.context)
    export.patients, export.referrals = sorted(made.patients), list(made.referrals)
    export.expires_at, export.leased_until = now + KEPT, None
    export.save(update_fields=[*queries.HEAVY, *SAID])


def note(export_id: UUID, progress: int, *, now: datetime) -> None:
    """Say how far a file is, in hundredths, and keep it in hand for as long again."""
    rows = Export.objects.filter(pk=export_id, state=ExportState.RUNNING)
    rows.update(progress=progress, leased_until=now + LEASE)


def let_go(export_id: UUID) -> None:
    """Leave a file that went wrong to the next try."""
    rows = Export.objects.filter(pk=export_id, state=ExportState.RUNNING)
    rows.update(state=ExportState.WAITING, progress=0, leased_until=None)


def fail(export_id: UUID, code: str) -> None:
    """Say why a file will not be made."""
    rows = Export.objects.filter(pk=export_id, state__in=queries.OPEN)
    rows.update(state=ExportState.FAILED, code=code, leased_until=None)


def fetch(export_id: UUID, *, by: Actor, now: datetime) -> tuple[Export, bytes]:
    """Hand a file to who asked for it, with the rights of today, and record it. Needs a transaction.

    Raises Refused: `not-found` for others' and for numbers that one may not see any more, `export-not-there`
    before it is made and after its hour.
    """
    export = queries.whole(by).filter(pk=export_id).first()
    if export is None:
        raise not_found()
    if export.state != ExportState.DONE or export.expires_at is None or export.expires_at <= now:
        text = _("The file is not ready, or not kept any more.")
        raise Refused("export-not-there", text, kind=Kind.CONFLICT)
    wanted.again(export.kind, export.form, export.question, by)
    content = unseal_bytes(bytes(export.content), context=export.context)
    record.read(by, what="indicator.export", patients=export.patients, referrals=export.referrals)
    return export, content


def forget(now: datetime) -> int:
    """Empty the files whose hour is over, and remove what was asked for a day ago; returns how many were emptied."""
    over = Export.objects.filter(state=ExportState.DONE, expires_at__lte=now)
    emptied = over.update(state=ExportState.EXPIRED, content=b"", patients=[], referrals=[])
    Export.objects.filter(asked_at__lte=now - TOLD).exclude(state=ExportState.DONE).delete()
    return emptied
