"""Says who may change the time limits and automatic steps of an alliance, and what a new row may not do."""

from datetime import date
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind
from accounts.permissions import Permission
from referral import limits
from referral.policy.referrals import NO_RIGHT, YES, Verdict
from referral.stages import Action, Stage

NOT_ITS_MANAGER: Final = Verdict(
    False,
    "not-its-manager",
    _("Only the manager of this alliance may do this."),
    Kind.FORBIDDEN,
)
IN_THE_PAST: Final = Verdict(
    False,
    "term-in-the-past",
    _("A new rule holds from today on, at the earliest."),
    Kind.UNPROCESSABLE,
)
NOT_SENT_ON: Final = Verdict(
    False,
    "sent-on-unanswered-only",
    _("Only a referral that waits for its first answer can be sent on."),
    Kind.UNPROCESSABLE,
)
FOLLOWED: Final = Verdict(
    False,
    "term-followed",
    _("A rule that begins on this day or later is there already."),
)
TOO_FAR: Final = Verdict(
    False,
    "term-too-far",
    _("A new rule begins within the next year."),
    Kind.UNPROCESSABLE,
)
BEGUN: Final = Verdict(
    False,
    "term-begun",
    _("This rule holds already: set another in its place."),
)
NO_FALLBACK: Final = Verdict(
    False,
    "unknown-fallback",
    _("Name a member of the alliance to which the referral is sent on, and only then."),
    Kind.UNPROCESSABLE,
)
NOTHING_ON: Final = Verdict(
    False, "nothing-to-switch-off", _("No such automatic step is switched on.")
)
# Switched on and off on one day, it never held for a whole one, and a term has no length nought.
TOO_SHORT: Final = Verdict(
    False, "term-too-short", _("It can be switched off from the next day on.")
)


def may_set_rules(by: Actor, alliance_id: UUID) -> Verdict:
    """Let the manager of an alliance set its limits and automatic steps."""
    if by.is_system:
        return YES
    if not by.can(Permission.REFERRAL_COORDINATE):
        return NO_RIGHT
    return YES if alliance_id in by.alliance_ids else NOT_ITS_MANAGER


def may_switch_on(stage: str, action: str) -> Verdict:
    """Say whether the system may do something at a stage: it sends on only what nobody has answered yet."""
    return YES if action == Action.EXPIRE or stage == Stage.ANSWER else NOT_SENT_ON


def may_fall_back(action: str, *, named: bool, member: bool) -> Verdict:
    """Ask for a member of the alliance where legs are sent on to one facility, and for no name elsewhere."""
    fits = member if action == Action.REDIRECT else not named
    return YES if fits else NO_FALLBACK


def may_switch_off(began: date | None, on: date) -> Verdict:
    """Let what is switched on, since the day on which it `began`, end on a later day."""
    if began is None:
        return NOTHING_ON
    return YES if began < on else TOO_SHORT


def may_begin(starts: date, today: date, last_start: date | None) -> Verdict:
    """Say whether a new row may begin on a day: neither in the past nor far ahead, after every row of its kind."""
    if starts < today:
        return IN_THE_PAST
    if starts > today + limits.planned_ahead():
        return TOO_FAR
    return YES if last_start is None or last_start < starts else FOLLOWED


def may_withdraw(starts: date, today: date) -> Verdict:
    """Let a row be withdrawn until the day before it begins; what has held is ended, never undone."""
    return YES if starts > today else BEGUN
