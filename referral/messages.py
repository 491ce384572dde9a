"""Says who hears of a move and what they are told: ids, states and times, no clinical word."""

from datetime import datetime
from typing import Final
from uuid import UUID

from accounts.actors import Actor
from referral.models import Episode, Referral
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
    "arrive": "referral.arrived",
    "record_no_show": "referral.no_show",
    "complete": "referral.completed",
    "cancel": "referral.cancelled",
    "expire": "referral.expired",
    "void": "referral.voided",
}
EPISODE_CLOSED: Final = "episode.closed"


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
