"""What the community does with a returned patient: contacts planned and recorded, feedback to the hospital."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from referral import clocks, observations
from referral.actions.moving import demand, locked, log, tell
from referral.codes_returns import VisitSide
from referral.models import FollowUp, NextVisit, Referral, ReturnFeedback, WarningSign
from referral.policy import referrals as policy
from referral.policy import returns as policy_returns
from referral.queries import returns as queries_returns
from referral.stages import Stage

FOLLOWED_UP: Final = "referral.followed_up"


def plan_ahead(referral: Referral, *, now: datetime) -> None:
    """Plan the contacts of a return that has just arrived: its next visits here, and a first contact.

    The first contact is due within the alliance's limit, 7 days by default; a visit until then is it. A
    visit whose day was over before the patient came is due today: nobody here could have kept it.
    """
    assert referral.to_facility_id is not None
    today, sent_on = timezone.localdate(now), timezone.localdate(referral.submitted_at or now)
    rules = clocks.rules()
    limit = rules.limit(referral, Stage.FIRST_CONTACT)
    latest = timezone.localdate(rules.add(now, limit.length, limit.clock))
    visits = NextVisit.objects.filter(referral=referral, side=VisitSide.DOWN).order_by("position")
    planned = [
        (max(policy_returns.day_of(visit, sent_on), today), visit.purpose) for visit in visits
    ]
    if all(day > latest for day, _purpose in planned):
        planned.append((latest, ""))
    rows = [
        FollowUp(
            referral=referral,
            facility_id=referral.to_facility_id,
            due_on=day,
            purpose=purpose,
            created_at=now,
        )
        for day, purpose in sorted(planned)
    ]
    FollowUp.objects.bulk_create(rows)


def plan_follow_up(
    referral_id: UUID, *, by: Actor, due_on: date, purpose: str = "", now: datetime | None = None
) -> FollowUp:
    """Plan a contact with a returned patient; raises Refused `contact-day`."""
    moment = now or timezone.now()
    referral = locked(referral_id, by=by)
    demand(policy.may_record_follow_up(referral, by))
    demand(policy_returns.may_plan_contact(due_on, timezone.localdate(moment)))
    planned = FollowUp(
        referral=referral,
        facility_id=by.place,
        due_on=due_on,
        purpose=purpose,
        created_at=moment,
    )
    planned.save(force_insert=True)
    log(referral, "referral.follow_up_planned", by=by)
    return planned


def record_follow_up(
    referral_id: UUID,
    *,
    by: Actor,
    method: str,
    findings: str,
    due_on: date | None = None,
    measured: Mapping[str, Any] | None = None,
    warning_signs: Sequence[UUID] = (),
    now: datetime | None = None,
) -> FollowUp:
    """Record a contact with a returned patient; the earliest planned one counts as done by it.

    `measured` holds `observations`, `adherence` and `symptoms`. Warning signs of the return that the
    observations show count as met, beside those named. Raises Refused `unknown-warning-sign`.
    """
    moment = now or timezone.now()
    referral = locked(referral_id, by=by)
    demand(policy.may_record_follow_up(referral, by))
    said = dict(measured or {})
    met = _met(referral, warning_signs, said.get("observations", {}))
    contact = queries_returns.next_contact(referral) or FollowUp(
        referral=referral,
        facility_id=by.place,
        due_on=due_on or timezone.localdate(moment),
        created_at=moment,
    )
    done = {
        "done_at": moment,
        "method": method,
        "findings": findings,
        "recorded_by_id": by.user_id,
        "met_signs": [sign.pk for sign in met],
        **said,
    }
    for name, value in done.items():
        setattr(contact, name, value)
    if contact._state.adding:
        contact.save(force_insert=True)
    else:
        contact.save(update_fields=[name.removesuffix("_id") for name in done])
    tell(referral, FOLLOWED_UP, by=by, now=moment)
    return contact


def give_feedback(referral: Referral, *, text: str, by: Actor, now: datetime) -> None:
    """Write what the hospital reads when a return is closed; the move that closes it tells and logs it."""
    ReturnFeedback(
        referral=referral,
        facility_id=by.place,
        text=text,
        given_by_id=by.user_id,
        given_at=now,
    ).save(force_insert=True)


def _met(
    referral: Referral, named: Sequence[UUID], measured: Mapping[str, Any]
) -> list[WarningSign]:
    """Return the warning signs of a return that were named or that the measurements show."""
    if not named and not measured:
        return []
    signs = queries_returns.warning_signs(referral)
    if set(named) - {sign.pk for sign in signs}:
        text = _("This return has no such warning sign.")
        errors = {"warning_signs": [str(text)]}
        raise Refused("unknown-warning-sign", text, kind=Kind.UNPROCESSABLE, errors=errors)
    shown = observations.signs_shown(measured)
    return [sign for sign in signs if sign.pk in named or sign.code in shown]
