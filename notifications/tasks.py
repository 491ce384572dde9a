"""Celery's way to the delivery: started by a wake-up or by beat, may be lost, doubled or late."""

import time

from celery import shared_task

from notifications import wakeup, worker


@shared_task(name=wakeup.TASK, ignore_result=True)
def drain() -> None:
    """Deliver what is due; the wake-up flag goes just before, so that a later commit wakes again."""
    time.sleep(wakeup.GATHER)
    wakeup.clear()
    worker.drain()
