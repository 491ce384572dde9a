"""Says what a sender may do about a referral of the same illness that is open already."""

from collections.abc import Sequence
from typing import Final

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind
from referral.codes import DuplicateDecision
from referral.models import Referral
from referral.policy import referrals as policy
from referral.policy.referrals import YES, Verdict
from referral.states import Urgency

NOT_JOINABLE: Final = Verdict(
    False,
    "duplicate-not-joinable",
    _("You cannot write to the open referral: send yours with a reason."),
    Kind.UNPROCESSABLE,
)
NOT_REPLACEABLE: Final = Verdict(
    False,
    "duplicate-not-replaceable",
    _("Only the sender takes an open referral back, and only before the patient has arrived."),
    Kind.UNPROCESSABLE,
)
NOTHING_OPEN: Final = Verdict(
    False, "no-open-referral", _("No referral of this illness is open any more: send yours.")
)


def may_go_on(decision: str) -> Verdict:
    """Say whether a decision still makes sense once nothing is open: only joining does not."""
    return NOTHING_OPEN if decision == DuplicateDecision.JOIN else YES


def may_join(other: Referral | None, by: Actor) -> Verdict:
    """Let whoever may write on the open referral add to it instead of sending a second one."""
    if other is None:
        return NOT_JOINABLE
    return YES if policy.may_write(other, by).allowed else NOT_JOINABLE


def may_replace(others: Sequence[Referral | None], by: Actor) -> Verdict:
    """Let a sender take all the open ones back, or none of them."""
    mine = all(other is not None and policy.may_cancel(other, by).allowed for other in others)
    return YES if mine else NOT_REPLACEABLE


def decisions(others: Sequence[Referral | None], by: Actor) -> list[str]:
    """Return the decisions that are open to the caller; to send with a reason always is."""
    found = []
    if may_join(others[0], by).allowed:
        found.append(DuplicateDecision.JOIN.value)
    if may_replace(others, by).allowed:
        found.append(DuplicateDecision.REPLACE.value)
    return [*found, DuplicateDecision.OVERRIDE.value]


def goes_ahead(referral: Referral) -> bool:
    """Say whether a leg is sent whatever is open: nobody discusses an emergency first."""
    return referral.urgency == Urgency.EMERGENCY
