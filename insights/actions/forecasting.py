"""Asks for forecasts, computes them outside a transaction, and renews those that somebody still wants."""

from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import replica, scope
from accounts.actors import Actor
from accounts.errors import not_found
from audit import record
from facilities.models import Department
from insights import forecast_data
from insights.actions import jobs
from insights.forecast import forecast
from insights.models import DepartmentForecast, JobState
from insights.policy import numbers as policy
from insights.queries.demand import Demand, demand
from insights.scopes import received_by
from insights.weeks import WEEK, series

# What nobody has asked for since is not computed anew.
WANTED_FOR: Final = timedelta(days=30)


def ask(
    facility_id: UUID, department_id: UUID | None, *, by: Actor, now: datetime
) -> DepartmentForecast:
    """Ask for the forecast of a department, or of a whole facility; one that is as new as can be stays.

    Needs a transaction. Raises Refused `not-found` for what is nobody's business at this post.
    """
    policy.demand_count(received_by(facility_id), by)
    if department_id is not None:
        departments = Department.objects.filter(pk=department_id, facility=facility_id)
        if not departments.exists():
            raise not_found()
    asked: dict[str, Any] = {"facility_id": facility_id, "department_id": department_id}
    row, is_new = DepartmentForecast.objects.get_or_create(**asked, defaults={"asked_at": now})
    if not is_new:
        row = DepartmentForecast.objects.select_for_update(of=("self",), no_key=True).get(pk=row.pk)
        _ask_again(row, now)
    record.change(by, what="forecast.ask", after=str(row.state))
    return row


def _ask_again(row: DepartmentForecast, now: datetime) -> None:
    row.asked_at = now
    if row.state != JobState.WAITING and not _is_of_today(row, now):
        row.state, row.tries = JobState.WAITING, 0
    row.save(update_fields=["asked_at", "state", "tries"])


def _is_of_today(row: DepartmentForecast, now: datetime) -> bool:
    computed = row.computed_at
    is_today = computed is not None and timezone.localdate(computed) == timezone.localdate(now)
    return is_today and row.state != JobState.FAILED


def renew(now: datetime) -> int:
    """Let what was asked for in the last 30 days be computed anew, once a day; returns how many."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    wanted = DepartmentForecast.objects.filter(
        asked_at__gt=now - WANTED_FOR, computed_at__lt=midnight
    )
    return wanted.exclude(state=JobState.WAITING).update(state=JobState.WAITING, tries=0)


def perform(row: DepartmentForecast, now: datetime) -> None:
    """Compute a forecast that a worker has in hand: read, compute for some seconds, keep."""
    with scope.transaction_as(Actor.system()):
        found = replica.read(
            lambda: demand(row.facility_id, row.department_id, timezone.localdate(now)),
            by=Actor.system(),
        )
    history = _history(found)
    told = jobs.attempted(lambda: forecast_data.as_data(forecast(history, first=found.first)))
    row.data_until = found.last + timedelta(days=6)
    with transaction.atomic():
        row.save(update_fields=["data_until"])
        state = JobState.REFUSED if "refused" in told else JobState.DONE
        jobs.finish(row, state, {**_past(found, history), **told}, now)


def _history(found: Demand) -> list[float | None]:
    if found.first > found.last:
        return []
    return series(found.counts, first=found.first, last=found.last, idle=found.idle)


def _past(found: Demand, history: list[float | None]) -> dict[str, Any]:
    """Return the past weeks as they are kept: of each its Monday, the referrals, and the persons behind them."""
    mondays: list[date] = [found.first + WEEK * number for number in range(len(history))]
    return {
        "past": [
            [week.isoformat(), None if legs is None else int(legs), found.persons.get(week, 0)]
            for week, legs in zip(mondays, history, strict=True)
        ]
    }
