"""Tells how far the up-referrals submitted in a period have come: each step is a measure, counted at once."""

from typing import Final

from insights.periods import Period
from insights.queries import counts
from insights.scopes import Where

STEPS: Final[tuple[str, ...]] = (
    "up_submitted",
    "up_submitted_accepted",
    "up_submitted_arrived",
    "up_submitted_completed",
    "up_submitted_returned",
    "up_submitted_followed",
)


def funnel(where: Where, period: Period) -> dict[str, int]:
    """Return how many reached each step."""
    return counts.count(where, STEPS, period)
