"""Reads what a patient said by the link: of the visit that is fixed, and of how it went."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery

from accounts.actors import Actor
from referral.models import (
    HiddenFeedback,
    Link,
    PatientFeedback,
    Referral,
    Transition,
    VisitConfirmation,
)
from referral.queries import referrals as queries
from referral.states import Status

# What changes the visit, and with it takes back what was said of the one before.
CHANGING = ("schedule", "reschedule", "put_off")


def confirmed_at(referral: Referral) -> datetime | None:
    """Return when the patient confirmed the visit that is fixed now; None where he has not."""
    if referral.status != Status.SCHEDULED:
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


def given(by: Actor, *, sent: bool) -> QuerySet[PatientFeedback]:
    """Return what patients said of the legs that the actor's facility has received, or of those it has sent."""
    end = {"from_facility" if sent else "to_facility": by.facility_id}
    rows = _with_hiding(PatientFeedback.objects.filter(**end))
    return rows.select_related("referral", "from_facility", "to_facility")


def heard(referral: Referral) -> PatientFeedback | None:
    """Return what the patient said of a leg as staff are shown it; None where nothing was said."""
    return _with_hiding(PatientFeedback.objects.filter(referral=referral)).first()


def _with_hiding(rows: QuerySet[PatientFeedback]) -> QuerySet[PatientFeedback]:
    """Add whether the line as it stands is hidden, why, when and by whom; no statement more."""
    done = HiddenFeedback.objects.filter(referral=OuterRef("pk"), said_at=OuterRef("changed_at"))
    return rows.annotate(
        hidden_why=Subquery(done.values("reason")[:1]),
        hidden_at=Subquery(done.values("at")[:1]),
        hidden_by=Subquery(done.values("by__full_name")[:1]),
    )


def is_hidden(given: PatientFeedback | None) -> bool:
    """Say whether the line as it stands is hidden from staff."""
    if given is None:
        return False
    rows = HiddenFeedback.objects.filter(referral=given.pk, said_at=given.changed_at)
    return rows.exists()


def links_out(referral: Referral, side: str, at: datetime) -> Sequence[Link]:
    """Return the links for the patient that one side has out and that still open, newest first."""
    found = queries.patient_links(referral, side)
    return [link for link in reversed(found) if link.expires_at > at]
