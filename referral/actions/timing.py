"""Moves the clock of a locked leg: it stands still while a question waits, and stops with a report."""

from datetime import datetime

from facilities.vocabulary import Direction
from referral import clocks, sla
from referral.models import LegClock, Referral
from referral.stages import Clock
from referral.states import Status


def pause(referral: Referral, *, now: datetime) -> None:
    """Let the clock stand still from now on, since the receiver asks the sender something."""
    _write(referral, {"paused_at": now})


def resume(referral: Referral, *, now: datetime) -> None:
    """Let the clock run again, and give the receiver back the time that the question took."""
    own = LegClock.objects.filter(referral=referral).first()
    if own is None or own.paused_at is None or referral.submitted_at is None:
        return
    rules = clocks.rules()
    moved = {}
    for clock in Clock:
        name = f"{clock.value}_from"
        start = getattr(own, name) or referral.submitted_at
        moved[name] = rules.add(start, rules.between(own.paused_at, now, clock), clock)
    _write(referral, {"paused_at": None, **moved})


def report(referral: Referral, *, now: datetime) -> None:
    """Note that the receiver of a leg whose patient came has told the sender something.

    The first report counts; a message, a document or the way back is one.
    """
    treating = referral.status == Status.ARRIVED and referral.direction != Direction.DOWN
    own = sla.clock_of(referral)
    if treating and (own is None or own.reported_at is None):
        _write(referral, {"reported_at": now})


def report_by_return(leg: Referral, *, now: datetime) -> None:
    """Count a submitted down leg as the report on the leg that brought the patient."""
    if leg.direction == Direction.DOWN and leg.previous is not None:
        report(leg.previous, now=now)


def _write(referral: Referral, values: dict[str, datetime | None]) -> None:
    """Write these columns of the leg's clock, whose row is made by the first question or report."""
    row, _made = LegClock.objects.update_or_create(referral=referral, defaults=values)
    sla.hang_clock(referral, row)
