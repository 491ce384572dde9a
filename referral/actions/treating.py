"""What the receiving side does with the patient: arrival, completion, and the way back down."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from audit import record
from facilities.vocabulary import Direction
from patients import queries as patient_queries
from referral.actions import care, following, onward, routes, sending
from referral.actions.moving import (
    advance,
    demand,
    demand_no_open_leg,
    locked,
    move,
)
from referral.codes import RETURN_OUTCOMES, TREATMENT_OUTCOMES, Outcome, Setting
from referral.directions import way_back
from referral.models import FollowUp, Referral
from referral.policy import referrals as policy
from referral.policy import returns as policy_returns
from referral.policy.returns import Finding
from referral.queries import referrals as queries
from referral.queries import returns as queries_returns


def arrive(
    referral_id: UUID, *, by: Actor, version: int | None = None, now: datetime | None = None
) -> Referral:
    """Confirm that the patient has come (到诊); for a down leg, in the community, where follow-up begins."""
    moment = now or timezone.now()
    referral = locked(referral_id, by=by, version=version)
    demand(policy.may_arrive(referral, by))
    if referral.direction == Direction.DOWN:
        following.plan_ahead(referral, now=moment)
    return advance(referral, "arrive", by=by, now=moment, changes={"arrived_at": moment})


def record_no_show(
    referral_id: UUID,
    *,
    by: Actor,
    note: str = "",
    version: int | None = None,
    now: datetime | None = None,
) -> Referral:
    """Record that the patient did not come."""
    moment = now or timezone.now()
    return move(referral_id, "record_no_show", by=by, version=version, now=moment, note=note)


def complete(
    referral_id: UUID,
    *,
    by: Actor,
    outcome: str,
    no_return_reason: str = "",
    results: str = "",
    feedback: str = "",
    note: str = "",
    version: int | None = None,
    now: datetime | None = None,
) -> Referral:
    """Complete a leg with its outcome.

    An up or lateral leg also needs a submitted down leg, or a coded reason for none (interfaces.md
    F7); a down leg whose plan was carried out needs a recorded follow-up, and none that is due left
    open; its `feedback` is for the hospital. Raises Refused: `outcome-not-of-this-leg`,
    `return-missing`, `return-contradicts`, `follow-up-missing`, `follow-ups-left`, `no-feedback-here`,
    `results-stay`.
    """
    moment = now or timezone.now()
    referral = locked(referral_id, by=by, version=version)
    demand(policy.may_complete(referral, by))
    if referral.direction == Direction.DOWN:
        care.demand_none([Finding(policy_returns.RESULTS_STAY, "results")] if results else [])
        _check_return_outcome(referral, outcome, no_return_reason, on=timezone.localdate(moment))
    else:
        care.demand_none([Finding(policy_returns.NO_FEEDBACK_HERE, "feedback")] if feedback else [])
        _check_treatment_outcome(referral, outcome, no_return_reason)
    if feedback:
        following.give_feedback(referral, text=feedback, by=by, now=moment)
    changes = {"outcome": outcome, "no_return_reason": no_return_reason}
    if results:
        changes["results"] = results
    return advance(
        referral,
        "complete",
        by=by,
        now=moment,
        note=note,
        reason_code=no_return_reason,
        changes=changes,
    )


def start_return(
    referral_id: UUID,
    *,
    by: Actor,
    fields: Mapping[str, object] | None = None,
    plan: care.Content | None = None,
    choice: Mapping[str, object] | None = None,
    submit: bool = False,
    duplicate: Mapping[str, str] | None = None,
    version: int | None = None,
    now: datetime | None = None,
) -> Referral:
    """Start the down leg of an episode, prefilled from the leg that brought the patient.

    It goes to the facility of the patient's family-doctor contract if there is one, else back to the
    sender. Medicines that `plan` does not name are those of the leg that brought the patient. Returns
    the down leg as a draft, or submitted. Raises Refused `leg-follows`, or as `care.write` does.
    """
    moment = now or timezone.now()
    up = locked(referral_id, by=by, version=version)
    demand(policy.may_return(up, by))
    demand_no_open_leg(up)
    signed = patient_queries.contract_facility(up.patient_id, on=timezone.localdate(moment))
    prefilled = {
        "from_facility_id": up.to_facility_id,
        "from_department_id": up.to_department_id,
        "to_facility_id": way_back(up, signed),
        "setting": Setting.INPATIENT if up.inpatient_no else up.setting,
        **onward.prefilled(up),
    }
    leg = onward.begin(up, {**prefilled, **(fields or {})}, by=by, now=moment)
    care.begin(up, leg, plan, by=by, now=moment)
    routes.keep(routes.chosen(leg, choice, now=moment))
    record.change(by, patient=leg.patient_id, referral=leg.id, what="referral.return")
    if not submit:
        return leg
    return sending.submit_locked(leg, by=by, now=moment, duplicate=duplicate, assessed=False)


def _outcome_refused() -> Refused:
    text = _("This outcome does not belong to this kind of referral.")
    return Refused("outcome-not-of-this-leg", text, kind=Kind.UNPROCESSABLE)


def _check_treatment_outcome(referral: Referral, outcome: str, no_return_reason: str) -> None:
    if outcome not in TREATMENT_OUTCOMES:
        raise _outcome_refused()
    returned = queries.live_return(referral) is not None
    if returned and no_return_reason:
        text = _("A return is under way, so there is no reason for none.")
        raise Refused("return-contradicts", text, kind=Kind.UNPROCESSABLE)
    if not returned and not no_return_reason:
        text = _("Send the patient back down, or give the reason why there is no return.")
        raise Refused("return-missing", text, kind=Kind.UNPROCESSABLE)


def _check_return_outcome(
    referral: Referral, outcome: str, no_return_reason: str, *, on: date
) -> None:
    if outcome not in RETURN_OUTCOMES or no_return_reason:
        raise _outcome_refused()
    followed = FollowUp.objects.filter(referral=referral, done_at__isnull=False)
    if outcome == Outcome.FOLLOW_UP_DONE and not followed.exists():
        text = _("Record the follow-up before closing the return.")
        raise Refused("follow-up-missing", text, kind=Kind.UNPROCESSABLE)
    if outcome == Outcome.FOLLOW_UP_DONE and queries_returns.is_late(referral, on):
        demand(policy_returns.PLAN_OPEN)
