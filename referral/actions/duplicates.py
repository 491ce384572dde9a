"""Holds up a second referral of an illness that one is open for, until its sender decides."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Refused
from accounts.rows import insert
from referral.actions.moving import advance, demand, locked
from referral.actions.sharing import send_message
from referral.alike import OpenLeg
from referral.codes import CancelReason, DuplicateDecision
from referral.models import Duplicate, Referral
from referral.policy import duplicates as policy_duplicates
from referral.queries import referrals as queries

# The code word that stands as the reason where nobody was asked.
EMERGENCY: Final = "emergency"
# What a sender tells of a patient whom the receiver expects already, in the order of the slip.
WORDS: Final = (
    "diagnosis",
    "reason",
    "past_history",
    "allergies",
    "treatment",
    "results",
    "plan",
    "rehabilitation",
    "contact_phone",
)


def demand_none(alike: Sequence[OpenLeg], *, by: Actor) -> None:
    """Raise Refused `duplicate-open-referral` where an open leg stands in the way.

    The refusal names the newest one if the caller may see it, and the decisions open to the caller.
    """
    if not alike:
        return
    first = alike[0]
    others = [queries.find(leg.id, by) if leg.id else None for leg in alike]
    raise Refused(
        "duplicate-open-referral",
        _("A referral of this patient for the same illness is open already."),
        facts={
            "duplicate": {
                "id": first.id,
                "number": first.number,
                "state": first.status,
                "decisions": policy_duplicates.decisions(others, by),
            }
        },
    )


def settle(
    referral: Referral,
    alike: Sequence[OpenLeg],
    said: Mapping[str, str] | None,
    *,
    by: Actor,
    now: datetime,
) -> Referral | None:
    """Carry out what the sender decided about the open legs alike, and keep the decision.

    Returns the open leg that was joined, so that nothing is left to send, else None. Raises Refused
    `duplicate-open-referral` without a decision, and where it is not the sender's to make:
    `duplicate-not-joinable`, `duplicate-not-replaceable`, `no-open-referral`.
    """
    if said is None and not policy_duplicates.goes_ahead(referral):
        demand_none(alike, by=by)
    decision = said["decision"] if said else DuplicateDecision.OVERRIDE
    if not alike:
        demand(policy_duplicates.may_go_on(decision))
        return None
    reason = said.get("reason", "") if said else EMERGENCY
    joined = None
    if decision == DuplicateDecision.JOIN:
        joined = _join(referral, alike, by=by, now=now)
    elif decision == DuplicateDecision.REPLACE:
        _take_back(alike, reason, by=by, now=now)
    rows = [
        Duplicate(
            referral_id=referral.id,
            other_id=leg.id,
            facility_id=by.place,
            decision=decision,
            reason=reason,
            decided_by_id=by.user_id,
            at=now,
        )
        for leg in alike
    ]
    insert(*rows)
    return joined


def _join(referral: Referral, alike: Sequence[OpenLeg], *, by: Actor, now: datetime) -> Referral:
    """Send the draft's words to the open leg as a message and give the draft up; return the open leg."""
    first = alike[0].id
    other = locked(first, by=by) if first else None
    demand(policy_duplicates.may_join(other, by))
    assert other is not None
    send_message(other.id, by=by, text=_words(referral), now=now)
    # `referral` already bears what its submission would have fixed; the stored draft does not.
    draft = locked(referral.id, by=by)
    why = CancelReason.DUPLICATE
    advance(draft, "cancel", by=by, now=now, reason_code=why, changes={"cancel_reason": why})
    return other


def _take_back(alike: Sequence[OpenLeg], reason: str, *, by: Actor, now: datetime) -> None:
    """Cancel every open leg alike as a duplicate."""
    ids = sorted(leg.id for leg in alike if leg.id)
    others = [locked(leg_id, by=by) for leg_id in ids]
    unseen = [None] * (len(alike) - len(ids))
    demand(policy_duplicates.may_replace([*others, *unseen], by))
    why = CancelReason.DUPLICATE
    for other in others:
        changes = {"cancel_reason": why}
        advance(other, "cancel", by=by, now=now, note=reason, reason_code=why, changes=changes)


def _words(referral: Referral) -> str:
    """Return what the draft says, each part under the name of its field."""
    parts = []
    for name in WORDS:
        text = getattr(referral, name)
        if text:
            field = Referral._meta.get_field(name)
            parts.append(f"{getattr(field, 'verbose_name', name)}: {text}")
    return "\n".join(parts)
