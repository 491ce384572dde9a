"""Calls for the consent that an emergency order was placed without, until somebody has recorded an answer."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from audit import record
from facilities import hierarchy
from facilities.queries import directory
from notifications import outbox
from referral import clocks, consents, ladder, messages
from referral.ladder import Call
from referral.models import ExaminationOrder, OrderConsent
from referral.queries import order_consents as queries
from referral.sla import Due
from referral.stages import Stage

OVERDUE: Final = "order.consent_overdue"


def ask_afterwards(order: ExaminationOrder, *, now: datetime) -> None:
    """Note that an emergency order has just been placed without consent, and by when one must follow."""
    due_at = now + consents.term().length
    OrderConsent(order=order, due_at=due_at, next_at=due_at).save(force_insert=True)


def call_for(order_id: UUID, *, by: Actor, now: datetime | None = None) -> bool:
    """Make the call that is due for the consent to an order, on the ladder of that to a referral.

    What was missed meanwhile is one call. An answer that is found ends it. Returns whether a call was made.
    """
    moment = now or timezone.now()
    awaited = queries.lock(order_id, at=moment)
    if awaited is None:
        return False
    order, rules = awaited.order, clocks.rules()
    if queries.is_answered(order):
        awaited.met_at, awaited.next_at = moment, None
        awaited.save(update_fields=["met_at", "next_at"])
        return False
    due = _due(awaited)
    made = ladder.calls(due, order.urgency, moment, rules)
    latest = made[-1] if made else Call(0)
    call = latest if latest > Call(awaited.step, awaited.window) else None
    if call is not None:
        awaited.step, awaited.window = call
    following = ladder.next_call(set(made), due, order.urgency, moment, rules)
    awaited.next_at = following and ladder.time_of(due, following, order.urgency, rules)
    awaited.save(update_fields=["step", "window", "next_at"])
    if call is None:
        return False
    _tell(order, due, call, by=by, now=moment)
    return True


def _due(awaited: OrderConsent) -> Due:
    """Return the deadline; once the order has ended, each step calls for it once at most."""
    order = awaited.order
    ended = order.reported_at or order.cancelled_at
    return Due(Stage.CONSENT, order.ordered_at, awaited.due_at, consents.term(), ended)


def _tell(order: ExaminationOrder, due: Due, call: Call, *, by: Actor, now: datetime) -> None:
    """Tell who placed the order, at the last step the lead of the alliance that carries it too."""
    whom = [order.facility_id]
    if call.step == len(ladder.audiences()):
        route = hierarchy.route(order.facility_id, order.centre_id, timezone.localdate(now))
        known = route and route.alliance_id and directory.alliance(route.alliance_id)
        whom += [known.lead_id] if known else []
    words = {
        "stage": due.stage.value,
        "due_at": due.at,
        "step": call.step,
        "window": call.window,
        "audience": ladder.audiences()[call.step - 1],
    }
    outbox.post(
        OVERDUE,
        {**messages.order_payload(order, now), **words},
        list(dict.fromkeys(whom)),
        priority=order.urgency,
        subject=order.pk,
        sequence=messages.order_sequence(order),
        origin=by.facility_id,
    )
    record.change(by, patient=order.patient_id, referral=order.referral_id, what=OVERDUE)
