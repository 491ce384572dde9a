"""Records a consent where a referral needs it, and tells both ends of one that is gone."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from patients import actions as patients
from patients.models import Consent
from patients.particulars import GivenConsent
from referral import consents
from referral.actions.moving import demand, locked, tell
from referral.models import ConsentAlert
from referral.policy import referrals as policy
from referral.queries import referrals as queries

CONSENT_WITHDRAWN = "referral.consent_withdrawn"


def record_consent(
    referral_id: UUID, answer: GivenConsent, *, by: Actor, now: datetime | None = None
) -> Consent:
    """Record, as the sender of a referral, what its patient answered; ends the wait of an emergency.

    A scan or signature is a document of this referral. Raises Refused: `document-elsewhere`, and as
    `patients.record_consent` does.
    """
    moment = now or timezone.now()
    referral = locked(referral_id, by=by)
    demand(policy.sender(referral, by))
    known = queries.attachments(referral)
    if answer.document is not None and not known.filter(pk=answer.document).exists():
        text = _("The referral has no such document.")
        errors = {"document": [str(text)]}
        raise Refused("document-elsewhere", text, kind=Kind.UNPROCESSABLE, errors=errors)
    return patients.record_consent(referral.patient_id, answer, by=by, now=moment)[0]


def tell_withdrawal(
    referral_id: UUID, consent_id: UUID, *, by: Actor, now: datetime | None = None
) -> bool:
    """Tell both ends, once, that an open referral has lost its consent; says whether it was told now."""
    moment = now or timezone.now()
    referral = locked(referral_id, by=by, with_consent=True)
    if not referral.consent_gone or referral.status not in consents.BEFORE_ARRIVAL:
        return False
    alert = ConsentAlert(referral=referral, consent_id=consent_id, at=moment)
    # Another sweep may have been here: then the unique row is there, and nobody is told twice.
    known = ConsentAlert.objects.filter(referral=referral, consent=consent_id)
    if known.exists():
        return False
    alert.save(force_insert=True)
    tell(referral, CONSENT_WITHDRAWN, by=by, now=moment)
    return True
