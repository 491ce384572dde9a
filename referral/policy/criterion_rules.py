"""Says what an alliance may set of the criteria, and from when on."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext_lazy as _

from accounts.errors import Kind
from referral.codes import CriterionMode
from referral.criteria import held
from referral.criteria.shapes import Rule, Variable
from referral.policy.referrals import YES, Verdict

LONGEST_FOLLOW_UP: Final = 366
FROM_TOMORROW: Final = Verdict(
    False,
    "criterion-from-tomorrow",
    _("A criterion changes from tomorrow on: within one day all are judged alike."),
    Kind.UNPROCESSABLE,
)
OTHER_EDITION: Final = Verdict(
    False,
    "criterion-other-edition",
    _("Another edition of the document holds on that day."),
    Kind.UNPROCESSABLE,
)
OUT_OF_RANGE: Final = Verdict(
    False,
    "threshold-out-of-range",
    _("This threshold is outside what can be measured at all."),
    Kind.UNPROCESSABLE,
)
UNCHANGED: Final = Verdict(
    False,
    "criterion-unchanged",
    _("This is the rule of the document: change a threshold or the follow-up."),
    Kind.UNPROCESSABLE,
)


def may_begin(rule: Rule, starts: date, today: date) -> Verdict:
    """Let a setting begin tomorrow at the earliest, so that every process knows it on its first day.

    It is for one edition of the rule, which holds on that day.
    """
    if starts <= today:
        return FROM_TOMORROW
    return YES if rule.in_force(starts) else OTHER_EDITION


def may_set(
    rule: Rule,
    mode: str,
    thresholds: Mapping[int, Decimal],
    follow_up_days: int | None,
    variables: Mapping[str, Variable],
) -> Verdict:
    """Take thresholds for the comparisons of numbers, within what the schema permits; something must differ."""
    if mode != CriterionMode.OWN:
        return YES
    leaves = dict(enumerate(rule.when.leaves()))
    for place, number in thresholds.items():
        bounds = held.bounds(leaves[place], variables) if place in leaves else None
        if bounds is None or not number.is_finite() or not bounds[0] <= number <= bounds[1]:
            return OUT_OF_RANGE
    if follow_up_days is not None and not 1 <= follow_up_days <= LONGEST_FOLLOW_UP:
        return OUT_OF_RANGE
    differs = any(leaves[place].threshold != number for place, number in thresholds.items())
    other_days = follow_up_days not in {None, rule.follow_up_days}
    return YES if differs or other_days else UNCHANGED
