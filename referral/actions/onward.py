"""Begins a leg that goes on from another in its episode: the way back down or up again, a declined one anew."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from accounts.actors import Actor
from accounts.rows import insert
from referral.actions import sending
from referral.actions.moving import CREATE, entry, open_leg
from referral.models import Referral

# What whoever sends a patient back or up again need not type anew (domain.md §7: no double entry).
PREFILLED: Final = (
    "diagnosis_code",
    "diagnosis",
    "past_history",
    "allergies",
    "treatment",
    "results",
)


def prefilled(previous: Referral) -> dict[str, Any]:
    """Return the words of a leg that a new one begins with."""
    return {name: getattr(previous, name) for name in PREFILLED}


def begin(previous: Referral, fields: Mapping[str, Any], *, by: Actor, now: datetime) -> Referral:
    """Insert a draft in the episode of a locked leg, with its first row of history; the caller logs it.

    `fields` are columns of the draft. Raises Refused `unknown-place` as `sending.settle_places` does.
    """
    leg = Referral(
        number=sending.new_number(timezone.localdate(now)),
        episode=previous.episode,
        previous=previous,
        patient_id=previous.patient_id,
        origin_id=previous.origin_id,
        filed_by_id=by.user_id,
        created_at=now,
        **fields,
    )
    sending.settle_places(leg)
    open_leg(previous.episode)
    insert(leg)
    insert(entry(leg, CREATE, by=by, now=now))
    return leg
