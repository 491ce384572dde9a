"""Celery's way to the delivery and to what is forgotten by time: may be lost, doubled or late."""

import logging
import time

from celery import shared_task

from notifications import retention, wakeup, worker

logger = logging.getLogger(__name__)


@shared_task(name=wakeup.TASK, ignore_result=True)
def drain() -> None:
    """Deliver what is due; the wake-up flag goes just before, so that a later commit wakes again."""
    time.sleep(wakeup.GATHER)
    wakeup.clear()
    worker.drain()


@shared_task(name="notifications.tasks.forget", ignore_result=True)
def forget() -> None:
    """Forget messages and attempts whose time is over; a tick that was missed is made up for by the next."""
    report = retention.forget()
    if report.messages or report.dropped:
        logger.info("old messages were forgotten", extra={"count": report.messages})
