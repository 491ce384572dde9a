"""Says what a slip cannot go without, who may set what a destination wants, and who may begin again."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind
from accounts.permissions import Permission
from referral.models import Referral
from referral.policy import referrals as policy
from referral.policy.referrals import NO_RIGHT, YES, Verdict
from referral.states import Status, Urgency

# What says why a patient is sent; one of them is enough for an emergency.
WORDS: Final = ("diagnosis", "reason", "plan")
NOT_OURS: Final = Verdict(
    False, "needs-of-another-facility", _("A facility sets its own needs only."), Kind.FORBIDDEN
)
NOT_RETURNED: Final = Verdict(False, "not-declined", _("Only a declined referral is sent again."))
FOLLOWED: Final = Verdict(False, "resent-already", _("A new referral follows this one already."))


def holds_up(missing: Sequence[str], referral: Referral) -> list[str]:
    """Return which missing parts of the slip hold a submission up.

    All of them; but an emergency goes with one word of what ails the patient, and the rest follows.
    """
    if referral.urgency != Urgency.EMERGENCY:
        return list(missing)
    said = any(getattr(referral, name) for name in WORDS)
    return [] if said else [name for name in missing if name in WORDS]


def may_set_needs(facility_id: UUID, by: Actor) -> Verdict:
    """Let the referral office of a facility, or a clinic's manager, say what it wants with a referral."""
    if by.facility_id != facility_id:
        return NOT_OURS
    return YES if by.can(Permission.REFERRAL_REVIEW) else NO_RIGHT


def may_resend(referral: Referral, by: Actor, *, followed: bool) -> Verdict:
    """Let the sender of a declined referral begin it again, once at a time."""
    side = policy.sender(referral, by)
    if not side.allowed:
        return side
    if referral.status != Status.DECLINED:
        return NOT_RETURNED
    return FOLLOWED if followed else YES
