"""Begins a declined referral again, with everything that its sender wrote before."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from audit import record
from referral.actions import assessing, care, onward, routes
from referral.actions.filing import DRAFT_FIELDS
from referral.actions.moving import demand, locked
from referral.codes import DeclineReason
from referral.models import Referral
from referral.policy import completeness as policy_completeness
from referral.queries import completeness as queries_completeness

# What names the destination: kept only where it asked for more and did not refuse the patient.
DESTINATION = ("to_facility_id", "to_department_id")


def resend(
    referral_id: UUID,
    *,
    by: Actor,
    version: int | None = None,
    now: datetime | None = None,
) -> Referral:
    """Return a new draft in the episode of a declined leg, prefilled from it.

    It goes back to the same destination where information was missing, for the same reason if that
    needed one; otherwise the sender chooses another. Raises Refused: `not-declined`, `resent-already`.
    """
    moment = now or timezone.now()
    declined = locked(referral_id, by=by, version=version)
    followed = queries_completeness.resent(declined)
    demand(policy_completeness.may_resend(declined, by, followed=followed))
    incomplete = declined.decline_reason == DeclineReason.INSUFFICIENT_INFORMATION
    carried = [name for name in DRAFT_FIELDS if incomplete or name not in DESTINATION]
    words = {name: getattr(declined, name) for name in carried}
    fields = {"from_facility_id": declined.from_facility_id, **words}
    leg = onward.begin(declined, fields, by=by, now=moment)
    care.copy(declined, leg)
    assessing.observe_again(declined, leg, by=by, now=moment)
    if incomplete:
        routes.carry(declined, leg, now=moment)
    record.change(by, patient=leg.patient_id, referral=leg.id, what="referral.resend")
    return leg
