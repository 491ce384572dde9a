"""Counts what became of the day's patients, from what the API says of each episode at the end."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from facilities.vocabulary import Direction
from referral.states import Status

Leg = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rate:
    """A named part of a whole; without a whole there is no rate, never 0 %."""

    name: str
    numerator: int
    denominator: int

    def __str__(self) -> str:
        if not self.denominator:
            return f"{self.name}: – ({self.numerator}/{self.denominator})"
        share = 100 * self.numerator / self.denominator
        return f"{self.name}: {share:.1f} % ({self.numerator}/{self.denominator})"


def _accepted(leg: Leg) -> bool:
    """Say whether a receiver agreed, and did not take it back."""
    return leg["decided_at"] is not None and leg["status"] != Status.DECLINED


def rates(episodes: Iterable[dict[str, Any]], *, followed: int, due: int) -> list[Rate]:
    """Return the rates of domain.md §5.5 that referrals alone can give, by the date of submission.

    Rates over visits or discharges need figures of the hospitals and are not invented here.
    """
    legs = [leg for episode in episodes for leg in episode["legs"] if leg["submitted_at"]]
    up = [leg for leg in legs if leg["direction"] == Direction.UP]
    down = [leg for leg in legs if leg["direction"] == Direction.DOWN]
    accepted = [leg for leg in up if _accepted(leg)]
    arrived = [leg for leg in up if leg["arrived_at"]]
    completed = [leg for leg in up if leg["status"] == Status.COMPLETED]
    returned = {leg["previous"] for leg in down}
    taken_back = [leg for leg in down if _accepted(leg)]
    return [
        Rate(_("Accepted of submitted (up)"), len(accepted), len(up)),
        Rate(_("Declined of submitted (up)"), _count(up, Status.DECLINED), len(up)),
        Rate(_("Arrived of accepted (up)"), len(arrived), len(accepted)),
        Rate(
            _("Sent back down of completed (closed loop)"),
            sum(leg["id"] in returned for leg in completed),
            len(completed),
        ),
        Rate(_("Accepted by the clinic of sent down"), len(taken_back), len(down)),
        Rate(_("Down accepted to up arrived"), len(taken_back), len(arrived)),
        Rate(_("Followed up of due"), followed, due),
    ]


def _count(legs: list[Leg], status: str) -> int:
    return sum(leg["status"] == status for leg in legs)


def lines(episodes: list[dict[str, Any]], *, followed: int, due: int) -> Iterator[str]:
    """Yield the summary: legs by direction and state, then the rates with their parts."""
    legs = [leg for episode in episodes for leg in episode["legs"]]
    loops = [episode["loop"] for episode in episodes]
    words = {name: loops.count(name) for name in ("closed", "ended_without_return", "open")}
    sentence = _(
        "%(patients)d patients, %(legs)d legs; journeys: %(closed)d closed, "
        "%(ended_without_return)d ended without a return, %(open)d still open."
    )
    yield sentence % {"patients": len(episodes), "legs": len(legs), **words}
    for direction in Direction:
        chosen = [leg for leg in legs if leg["direction"] == direction]
        states = ((status.label, _count(chosen, status)) for status in Status)
        parts = ", ".join(f"{label} {count}" for label, count in states if count)
        if parts:
            yield f"  {direction.label} {len(chosen)}: {parts}"
    for rate in rates(episodes, followed=followed, due=due):
        yield f"  {rate}"
    yield _("Rates over visits or discharges need the hospitals' own figures and are not shown.")
