"""Calls for what is overdue, each step of the ladder once, and does by itself what an alliance has allowed."""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import Refused
from accounts.ids import uuid7
from audit import record
from notifications import outbox
from referral import clocks, ladder, matching, messages, reminders, sla
from referral.actions import documenting, receiving
from referral.ladder import Call
from referral.models import AutomaticStep, Referral, Reminder, VainStep
from referral.queries import referrals as queries
from referral.sla import Due
from referral.stages import CALLED, Action

logger = logging.getLogger(__name__)

_INSERT: Final = """
INSERT INTO referral_reminder (id, referral_id, stage, due_at, step, "window", sent_at)
SELECT r.id, %(referral)s, %(stage)s, %(due_at)s, r.step, r.window, %(now)s
FROM unnest(%(ids)s::uuid[], %(steps)s::int[], %(windows)s::int[]) AS r(id, step, "window")
ON CONFLICT (referral_id, stage, due_at, step, "window") DO NOTHING
RETURNING id, step, "window"
"""


def remind(referral_id: UUID, *, by: Actor, now: datetime | None = None) -> int:
    """Make the calls that are due for one leg and were not made; return how many.

    The row of a call and its message are written in one transaction, and the row is unique: two sweeps
    at once, or one that died on the way, make each call once. A leg that somebody is moving right now is
    left to the next sweep.
    """
    moment = now or timezone.now()
    referral = queries.lock_idle(referral_id, by)
    if referral is None:
        return 0
    rules, made = clocks.rules(), 0
    documenting.meet(referral, by=by, now=moment)
    owed = reminders.dues(referral, reminders.Beside.of([referral.pk]), rules)
    for due in (each for each in owed if each.stage in CALLED):
        wanted = ladder.calls(due, referral.urgency, moment, rules)
        for reminder_id, call in _write(referral, due, wanted, now=moment):
            _tell(referral, due, call, event=reminder_id, now=moment)
            made += 1
    if made:
        record.change(
            by, patient=referral.patient_id, referral=referral.id, what="referral.reminded"
        )
    return made


def _write(
    referral: Referral, due: Due, wanted: Iterable[Call], *, now: datetime
) -> list[tuple[UUID, Call]]:
    """Insert the calls that were not made before; return those, in the order of the ladder."""
    calls = list(wanted)
    if not calls:
        return []
    values: dict[str, Any] = {
        "referral": referral.pk,
        "stage": due.stage.value,
        "due_at": due.at,
        "now": now,
        "ids": [uuid7() for _each in calls],
        "steps": [call.step for call in calls],
        "windows": [call.window for call in calls],
    }
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)
        rows = [(row[0], Call(row[1], row[2])) for row in cursor.fetchall()]
    return sorted(rows, key=lambda row: row[1])


def _tell(referral: Referral, due: Due, call: Call, *, event: UUID, now: datetime) -> None:
    outbox.post(
        messages.OVERDUE if call.step == 1 else messages.ESCALATED,
        messages.reminder_payload(referral, due, call, now),
        messages.called(referral, due.stage, call.step),
        priority=messages.priority(referral),
        subject=referral.id,
        sequence=referral.version,
        event_id=event,
    )


def step_in(referral_id: UUID, *, by: Actor, now: datetime | None = None) -> str:
    """Do what the leg's alliance lets the system do, once its people had their time; return the verb, or "".

    The time runs from the call that was really sent, so that after an outage nobody is called and passed
    over in the same minute. Where it finds nowhere to send a leg, or is refused, that is noted, and the sweep
    comes back later (reminders.for_the_system).
    """
    moment = now or timezone.now()
    referral = queries.visible_to(by).select_related("clock").filter(pk=referral_id).first()
    due = None if referral is None else sla.due(referral, clocks.rules())
    if referral is None or due is None or due.at >= moment:
        return ""
    step = reminders.automatic(referral.alliance_id, due.stage, on=timezone.localdate(moment))
    if step is None or not _waited(referral, due, step, moment):
        return ""
    try:
        # Of a refused verb nothing stays, and the refusal itself is kept.
        with transaction.atomic():
            return _automatic(referral, step, by=by, now=moment)
    except Refused as refusal:
        _wait_longer(referral, now=moment)
        logger.info("an automatic step was refused", extra={"code": refusal.code})
        return ""


def _automatic(referral: Referral, step: AutomaticStep, *, by: Actor, now: datetime) -> str:
    """Make the move that an alliance lets the system make; return its verb, or "" where there is nowhere to go."""
    # The verb locks in its own order; whoever moved the leg since it was read wins by the version.
    words: dict[str, Any] = {"by": by, "version": referral.version, "now": now}
    if step.action == Action.EXPIRE:
        receiving.expire(referral.pk, **words)
        return "expire"
    onward = _where_to(referral, step, now=now)
    if onward is None:
        found = {"at": now, "refusals": 0, "again_at": None}
        VainStep.objects.update_or_create(referral=referral, defaults=found)
        return ""
    receiving.redirect(referral.pk, to_facility_id=onward, **words)
    return "redirect"


def _wait_longer(referral: Referral, *, now: datetime) -> None:
    """Note that the system was refused, and let it wait twice as long as the last time."""
    before = VainStep.objects.filter(referral=referral).values_list("refusals", flat=True).first()
    refusals = (before or 0) + 1
    found = {"at": now, "refusals": refusals, "again_at": now + ladder.patience(refusals)}
    VainStep.objects.update_or_create(referral=referral, defaults=found)


def _where_to(referral: Referral, step: AutomaticStep, *, now: datetime) -> UUID | None:
    """Return where the alliance lets a leg be sent on to; None where nobody is left, and people must decide."""
    if step.action == Action.REMATCH:
        return matching.next_best(referral, now=now)
    ends = {referral.to_facility_id, referral.from_facility_id}
    return None if step.fallback_id in ends else step.fallback_id


def _waited(referral: Referral, due: Due, step: AutomaticStep, now: datetime) -> bool:
    """Say whether the last call before the automatic step was made, and had as long as any other."""
    sent = (
        Reminder.objects.filter(
            referral=referral, stage=due.stage, due_at=due.at, step=step.after_steps
        )
        .order_by("window")
        .values_list("sent_at", flat=True)
        .first()
    )
    wait = ladder.pace(due.stage, referral.urgency).between
    return sent is not None and clocks.rules().add(sent, wait, due.limit.clock) <= now
