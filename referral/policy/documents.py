"""Says which papers of a referral may be printed, and who marks messages as read."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.permissions import Permission
from referral.models import Referral
from referral.policy.referrals import WRONG_STATE, YES, Verdict, may_write
from referral.states import AGREED, Status

# The slip exists only once the receiver has accepted (domain.md §1.1); what came to nothing has none.
PRINTED: Final = AGREED | {Status.ARRIVED, Status.COMPLETED}
NO_SLIP_YET: Final = Verdict(
    False, "slip-after-acceptance", _("The slip exists once the receiver has accepted.")
)


def may_print_slip(referral: Referral) -> Verdict:
    """Allow the slip from acceptance on; who may read papers at all is asked by whoever finds the referral."""
    return YES if referral.status in PRINTED else NO_SLIP_YET


def may_print_consent_form(referral: Referral) -> Verdict:
    """Allow the consent form before and after submission, since it is to be signed, but not for an error."""
    return WRONG_STATE if referral.status == Status.ENTERED_IN_ERROR else YES


def may_revoke_codes(referral: Referral, by: Actor) -> Verdict:
    """Let clinicians take back what their facility has printed: at both ends, and where the journey began."""
    began_here = by.facility_id is not None and by.facility_id == referral.origin_id
    if began_here and by.can(Permission.REFERRAL_FILE):
        return YES
    return may_mark_read(referral, by)


def may_hand_link(referral: Referral, by: Actor) -> Verdict:
    """Let them hand out a link as soon as the referral is sent: the patient then sees that it is on its way."""
    told = referral.submitted_at is not None and referral.status != Status.ENTERED_IN_ERROR
    side = may_revoke_codes(referral, by)
    return side if not side.allowed or told else WRONG_STATE


def may_send_message(referral: Referral, by: Actor) -> Verdict:
    """Let clinicians of both ends write to each other once the leg is sent: before that nobody would read it."""
    side = may_write(referral, by)
    return side if not side.allowed or referral.submitted_at is not None else WRONG_STATE


def may_mark_read(referral: Referral, by: Actor) -> Verdict:
    """Let the clinicians of both ends, who may write, mark what they have read, whatever became of the referral."""
    verdict = may_write(referral, by)
    return YES if verdict is WRONG_STATE else verdict
