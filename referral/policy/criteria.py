"""Says who may assess a draft and review a return, and when doing otherwise than the criteria needs a reason.

The criteria advise; the doctor decides, and says why where the decision differs.
"""

import tomllib
from collections.abc import Collection
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind
from facilities.vocabulary import Direction
from referral.codes import RuleOutcome
from referral.criteria.evaluate import URGENCIES
from referral.models import Assessment, Referral
from referral.policy import referrals as policy
from referral.policy.referrals import WRONG_STATE, YES, Verdict
from referral.states import Status

DATA: Final = Path(__file__).parent.parent / "data" / "down_candidates.toml"
# In what a sender may do otherwise than the rules of its assessment.
NONE_MET: Final = "none_met"
URGENCY: Final = "urgency"
CAPABILITY: Final = "capability"

UNEXPLAINED: Final = Verdict(
    False,
    "override-reason-required",
    _("This differs from what the criteria say of the observations: give the reason."),
    Kind.UNPROCESSABLE,
)
NO_WAY_UP: Final = Verdict(
    False, "not-an-up-referral", _("Only a patient who came up can be reviewed for a return.")
)


@cache
def ask_again_after() -> timedelta:
    """Return for how long a patient is not proposed again after a reason against the return."""
    data = tomllib.loads(DATA.read_text(encoding="utf-8"))
    return timedelta(days=data["ask_again"]["days"])


def may_assess(referral: Referral, by: Actor) -> Verdict:
    """Let the sender say what it observed while the referral is a draft."""
    return policy.may_edit(referral, by)


def may_review_return(referral: Referral, by: Actor) -> Verdict:
    """Let the receiver say of a patient who came up and is here whether the way down is possible."""
    side = policy.may_return(referral, by)
    if not side.allowed:
        return side
    if referral.direction != Direction.UP:
        return NO_WAY_UP
    return YES if referral.status == Status.ARRIVED else WRONG_STATE


def departures(
    assessment: Assessment, urgency: int, capabilities: Collection[str]
) -> dict[str, list[str]]:
    """Return in what a referral departs from its assessment: kind of departure to the rules departed from.

    `capabilities` are those of the destination. That no rule is met is said only where all of them could be
    judged: one that lacks a value might be met (domain.md §3.3).
    """
    found: dict[str, list[str]] = {}
    if {result["outcome"] for result in assessment.results} == {RuleOutcome.NOT_MET}:
        found[NONE_MET] = []
    for result in assessment.results:
        if result["outcome"] != RuleOutcome.MET:
            continue
        if result["urgency"] and URGENCIES[result["urgency"]] < urgency:
            found.setdefault(URGENCY, []).append(result["rule"])
        if result["capability"] and result["capability"].lower() not in capabilities:
            found.setdefault(CAPABILITY, []).append(result["rule"])
    return found


def may_depart(kinds: Collection[str], reason: str) -> Verdict:
    """Let a sender do otherwise than the criteria say, with a reason."""
    return UNEXPLAINED if kinds and not reason else YES
