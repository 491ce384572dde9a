"""Computes deadlines from a referral's own rows; overdue is an answer, never a state."""

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.db.models import Q

from facilities.vocabulary import Direction
from referral.models import Referral
from referral.states import AGREED, Status, Urgency

DATA: Final = Path(__file__).parent / "data" / "time_limits.toml"
ANSWERABLE: Final = frozenset({Status.SUBMITTED, Status.RECEIVED})


@dataclass(frozen=True, slots=True)
class Limits:
    """Durations by default (domain.md §4.1), in calendar time."""

    urgent: timedelta
    routine_up: timedelta
    routine_down: timedelta
    emergency_alarm: timedelta
    arrival: timedelta
    first_contact: timedelta
    access_after_end: timedelta


@cache
def limits() -> Limits:
    """Return the limits of the data file, each of which names its source there."""
    data: dict[str, Any] = tomllib.loads(DATA.read_text(encoding="utf-8"))
    answer = data["answer"]
    return Limits(
        urgent=timedelta(hours=answer["urgent"]["hours"]),
        routine_up=timedelta(hours=answer["routine_up"]["hours"]),
        routine_down=timedelta(hours=answer["routine_down"]["hours"]),
        emergency_alarm=timedelta(minutes=answer["emergency"]["alarm_minutes"]),
        arrival=timedelta(hours=data["arrival"]["hours"]),
        first_contact=timedelta(days=data["follow_up"]["first_contact_days"]),
        access_after_end=timedelta(days=data["access"]["days_after_episode"]),
    )


def time_to_answer(urgency: int, direction: str) -> timedelta:
    """Return how long a receiver has to decide; an emergency has to be acknowledged."""
    known = limits()
    if urgency == Urgency.EMERGENCY:
        return known.emergency_alarm
    if urgency == Urgency.URGENT:
        return known.urgent
    return known.routine_down if direction == Direction.DOWN else known.routine_up


def deadline(referral: Referral) -> datetime | None:
    """Return by when the next step of the receiving side is due; None where nothing is."""
    if referral.submitted_at is None:
        return None
    alarm = time_to_answer(referral.urgency, referral.direction)
    if referral.status in ANSWERABLE:
        return referral.submitted_at + alarm
    unacknowledged = referral.urgency == Urgency.EMERGENCY and referral.acknowledged_at is None
    if referral.status == Status.ACCEPTED and unacknowledged:
        return referral.submitted_at + alarm
    if referral.status in AGREED:
        start = referral.scheduled_for or referral.decided_at
        return start + limits().arrival if start else None
    return None


def overdue(referral: Referral, at: datetime) -> bool:
    """Say whether the deadline lies before `at`."""
    due = deadline(referral)
    return due is not None and due < at


def overdue_filter(at: datetime) -> Q:
    """Return the same rule as `overdue` as a database condition."""
    waiting = Q()
    for urgency in Urgency:
        for direction in Direction:
            waiting |= Q(
                urgency=urgency,
                direction=direction,
                submitted_at__lt=at - time_to_answer(urgency, direction),
            )
    late_answer = Q(status__in=sorted(ANSWERABLE)) & waiting
    late_acknowledgement = Q(
        status=Status.ACCEPTED,
        urgency=Urgency.EMERGENCY,
        acknowledged_at__isnull=True,
        submitted_at__lt=at - limits().emergency_alarm,
    )
    return late_answer | late_acknowledgement | not_arrived_filter(at)


def not_arrived_filter(at: datetime) -> Q:
    """Return the condition of legs whose arrival window ended before `at`."""
    before = at - limits().arrival
    late = Q(scheduled_for__lt=before) | Q(scheduled_for__isnull=True, decided_at__lt=before)
    return Q(status__in=sorted(AGREED)) & late
