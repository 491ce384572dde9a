"""Says where a patient may be sent while an event of public health binds the sender."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from accounts.errors import Kind
from facilities.hierarchy import Route
from facilities.vocabulary import Direction
from referral.policy.referrals import YES, Verdict

ELSEWHERE: Final = Verdict(
    False,
    "designated-elsewhere",
    _("A public health event is in force: this disease goes to designated facilities only."),
    Kind.UNPROCESSABLE,
)
UNCODED: Final = Verdict(
    False,
    "event-needs-code",
    _("A public health event is in force: give the ICD-10 code of the diagnosis."),
    Kind.UNPROCESSABLE,
)


def may_go(route: Route) -> Verdict:
    """Let a matching diagnosis go to a designated facility, or back down; nowhere else.

    Without a code nobody can tell whether it matches, so a code is asked for; else a slip without one
    would walk past the event.
    """
    if route.designated is None or route.to_designated or route.direction == Direction.DOWN:
        return YES
    return UNCODED if route.uncoded_in_event else ELSEWHERE
