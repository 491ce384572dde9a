"""Reads what a patient said by the link: of the visit that is fixed, and of how it went."""

from datetime import datetime

from referral.models import PatientFeedback, Referral, Transition, VisitConfirmation

# What changes the visit, and with it takes back what was said of the one before.
CHANGING = ("schedule", "reschedule", "put_off")


def confirmed_at(referral: Referral) -> datetime | None:
    """Return when the patient confirmed the visit that is fixed now; None where he has not."""
    if referral.visit is None:
        return None
    said = VisitConfirmation.objects.filter(referral=referral).order_by("-version").first()
    if said is None or said.visit != referral.visit:
        return None
    moves = Transition.objects.filter(
        referral=referral, verb__in=CHANGING, version__gt=said.version
    )
    return None if moves.exists() else said.at


def put_off(referral: Referral) -> Transition | None:
    """Return the move by which the visit was put off for which there is no other yet; else None."""
    if referral.visit is not None or referral.scheduled_for is None:
        return None
    moves = Transition.objects.filter(referral=referral, verb="put_off")
    return moves.order_by("-version").first()


def feedback(referral: Referral) -> PatientFeedback | None:
    """Return what the patient said of a leg, None where nothing was said."""
    return PatientFeedback.objects.filter(referral=referral).first()
