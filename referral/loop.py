"""Says where the loop of an episode stands and what is missing to close it; pure, from its legs."""

from collections.abc import Sequence
from typing import Final, Literal

from facilities.vocabulary import Direction
from referral.models import Referral
from referral.states import AGREED, PREPARING, WAITING, Status

Loop = Literal["open", "closed", "ended_without_return"]

# What the next step of a leg is called, by direction and state; stable codes for the API.
_UP_STEPS: Final = {
    **dict.fromkeys(PREPARING, "submission"),
    **dict.fromkeys(WAITING, "decision"),
    **dict.fromkeys(AGREED, "arrival"),
    Status.ARRIVED: "completion",
}
_DOWN_STEPS: Final = {
    **dict.fromkeys(PREPARING, "return_submission"),
    **dict.fromkeys(WAITING, "return_decision"),
    **dict.fromkeys(AGREED, "first_contact"),
    Status.ARRIVED: "follow_up",
}


def standing(legs: Sequence[Referral], *, is_closed: bool) -> Loop:
    """Return `closed` once the patient is back and followed up, or needs no return by a coded reason."""
    if not is_closed:
        return "open"
    done = [leg for leg in legs if leg.status == Status.COMPLETED]
    returned = any(leg.direction == Direction.DOWN or leg.no_return_reason for leg in done)
    return "closed" if returned else "ended_without_return"


def missing(legs: Sequence[Referral]) -> list[str]:
    """Return the codes of the steps that open legs still wait for, in the order of the legs."""
    steps: list[str] = []
    for leg in legs:
        table = _DOWN_STEPS if leg.direction == Direction.DOWN else _UP_STEPS
        step = table.get(Status(leg.status))
        if step is not None and step not in steps:
            steps.append(step)
    return steps
