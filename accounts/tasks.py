"""Forgets by time: counters of wrong tries that no longer count, and sessions that have ended."""

from celery import shared_task
from django.utils import timezone

from accounts import throttle
from accounts.sessions import SessionStore


@shared_task
def forget() -> None:
    """Remove both; a tick that was missed is made up for by the next."""
    throttle.forget(timezone.now())
    SessionStore.clear_expired()
