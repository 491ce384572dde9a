"""Says what a patient may do by the link, and who reads what he said afterwards."""

from datetime import datetime
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.permissions import Permission
from referral.models import PatientFeedback, Referral
from referral.models.patient_words import CHANGEABLE
from referral.policy.referrals import NO_RIGHT, NOT_PARTY, WRONG_STATE, YES, Verdict
from referral.states import Status

VISIT_OVER: Final = Verdict(
    False, "visit-over", _("The day of this visit is over. Please call the number on this page.")
)
TOO_EARLY: Final = Verdict(
    False, "feedback-too-early", _("You can say how it went once you have been there.")
)
CLOSED: Final = Verdict(
    False, "feedback-closed", _("What you said can be changed for 14 days; they are over.")
)
NO_LINE: Final = Verdict(
    False, "no-feedback-line", _("There is no line to hide, or it is hidden already.")
)
RATED: Final = frozenset({Status.ARRIVED, Status.COMPLETED})


def may_answer(referral: Referral, at: datetime) -> Verdict:
    """Let the patient confirm a visit or put it off until its day is over."""
    if referral.status != Status.SCHEDULED or referral.visit is None:
        return WRONG_STATE
    over = timezone.localdate(referral.visit) < timezone.localdate(at)
    return VISIT_OVER if over else YES


def may_rate(referral: Referral, given: PatientFeedback | None, at: datetime) -> Verdict:
    """Let the patient say how it went after he has arrived, and change that for 14 days."""
    if referral.status not in RATED:
        return TOO_EARLY
    return YES if given is None or at < given.given_at + CHANGEABLE else CLOSED


def may_read_feedback(referral: Referral, by: Actor) -> Verdict:
    """Let those who manage referrals at both ends read it; nobody else, since patients speak freely."""
    if by.facility_id not in {referral.from_facility_id, referral.to_facility_id}:
        return NOT_PARTY
    return YES if by.can(Permission.REFERRAL_REVIEW) else NO_RIGHT


def may_hide_feedback(
    referral: Referral, given: PatientFeedback | None, hidden: bool, by: Actor
) -> Verdict:
    """Let who reads what a patient said hide the line from staff; the score stays, and the line is kept."""
    side = may_read_feedback(referral, by)
    if not side.allowed:
        return side
    return NO_LINE if given is None or not given.text or hidden else YES
