"""Says how generated legs go: which verbs follow each other, how long each takes, how often each course is."""

import random
from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from referral.states import Urgency

# Who makes a move, as one letter a move in the staging table: s the sender, m its reviewer, r the
# receiver, x the sweep, e the sender in the receiver's name (an emergency counts as accepted), d
# whoever redirected, in the sender's name.
SENDER, REVIEWER, RECEIVER, SWEEP, IN_RECEIVERS_NAME, REDIRECTOR = "smrxed"


class Pace(NamedTuple):
    """Who makes a move, and after how many hours (the least and the most)."""

    side: str
    low: float
    high: float


UP_PACE: Final[dict[str, Pace]] = {
    "create": Pace(SENDER, 0, 0),
    "submit": Pace(SENDER, 0, 0),
    "request_review": Pace(SENDER, 0, 0.5),
    "approve": Pace(REVIEWER, 0.2, 18),
    "send_back": Pace(REVIEWER, 0.2, 18),
    "open": Pace(RECEIVER, 0.1, 14),
    "ask_information": Pace(RECEIVER, 0.1, 6),
    "answer": Pace(SENDER, 0.5, 30),
    "accept": Pace(RECEIVER, 0.1, 20),
    "acknowledge": Pace(RECEIVER, 0.02, 0.3),
    "decline": Pace(RECEIVER, 0.2, 24),
    "redirect": Pace(RECEIVER, 0.2, 12),
    "schedule": Pace(RECEIVER, 0.05, 4),
    "reschedule": Pace(RECEIVER, 4, 40),
    "arrive": Pace(RECEIVER, 12, 120),
    "record_no_show": Pace(SWEEP, 300, 320),
    "complete": Pace(RECEIVER, 12, 260),
    "cancel": Pace(SENDER, 1, 60),
    "expire": Pace(SWEEP, 100, 220),
    "void": Pace(SENDER, 0.2, 20),
}
DOWN_PACE: Final[dict[str, Pace]] = {
    **UP_PACE,
    "arrive": Pace(RECEIVER, 12, 150),
    "complete": Pace(RECEIVER, 380, 1100),
}
EMERGENCY_PACE: Final[dict[str, Pace]] = {
    **UP_PACE,
    "accept": Pace(IN_RECEIVERS_NAME, 0, 0),
    "arrive": Pace(RECEIVER, 0.3, 3),
}


class Script(NamedTuple):
    """One course of a leg; `share` is its weight, `returns` that a down leg is filed before completion."""

    share: float
    steps: tuple[str, ...]
    returns: bool = False
    urgencies: tuple[int, ...] = (Urgency.ROUTINE,) * 5 + (Urgency.URGENT,)


def _steps(text: str) -> tuple[str, ...]:
    return tuple(text.split())


PLAIN: Final = Script(14, _steps("create submit open accept schedule arrive complete"))
EMERGENCY: Final = (Urgency.EMERGENCY.value,)
UP: Final[tuple[Script, ...]] = (
    Script(30, _steps("create submit open accept schedule arrive complete"), returns=True),
    Script(17, _steps("create submit open accept arrive complete"), returns=True),
    Script(
        3, _steps("create submit open accept schedule reschedule arrive complete"), returns=True
    ),
    Script(
        6, _steps("create submit open ask_information answer accept arrive complete"), returns=True
    ),
    PLAIN,
    Script(5, _steps("create submit open decline")),
    Script(1, _steps("create submit open accept decline")),
    Script(4, _steps("create submit open redirect")),
    Script(5, _steps("create submit open accept schedule record_no_show")),
    Script(3, _steps("create submit cancel")),
    Script(1, _steps("create submit open accept cancel")),
    Script(1, _steps("create cancel")),
    Script(1.5, _steps("create submit expire")),
    Script(0.5, _steps("create submit void")),
    Script(
        6,
        _steps("create submit accept acknowledge arrive complete"),
        returns=True,
        urgencies=EMERGENCY,
    ),
    Script(2, _steps("create submit accept acknowledge arrive complete"), urgencies=EMERGENCY),
)
# A leg that another one was redirected to begins as submitted: it has no submit of its own.
REDIRECTED: Final[tuple[Script, ...]] = (
    Script(60, _steps("create open accept schedule arrive complete"), returns=True),
    Script(25, _steps("create open accept arrive complete")),
    Script(10, _steps("create open decline")),
    Script(5, _steps("create cancel")),
)
DOWN: Final[tuple[Script, ...]] = (
    Script(72, _steps("create submit open accept arrive complete")),
    Script(8, _steps("create submit accept arrive complete")),
    Script(5, _steps("create submit open decline")),
    Script(8, _steps("create submit open accept record_no_show")),
    Script(2, _steps("create submit cancel")),
    Script(5, _steps("create submit expire")),
)
# What a sender does in place of submitting, where a colleague reviews first.
REVIEW: Final = ("request_review", "approve")
SENT_BACK: Final = ("request_review", "send_back", "request_review", "approve")
SENT_BACK_SHARE: Final = 0.12


class Deck:
    """Draws scripts by their shares."""

    def __init__(self, scripts: Sequence[Script]) -> None:
        """Add the shares up once."""
        self.scripts = scripts
        self._sums = list(accumulate(script.share for script in scripts))

    def draw(self, chance: random.Random) -> Script:
        """Return one script."""
        return self.scripts[bisect(self._sums, chance.random() * self._sums[-1])]


UP_DECK: Final = Deck(UP)
REDIRECTED_DECK: Final = Deck(REDIRECTED)
DOWN_DECK: Final = Deck(DOWN)


def reviewed(steps: tuple[str, ...], chance: random.Random) -> tuple[str, ...]:
    """Return the steps of a routine referral from a facility that reviews before sending."""
    if "submit" not in steps:
        return steps
    place = steps.index("submit")
    instead = SENT_BACK if chance.random() < SENT_BACK_SHARE else REVIEW
    return (*steps[:place], *instead, *steps[place + 1 :])
