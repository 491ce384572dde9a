"""Counts what has changed, every few seconds; reads the files that wait, makes and computes what was asked for."""

from celery import shared_task

from insights import actions
from insights.exports_tasks import forget_exports, make_exports
from insights.jobs_tasks import compute, renew_forecasts
from insights.queries import reading
from insights.volumes_tasks import forget_volume_files, import_volumes

__all__ = [
    "compute",
    "count",
    "forget_exports",
    "forget_volume_files",
    "import_volumes",
    "make_exports",
    "renew_forecasts",
]

# After so many rounds the next tick goes on: nothing else waits for long.
ROUNDS = 20


@shared_task(name="insights.tasks.count", ignore_result=True)
def count() -> int:
    """Count the changes that are there, the first time everything; returns how many legs were looked at."""
    if not reading.is_built():
        return sum(1 for _part in actions.rebuild(wait=False))
    done = 0
    for _round in range(ROUNDS):
        looked_at = actions.count_changes()
        done += looked_at or 0
        if not looked_at:
            break
    return done
