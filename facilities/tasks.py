"""Forgets by time: files that were tried for an import and never carried out."""

from celery import shared_task
from django.utils import timezone

from facilities.imports import trials


@shared_task
def forget() -> None:
    """Remove those whose half hour is over; a tick that was missed is made up for by the next."""
    trials.forget(timezone.now())
