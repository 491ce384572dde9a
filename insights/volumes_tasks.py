"""Reads the large files of figures, and forgets those that were never imported."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from facilities.imports.columns import Kind
from insights.actions import volumes
from insights.askers import asker
from insights.models import VolumeFile
from insights.queries import volumes as queries

AT_ONCE = 3


@shared_task(name="insights.tasks.import_volumes", ignore_result=True)
def import_volumes() -> int:
    """Try or import the files that wait, each with the rights that its sender has now; returns how many."""
    done = 0
    for file_id in queries.waiting(AT_ONCE):
        now = timezone.now()
        with scope.transaction_as(Actor.system()):
            file = volumes.take(file_id, now=now)
        if file is None:
            continue
        _perform(file)
        done += 1
    return done


@shared_task(name="insights.tasks.forget_volume_files", ignore_result=True)
def forget_volume_files() -> int:
    """Remove what was sent a day ago and not imported; returns how many."""
    with scope.transaction_as(Actor.system()):
        return volumes.forget(timezone.now())


def _perform(file: VolumeFile) -> None:
    def progress(_kind: Kind, _step: str, rows: int) -> None:
        _note(file.pk, rows)

    now = timezone.now()
    volumes.perform(file, by=asker(file, now), now=now, progress=progress)


def _note(file_id: UUID, rows: int) -> None:
    """Let whoever waits see how far it is, and keep it in hand for as long again; outside the import's transaction."""
    volumes.note(file_id, rows, now=timezone.now())
