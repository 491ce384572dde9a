"""Says who hears of a move and what they are told: ids, states and times, no clinical word."""

from datetime import datetime
from typing import Final
from uuid import UUID

from accounts.actors import Actor
from referral import ladder
from referral.ladder import Call
from referral.models import Episode, ExaminationOrder, Referral
from referral.sla import Due
from referral.stages import OWED_BY_SENDER, Stage
from referral.states import Urgency

# Webhook events are named by what has happened (interfaces.md).
TOPICS: Final = {
    "submit": "referral.submitted",
    "request_review": "referral.review_requested",
    "approve": "referral.approved",
    "send_back": "referral.sent_back",
    "open": "referral.opened",
    "ask_information": "referral.information_requested",
    "answer": "referral.answered",
    "accept": "referral.accepted",
    "acknowledge": "referral.acknowledged",
    "decline": "referral.declined",
    "redirect": "referral.redirected",
    "schedule": "referral.scheduled",
    "reschedule": "referral.rescheduled",
    "put_off": "referral.put_off",
    "arrive": "referral.arrived",
    "record_no_show": "referral.no_show",
    "complete": "referral.completed",
    "cancel": "referral.cancelled",
    "expire": "referral.expired",
    "void": "referral.voided",
}
EPISODE_CLOSED: Final = "episode.closed"
OVERDUE: Final = "referral.overdue"
ESCALATED: Final = "referral.escalated"


def recipients(referral: Referral, by: Actor) -> list[UUID]:
    """Return the facilities that a move concerns, without the one that made it.

    Before submission only the sender is concerned; afterwards the receiver and the origin too.
    """
    concerned = [referral.from_facility_id]
    if referral.submitted_at is not None:
        concerned += [referral.origin_id]
        if referral.to_facility_id is not None:
            concerned += [referral.to_facility_id]
    return [facility for facility in dict.fromkeys(concerned) if facility != by.facility_id]


def payload(referral: Referral, at: datetime) -> dict[str, object]:
    """Return what is told of a move; the reader fetches the rest with rights of its own."""
    return {
        "referral_id": str(referral.id),
        "episode_id": str(referral.episode_id),
        "state": str(referral.status),
        "direction": str(referral.direction) or None,
        "urgency": Urgency(referral.urgency).name.lower(),
        "version": referral.version,
        "occurred_at": at.isoformat(),
    }


def episode_payload(episode: Episode, at: datetime) -> dict[str, object]:
    """Return what is told of a closed episode."""
    return {"episode_id": str(episode.id), "state": "closed", "occurred_at": at.isoformat()}


def priority(referral: Referral) -> int:
    """Return the outbox priority: the urgency itself, so that emergencies are sent first."""
    return int(referral.urgency)


def order_payload(order: ExaminationOrder, at: datetime) -> dict[str, object]:
    """Return what is told of an order: ids, state and time, and nothing of what is examined."""
    return {
        "order_id": order.pk,
        "referral_id": order.referral_id,
        "state": str(order.state),
        "urgency": Urgency(order.urgency).name.lower(),
        "occurred_at": at,
    }


def order_sequence(order: ExaminationOrder) -> int:
    """Return how far an order has come; each further edition of its report counts on from there."""
    if order.reported_at is not None or order.cancelled_at is not None:
        return 3
    return 1 if order.received_at is None else 2


def called(referral: Referral, stage: Stage, step: int) -> list[UUID]:
    """Return the facilities that a step of the ladder calls: who owes the next step, then who waits for it.

    From the second step on the other end hears of it, at the last one the lead of the alliance too. The
    result of a leg is the sender's concern from the first step: it has to follow it up. A consent is owed by
    the sender, and the receiver waits for none.
    """
    ends = [referral.to_facility_id, referral.from_facility_id]
    if stage in OWED_BY_SENDER:
        ends.reverse()
    if stage == Stage.CONSENT:
        ends = ends[:1]
    whom = ends if step > 1 or stage == Stage.RESULT else ends[:1]
    if step == len(ladder.audiences()) and referral.alliance is not None:
        whom = [*whom, referral.alliance.lead_id]
    return [facility for facility in dict.fromkeys(whom) if facility is not None]


def reminder_payload(referral: Referral, due: Due, call: Call, at: datetime) -> dict[str, object]:
    """Return what is told of a call: which stage is late since when, and whom the step calls."""
    return {
        **payload(referral, at),
        "stage": due.stage.value,
        "due_at": due.at,
        "step": call.step,
        "window": call.window,
        "audience": ladder.audiences()[call.step - 1],
    }
