"""What becomes of a visit by the patient's word: put off with a reason, confirmed, and told of afterwards."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from accounts.rows import insert
from audit import record
from referral.actions import seats
from referral.actions.moving import advance, demand, locked, log, tell
from referral.codes import ReleaseReason
from referral.models import (
    HiddenFeedback,
    Link,
    PatientFeedback,
    Referral,
    VisitConfirmation,
)
from referral.policy import referrals as policy
from referral.policy import visits as policy_visits
from referral.queries import visits as queries

VISIT_CONFIRMED: Final = "referral.visit_confirmed"
FEEDBACK: Final = "referral.patient_feedback"
HIDDEN: Final = "referral.feedback_hidden"


def put_off(
    referral_id: UUID,
    *,
    by: Actor,
    reason: str,
    note: str = "",
    version: int | None = None,
    now: datetime | None = None,
) -> Referral:
    """Note that the patient cannot come to the visit: its place goes back, and another time is to be found.

    The leg stays accepted; `scheduled_for` keeps which visit was put off (`Referral.visit`).
    """
    moment = now or timezone.now()
    referral = locked(referral_id, by=by, version=version)
    demand(policy.may_put_off(referral, by))
    seats.release(referral, ReleaseReason.MOVED, moment)
    return advance(referral, "put_off", by=by, now=moment, note=note, reason_code=reason)


def put_off_by_patient(link: Link, *, by: Actor, reason: str, version: int, now: datetime) -> None:
    """Put the visit off by the link of its patient, before its day is over; said twice, it is done once.

    Raises Refused `visit-over`, or as `put_off` does.
    """
    referral = locked(link.referral_id, by=by)
    done = queries.put_off(referral)
    if done is not None and done.version == version + 1:
        return
    demand(policy_visits.may_answer(referral, now))
    put_off(referral.pk, by=by, reason=reason, version=version, now=now)


def confirm_visit(link: Link, *, by: Actor, version: int, now: datetime) -> None:
    """Note that the patient will come to the visit of this version; said again, it stays as it was.

    Raises Refused: `stale-referral`, `wrong-state`, `visit-over`.
    """
    referral = locked(link.referral_id, by=by, version=version)
    demand(policy_visits.may_answer(referral, now))
    if queries.confirmed_at(referral) is not None:
        return
    visit = referral.visit
    assert visit is not None
    insert(
        VisitConfirmation(referral=referral, version=version, visit=visit, link_id=link.pk, at=now)
    )
    tell(referral, VISIT_CONFIRMED, by=by, now=now)


def give_feedback(link: Link, *, by: Actor, score: int, text: str, now: datetime) -> None:
    """Keep what the patient says of the leg, in the place of what he said before; nobody is sent it.

    Raises Refused: `feedback-too-early`, `feedback-closed`.
    """
    referral = locked(link.referral_id, by=by)
    given = queries.feedback(referral)
    demand(policy_visits.may_rate(referral, given, now))
    if given is None:
        assert referral.to_facility_id is not None
        insert(
            PatientFeedback(
                referral=referral,
                from_facility_id=referral.from_facility_id,
                to_facility_id=referral.to_facility_id,
                score=score,
                text=text,
                link_id=link.pk,
                given_at=now,
                changed_at=now,
            )
        )
    elif (given.score, given.text) != (score, text):
        given.score, given.text, given.link_id, given.changed_at = score, text, link.pk, now
        given.save(update_fields=["score", "text", "link", "changed_at"])
    else:
        return
    log(referral, FEEDBACK, by=by)


def hide_feedback(
    referral_id: UUID, *, by: Actor, reason: str, now: datetime | None = None
) -> HiddenFeedback:
    """Show the line of a patient to staff no more; the score stays, the line is kept, and why stands in the trail.

    Raises Refused: `not-a-party`, `role-lacks-right`, `no-feedback-line`.
    """
    moment = now or timezone.now()
    referral = locked(referral_id, by=by)
    given = queries.feedback(referral)
    demand(policy_visits.may_hide_feedback(referral, given, queries.is_hidden(given), by))
    assert given is not None
    assert by.user_id is not None
    row = HiddenFeedback(
        referral=referral,
        said_at=given.changed_at,
        reason=reason,
        facility_id=by.place,
        by_id=by.user_id,
        at=moment,
    )
    row.save(force_insert=True)
    record.change(by, what=HIDDEN, patient=referral.patient_id, referral=referral.id, after=reason)
    return row
