"""Makes plain dictionaries of limits, automatic steps and clocks for the API."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

from facilities.models import Facility
from facilities.representations.directory import named
from facilities.vocabulary import Direction
from referral import ladder, sla
from referral.ladder import Call
from referral.limits import Kind, Limit, Rules, midnight
from referral.models import AutomaticStep, Referral, Reminder, ServiceLimit
from referral.queries.clocks import Effect, Pause
from referral.queries.clocks import owner as owing
from referral.sla import Due
from referral.stages import CALLED, LIMITED
from referral.states import Status, Urgency

MINUTE = timedelta(minutes=1)


def kind(of: Kind, limit: Limit) -> dict[str, Any]:
    """Return a limit with the legs it is for."""
    stage, urgency, direction = of
    return {
        "stage": stage,
        "urgency": Urgency(urgency).name.lower(),
        "direction": direction,
        "minutes": limit.length // MINUTE,
        "clock": limit.clock,
        "source": limit.source,
        "own": limit.own,
    }


def in_force(alliance_id: UUID, rules: Rules, on: date) -> list[dict[str, Any]]:
    """Return the limit of every kind for the legs that the alliance's members submit on a day."""
    kinds = product(sorted(LIMITED), map(int, Urgency), Direction.values)
    return [kind(each, rules.limit_of(each, alliance_id, midnight(on))) for each in kinds]


def limit(row: ServiceLimit) -> dict[str, Any]:
    """Return a row of an alliance's own."""
    return {
        "id": row.id,
        "stage": row.stage,
        "urgency": Urgency(row.urgency).name.lower(),
        "direction": row.direction,
        "minutes": row.minutes,
        "clock": row.clock,
        "source": row.source,
        "starts": row.starts,
        "ends": row.ends,
        "set_by": row.set_by.full_name if row.set_by else None,
        "created_at": row.created_at,
    }


def effect(counted: Effect) -> dict[str, int]:
    """Return what a limit does to the open legs."""
    return {
        "waiting": counted.waiting,
        "overdue_now": counted.overdue_now,
        "overdue_then": counted.overdue_then,
        "overdue_if_all": counted.overdue_if_all,
    }


def automatic_step(row: AutomaticStep) -> dict[str, Any]:
    """Return what the system does by itself."""
    return {
        "id": row.id,
        "stage": row.stage,
        "action": row.action,
        "after_steps": row.after_steps,
        "fallback": named(row.fallback),
        "starts": row.starts,
        "ends": row.ends,
        "set_by": row.set_by.full_name if row.set_by else None,
        "created_at": row.created_at,
    }


def owner(facility: Facility | None) -> dict[str, Any] | None:
    """Return who owes the next step, and whom to ring."""
    if facility is None:
        return None
    phones = {"phone": facility.phone, "duty_phone": facility.duty_phone}
    return {"id": facility.id, "name": facility.name, **phones}


def clock(
    referral: Referral,
    at: datetime,
    rules: Rules,
    *,
    pauses: Sequence[Pause],
    made: Sequence[Reminder],
    automatic: AutomaticStep | None,
    owed: Sequence[Due],
) -> dict[str, Any]:
    """Return where a leg stands on its clock; `owed` is everything that it waits for."""
    due = sla.due(referral, rules)
    beside = [each for each in owed if each != due]
    return {
        "stage": due and due.stage,
        "since": due and due.since,
        "due_at": due and due.at,
        "overdue": due is not None and due.at < at,
        "minutes": due and due.limit.length // MINUTE,
        "clock": due and due.limit.clock,
        "source": due and due.limit.source,
        "own_limit": due is not None and due.limit.own,
        "owner": owner(owing(referral, due.stage)) if due else None,
        "paused": referral.status == Status.INFORMATION_REQUESTED,
        "pauses": [{"since": each.since, "until": each.until} for each in pauses],
        "calls": [_call(row) for row in made],
        "next_call": _next(referral, due, made, at, rules) if due else None,
        "beside": [_beside(referral, each, made, at, rules) for each in beside],
        "automatic": automatic
        and {"action": automatic.action, "after_steps": automatic.after_steps},
    }


def _beside(
    referral: Referral, due: Due, made: Sequence[Reminder], at: datetime, rules: Rules
) -> dict[str, Any]:
    """Return what a leg waits for beside its running stage."""
    return {
        "stage": due.stage,
        "since": due.since,
        "due_at": due.at,
        "overdue": due.at < at,
        "source": due.limit.source,
        "owner": owner(owing(referral, due.stage)),
        "next_call": _next(referral, due, made, at, rules),
    }


def _call(row: Reminder) -> dict[str, Any]:
    return {
        "stage": row.stage,
        "due_at": row.due_at,
        "step": row.step,
        "window": row.window,
        "audience": ladder.audiences()[row.step - 1],
        "sent_at": row.sent_at,
    }


def _next(
    referral: Referral, due: Due, made: Sequence[Reminder], at: datetime, rules: Rules
) -> dict[str, Any] | None:
    if due.stage not in CALLED:
        return None
    done = {
        Call(row.step, row.window)
        for row in made
        if row.stage == due.stage and row.due_at == due.at
    }
    call = ladder.next_call(done, due, referral.urgency, at, rules)
    if call is None:
        return None
    return {
        "step": call.step,
        "window": call.window,
        "audience": ladder.audiences()[call.step - 1],
        "at": ladder.time_of(due, call, referral.urgency, rules),
    }
