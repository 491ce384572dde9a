"""Seals the heads of the audit chains each minute, re-computes every chain once a day, keeps months ready."""

from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.db import connection

from audit import checking
from audit.verify import write_seals


def seals_file() -> Path:
    """The append-only file: AUDIT_HEADS_FILE, else `audit-heads.jsonl` in the data folder."""
    configured = getattr(settings, "AUDIT_HEADS_FILE", "")
    return Path(configured) if configured else Path(settings.DATA_DIR) / "audit-heads.jsonl"


@shared_task(name="audit.tasks.seal", ignore_result=True)
def seal() -> None:
    """Append the heads that have moved; safe to run twice or late."""
    write_seals(seals_file())


@shared_task(name="audit.tasks.verify", ignore_result=True)
def verify() -> None:
    """Re-compute every chain against its head and its seals, and keep how each was found."""
    checking.check(seals_file())


@shared_task(name="audit.tasks.prepare", ignore_result=True)
def prepare() -> None:
    """Make the parts of the next months where they are missing; nothing is ever dropped by a task."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_months_ahead()")
