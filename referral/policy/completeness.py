"""Says who may set what a destination wants, and who may send a returned referral again."""

from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind
from accounts.permissions import Permission
from referral.models import Referral
from referral.policy import referrals as policy
from referral.policy.referrals import NO_RIGHT, YES, Verdict
from referral.states import Status

NOT_OURS: Final = Verdict(
    False, "needs-of-another-facility", _("A facility sets its own needs only."), Kind.FORBIDDEN
)
NOT_RETURNED: Final = Verdict(False, "not-declined", _("Only a declined referral is sent again."))
FOLLOWED: Final = Verdict(False, "resent-already", _("A new referral follows this one already."))


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
