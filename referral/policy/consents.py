"""Says whether a patient's consent lets a referral go."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from accounts.errors import Kind
from patients.queries import ForReferral
from referral.policy.referrals import DECEASED, YES, Verdict
from referral.states import Urgency

CONSENT_MISSING: Final = Verdict(
    False,
    "consent-required",
    _("The patient's consent to the referral is not recorded, or was withdrawn."),
    Kind.UNPROCESSABLE,
)
CONSENT_REFUSED: Final = Verdict(
    False, "consent-refused", _("The patient has refused the referral."), Kind.UNPROCESSABLE
)
CONSENT_VERBAL: Final = Verdict(
    False,
    "consent-only-verbal",
    _("A consent by word of mouth carries an emergency only: have it signed."),
    Kind.UNPROCESSABLE,
)


def may_proceed(person: ForReferral, urgency: int) -> Verdict:
    """Ask for consent (Civil Code art. 1219, PIPL art. 29); in an emergency it may follow (art. 1220)."""
    if person.deceased:
        return DECEASED
    if urgency == Urgency.EMERGENCY:
        return YES
    if person.refused:
        return CONSENT_REFUSED
    if person.consent_id is None:
        return CONSENT_MISSING
    return CONSENT_VERBAL if person.only_verbal else YES
