"""The way up again: a returned patient goes back to the hospital, and the return is handed on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Refused
from audit import record
from referral.actions import care, onward, routes, sending
from referral.actions.moving import advance, demand, locked
from referral.codes import Outcome
from referral.codes_returns import WarningAction
from referral.models import Referral, WarningSign
from referral.policy import referrals as policy
from referral.queries import returns as queries_returns
from referral.states import Urgency

URGENCIES: Final = {
    WarningAction.EMERGENCY: Urgency.EMERGENCY,
    WarningAction.GO_UP: Urgency.URGENT,
    WarningAction.CALL_CLINIC: Urgency.ROUTINE,
}


def refer_again(
    referral_id: UUID,
    *,
    by: Actor,
    fields: Mapping[str, Any] | None = None,
    plan: care.Content | None = None,
    choice: Mapping[str, Any] | None = None,
    submit: bool = False,
    duplicate: Mapping[str, str] | None = None,
    version: int | None = None,
    now: datetime | None = None,
) -> Referral:
    """Start a leg upwards in the same episode, to the hospital that returned the patient.

    It is prefilled from the return and from the last contact: what was found is the reason, and a
    warning sign that was met makes it urgent or an emergency. Returns the new leg as a draft, or
    submitted; `choice` is the reason for an unusual destination, as in `create`. Raises Refused
    `already-referred-again`, or as `submit` and `care.write` do.
    """
    moment = now or timezone.now()
    down = locked(referral_id, by=by, version=version)
    demand(policy.may_refer_again(down, by))
    if queries_returns.referred_again(down):
        text = _("The patient is already being referred up again.")
        raise Refused("already-referred-again", text)
    prefilled = {
        "from_facility_id": down.to_facility_id,
        "from_department_id": down.to_department_id,
        "to_facility_id": down.from_facility_id,
        "to_department_id": down.from_department_id,
        **onward.prefilled(down),
        **_after_last_contact(down),
    }
    leg = onward.begin(down, {**prefilled, **(fields or {})}, by=by, now=moment)
    care.begin(down, leg, plan, by=by, now=moment)
    routes.keep(routes.chosen(leg, choice, now=moment))
    record.change(by, patient=leg.patient_id, referral=leg.id, what="referral.refer_again")
    if not submit:
        return leg
    return sending.submit_locked(leg, by=by, now=moment, duplicate=duplicate)


def hand_on(referral_id: UUID, *, by: Actor, now: datetime | None = None) -> bool:
    """Complete a return as handed on, once its patient has come to a hospital again; says whether it did.

    Nobody follows him up below meanwhile: the next return brings a plan of its own. Until he has come, and
    where the hospital declines, the community goes on.
    """
    moment = now or timezone.now()
    down = locked(referral_id, by=by)
    demand(policy.may_complete(down, by))
    if not queries_returns.is_taken_up_again(down):
        return False
    ended = {"outcome": Outcome.HANDED_ON, "no_return_reason": ""}
    advance(down, "complete", by=by, now=moment, on_behalf_of=down.to_facility_id, changes=ended)
    return True


def _after_last_contact(down: Referral) -> dict[str, Any]:
    """Return what the last contact says of a new leg: why the patient goes, and how soon."""
    contact = queries_returns.last_contact(down)
    if contact is None:
        return {}
    met = [sign for sign in queries_returns.warning_signs(down) if sign.pk in contact.met_signs]
    said = [contact.findings, contact.symptoms, *(_words(sign) for sign in met)]
    return {
        "reason": "\n".join(filter(None, said)),
        "urgency": min((URGENCIES[WarningAction(s.action)] for s in met), default=Urgency.ROUTINE),
    }


def _words(sign: WarningSign) -> str:
    return " ".join(filter(None, (str(sign.get_code_display()) if sign.code else "", sign.text)))
