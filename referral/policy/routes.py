"""Says which destinations need a reason: those beyond the next step, and those outside the network.

Patients go step by step; an emergency may skip steps (domain.md §3.1: 逐级转诊, 急危重症可越级上转).
"""

from typing import Final

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind
from accounts.permissions import Permission
from facilities.hierarchy import Route
from referral.models import Referral, RouteChoice
from referral.policy import events as policy_events
from referral.policy import referrals as policy
from referral.policy.referrals import YES, Verdict
from referral.states import LIVE, Urgency

STEP_SKIPPED: Final = Verdict(
    False,
    "step-skipped",
    _("The alliance has a facility of the step between: choose it, or say why not."),
    Kind.UNPROCESSABLE,
)
NOT_OUTSIDE: Final = Verdict(
    False, "not-outside", _("The receiver is in the network, so no link is needed.")
)


def needs_choice(route: Route, urgency: int) -> bool:
    """Say whether a destination asks for a reason: one in no common alliance, or beyond a step if it can wait.

    A facility designated in an event of public health is nobody's choice.
    """
    skips = route.skips_step and urgency != Urgency.EMERGENCY
    return (route.alliance_id is None or skips) and not route.to_designated


def is_open(route: Route) -> bool:
    """Say whether a receiver may send a patient on that way today."""
    return policy_events.may_go(route).allowed and policy.may_send(route).allowed


def may_leave_out(route: Route, urgency: int, choice: RouteChoice | None) -> Verdict:
    """Say whether a destination may be chosen past a step of the alliance, which needs a reason."""
    plain = route.alliance_id is None or not needs_choice(route, urgency)
    return YES if plain or choice is not None else STEP_SKIPPED


def may_make_outside_link(referral: Referral, by: Actor, choice: RouteChoice | None) -> Verdict:
    """Let the sender hand a secret address to a receiver outside the network, while the leg lives."""
    if by.facility_id != referral.from_facility_id:
        return policy.NOT_SENDER
    if not by.can(Permission.REFERRAL_FILE):
        return policy.NO_RIGHT
    if referral.status not in LIVE:
        return policy.WRONG_STATE
    return YES if left_network(referral, choice) else NOT_OUTSIDE


def left_network(referral: Referral, choice: RouteChoice | None) -> bool:
    """Say whether a submitted leg goes to a facility that the sender chose outside the network."""
    sent = referral.submitted_at is not None and referral.alliance_id is None
    return sent and choice is not None and choice.outside
