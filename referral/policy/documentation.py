"""Says who writes down what an emergency was sent without."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from referral import documentation
from referral.models import Referral
from referral.policy import referrals as policy
from referral.policy.referrals import YES, Verdict

NOTHING_LEFT: Final = Verdict(
    False, "nothing-to-document", _("Nothing of this referral is left to write down.")
)


def may_document(referral: Referral, by: Actor) -> Verdict:
    """Let the sender of an emergency complete it, until everything that was called for is there."""
    side = policy.sender(referral, by)
    if not side.allowed:
        return side
    asked = documentation.asked_of(referral)
    open_ = asked is not None and asked.met_at is None
    return YES if open_ and referral.status in documentation.CALLED_FOR else NOTHING_LEFT
