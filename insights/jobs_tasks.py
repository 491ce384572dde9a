"""Computes what is too long for a request, one after the other, and asks anew each day for what is still wanted."""

from collections.abc import Callable
from typing import Any, Final

from celery import shared_task
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from insights.actions import forecasting, jobs, trying
from insights.models import DepartmentForecast, WhatIf

PERFORM: Final[dict[type, Callable[..., Any]]] = {
    DepartmentForecast: forecasting.perform,
    WhatIf: trying.perform,
}


@shared_task(name="insights.tasks.compute", ignore_result=True)
def compute() -> bool:
    """Compute the oldest of what waits; says whether there was anything."""
    now = timezone.now()
    with scope.transaction_as(Actor.system()):
        job = jobs.take(now)
    if job is None:
        return False
    PERFORM[type(job)](job, now)
    return True


@shared_task(name="insights.tasks.renew_forecasts", ignore_result=True)
def renew_forecasts() -> int:
    """Let the forecasts that somebody has asked for lately be computed anew, once a day; returns how many."""
    with scope.transaction_as(Actor.system()):
        return forecasting.renew(timezone.now())
