"""Says who may hold a seat and how long, which pool a leg may take one of, and why not; beside `policy`."""

from datetime import datetime
from typing import Final

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind
from accounts.permissions import Permission
from facilities import capacity
from facilities.models import Pool
from referral.models import Referral
from referral.policy.referrals import NO_RIGHT, NOT_SENDER, WRONG_STATE, YES, Verdict
from referral.states import PREPARING, WAITING

SLOT_TAKEN: Final = Verdict(False, "slot-taken", _("No place is free in this session any more."))
SLOT_OVER: Final = Verdict(False, "slot-over", _("This session has begun already."))
SLOT_NOT_OPEN: Final = Verdict(
    False, "slot-not-open", _("This session is not open for referrals yet.")
)
UNKNOWN_SLOT: Final = Verdict(
    False, "unknown-slot", _("The destination offers no such session."), Kind.UNPROCESSABLE
)
NOT_HELD: Final = Verdict(False, "not-held", _("No seat is held for this referral."))
TOO_MANY_HOLDS: Final = Verdict(
    False,
    "too-many-holds",
    _(
        "Your facility holds too many seats at the same time: send what is filed, or give some back."
    ),
)


def may_hold(referral: Referral, by: Actor) -> Verdict:
    """Let the sender keep a seat, or give it back, until the receiver has decided."""
    if not by.is_system and by.facility_id != referral.from_facility_id:
        return NOT_SENDER
    if not by.can(Permission.REFERRAL_FILE):
        return NO_RIGHT
    return YES if referral.status in PREPARING | WAITING else WRONG_STATE


def may_hold_more(held: int) -> Verdict:
    """Let a facility hold so many seats for drafts; what was sent is a patient and counts no more."""
    return YES if held < capacity.rules().most_holds else TOO_MANY_HOLDS


def hold_ends(pool: Pool, *, filing: bool, at: datetime) -> datetime:
    """Return how long a seat is held: for a short while until the slip is sent, then for the answer.

    What waits for its answer keeps the seat until the session is released to everybody, or as long as a
    routine answer may take where that is later; never beyond the beginning.
    """
    rules = capacity.rules()
    if filing:
        return min(at + rules.hold_while_filing, pool.starts_at)
    return min(max(at + rules.hold_while_waiting, pool.released_at), pool.starts_at)


def may_take(pool: Pool | None, referral: Referral, kinds: frozenset[str], at: datetime) -> Verdict:
    """Let a leg take a seat only where it goes to, of the kind asked for, and before the session begins."""
    if pool is None or pool.facility_id != referral.to_facility_id or pool.kind not in kinds:
        return UNKNOWN_SLOT
    return YES if pool.starts_at > at else SLOT_OVER


def is_open(pool: Pool, at: datetime) -> Verdict:
    """Let a sender hold a seat from the day on which the session opens; its own facility need not wait."""
    return YES if pool.opens_at <= at else SLOT_NOT_OPEN
