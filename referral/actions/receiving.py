"""What the receiving side does before the patient comes: open, ask, decide, schedule, send on."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from accounts.rows import insert
from facilities.hierarchy import Route
from referral.actions import assessing, booking, care, gaps, sending, timing
from referral.actions.moving import (
    CREATE,
    advance,
    announce,
    demand,
    entry,
    locked,
    move,
    open_leg,
)
from referral.codes import DeclineReason
from referral.models import Referral
from referral.policy import consents as policy_consents
from referral.policy import referrals as policy
from referral.states import Status

CARRIED = (
    "from_department_id",
    "urgency",
    "setting",
    "diagnosis_code",
    "diagnosis",
    "reason_code",
    "reason",
    "past_history",
    "allergies",
    "treatment",
    "results",
    "plan",
    "rehabilitation",
    "inpatient_no",
    "contact_phone",
    "patient_age",
    "filed_by_id",
)


def open(  # noqa: A001 - the verb's name is its address
    referral_id: UUID, *, by: Actor, version: int | None = None, now: datetime | None = None
) -> Referral:
    """Note that the receiver has opened the referral for the first time."""
    return move(referral_id, "open", by=by, version=version, now=now or timezone.now())


def ask_information(
    referral_id: UUID,
    *,
    by: Actor,
    note: str,
    missing: Sequence[str] = (),
    version: int | None = None,
    now: datetime | None = None,
) -> Referral:
    """Ask the sender for what is missing before deciding; the receiver's clock stands still meanwhile.

    `missing` names it in code words.
    """
    moment = now or timezone.now()
    referral = locked(referral_id, by=by, version=version)
    demand(policy.may_ask_information(referral, by))
    timing.pause(referral, now=moment)
    gaps.keep(referral, "ask_information", missing, now=moment)
    return advance(referral, "ask_information", by=by, now=moment, note=note)


def accept(
    referral_id: UUID,
    *,
    by: Actor,
    note: str = "",
    scheduled_for: datetime | None = None,
    pool_id: UUID | None = None,
    bed_id: UUID | None = None,
    version: int | None = None,
    now: datetime | None = None,
) -> Referral:
    """Accept, and with a time, a session or a bed fix the visit in the same step.

    Where none is given, the seat that the sender holds is confirmed, with its time as the visit. Raises
    Refused `consent-withdrawn`, or as `schedule` does.
    """
    moment = now or timezone.now()
    wanted = booking.lock_wanted(pool_id=pool_id, bed_id=bed_id)
    referral = locked(referral_id, by=by, version=version, with_consent=True, with_seat=True)
    demand(policy.may_accept(referral, by))
    visit = booking.visit(referral, wanted, scheduled_for, by=by, now=moment)
    visit = visit or booking.confirm(referral, now=moment)
    decided = {"decided_at": moment, "received_by_id": by.user_id}
    advance(referral, "accept", by=by, now=moment, note=note, changes=decided)
    if visit is not None:
        advance(referral, "schedule", by=by, now=moment, changes=visit)
    return referral


def acknowledge(
    referral_id: UUID, *, by: Actor, version: int | None = None, now: datetime | None = None
) -> Referral:
    """Confirm that an emergency is expected."""
    moment = now or timezone.now()
    seen = {"acknowledged_at": moment, "received_by_id": by.user_id}
    return move(referral_id, "acknowledge", by=by, version=version, now=moment, changes=seen)


def decline(
    referral_id: UUID,
    *,
    by: Actor,
    reason: str,
    note: str = "",
    missing: Sequence[str] = (),
    version: int | None = None,
    now: datetime | None = None,
) -> Referral:
    """Decline with a coded reason; `missing` names in code words what was not there."""
    moment = now or timezone.now()
    referral = locked(referral_id, by=by, version=version)
    demand(policy.may_decline(referral, by))
    if missing or reason == DeclineReason.INSUFFICIENT_INFORMATION:
        gaps.keep(referral, "decline", missing, now=moment)
    return advance(
        referral,
        "decline",
        by=by,
        now=moment,
        note=note,
        reason_code=reason,
        changes={"decline_reason": reason, "decided_at": moment},
    )


def redirect(
    referral_id: UUID,
    *,
    by: Actor,
    to_facility_id: UUID,
    to_department_id: UUID | None = None,
    note: str = "",
    version: int | None = None,
    now: datetime | None = None,
) -> Referral:
    """Send a referral on to another facility: this leg ends, a new one begins in its episode.

    Returns the new leg, filed in the sender's name. Raises Refused as `submit` does for a destination
    and for consent.
    """
    moment = now or timezone.now()
    referral = locked(referral_id, by=by, version=version)
    demand(policy.may_redirect(referral, by))
    today = timezone.localdate(moment)
    same = to_facility_id == referral.to_facility_id
    route = None if same else sending.route_to(referral, to_facility_id, to_department_id, on=today)
    route = sending.passable(referral, route)
    consent_id = _consent_now(referral, by=by, on=today)
    open_leg(referral.episode)
    leg = _onward(referral, route, now=moment)
    leg.to_facility_id, leg.to_department_id = to_facility_id, to_department_id
    leg.consent_id = consent_id
    _file(leg, by=by, now=moment)
    advance(referral, "redirect", by=by, now=moment, note=note)
    return leg


def schedule(
    referral_id: UUID,
    *,
    by: Actor,
    scheduled_for: datetime | None = None,
    pool_id: UUID | None = None,
    bed_id: UUID | None = None,
    note: str = "",
    version: int | None = None,
    now: datetime | None = None,
) -> Referral:
    """Fix the visit or admission of an accepted referral, at a time or by a seat of a session.

    Raises Refused: `visit-time`, `unknown-slot`, `slot-over`, `slot-taken`.
    """
    moment = now or timezone.now()
    wanted = booking.lock_wanted(pool_id=pool_id, bed_id=bed_id)
    referral = locked(referral_id, by=by, version=version)
    demand(policy.may_schedule(referral, by))
    visit = booking.visit(referral, wanted, scheduled_for, by=by, now=moment)
    return advance(referral, "schedule", by=by, now=moment, note=note, changes=visit)


def reschedule(
    referral_id: UUID,
    *,
    by: Actor,
    scheduled_for: datetime | None = None,
    pool_id: UUID | None = None,
    bed_id: UUID | None = None,
    note: str = "",
    version: int | None = None,
    now: datetime | None = None,
) -> Referral:
    """Move the visit or admission; a seat that it had goes back. May raise as `schedule` does."""
    moment = now or timezone.now()
    wanted = booking.lock_wanted(pool_id=pool_id, bed_id=bed_id)
    referral = locked(referral_id, by=by, version=version)
    demand(policy.may_reschedule(referral, by))
    visit = booking.visit(referral, wanted, scheduled_for, by=by, now=moment)
    return advance(referral, "reschedule", by=by, now=moment, note=note, changes=visit)


def expire(
    referral_id: UUID, *, by: Actor, version: int | None = None, now: datetime | None = None
) -> Referral:
    """End a referral that nobody answered in time."""
    moment = now or timezone.now()
    referral = locked(referral_id, by=by, version=version)
    demand(policy.may_expire(referral, by, at=moment))
    return advance(referral, "expire", by=by, now=moment)


def _consent_now(referral: Referral, *, by: Actor, on: date) -> UUID | None:
    """Return the consent by which one more facility may learn of the patient, as the sender holds it today.

    Raises Refused `consent-required` where it was withdrawn meanwhile, `patient-deceased`. Read in the
    system's scope, since a coordinator sees nothing of the patient.
    """
    with scope.lifted(by):
        person = sending.patient_of(referral.patient_id, at=referral.from_facility_id, on=on)
    demand(policy_consents.may_proceed(person, referral.urgency))
    return person.consent_id


def _onward(referral: Referral, route: Route, *, now: datetime) -> Referral:
    """Return the leg that takes the place of one that is sent on, as its sender would have submitted it."""
    return Referral(
        number=sending.new_number(timezone.localdate(now)),
        episode=referral.episode,
        previous=referral,
        patient_id=referral.patient_id,
        origin_id=referral.origin_id,
        from_facility_id=referral.from_facility_id,
        alliance_id=route.alliance_id,
        direction=route.direction,
        from_tier=route.from_tier,
        to_tier=route.to_tier,
        status=Status.SUBMITTED,
        created_at=now,
        submitted_at=now,
        version=1,
        **{name: getattr(referral, name) for name in CARRIED},
    )


def _file(leg: Referral, *, by: Actor, now: datetime) -> None:
    """Insert a leg that begins as submitted, with its history, access and messages.

    It is filed in the sender's name, which row-level security lets nobody else do; policy has allowed it.
    """
    with scope.lifted(by):
        insert(leg)
        if leg.previous is not None:
            care.copy(leg.previous, leg)
            assessing.copy(leg.previous, leg)
        insert(entry(leg, CREATE, by=by, now=now, on_behalf_of=leg.from_facility_id))
        sending.hand_over(leg, by=by, now=now)
    announce(leg, "submit", by=by, now=now)
