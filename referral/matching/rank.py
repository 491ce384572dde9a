"""Chooses and ranks destinations among the facilities that a sender reaches; reads nothing, writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final, NamedTuple
from uuid import UUID

from facilities.reach import Reached
from facilities.vocabulary import Direction
from referral.matching import data
from referral.matching.judges import FACTORS, SINGLY, Judge, kind, reason
from referral.matching.need import Need, distance, skips
from referral.matching.reasons import Reason

SLOT: Final = "slot"
Order = tuple[bool, bool, float, str, UUID]


@dataclass(frozen=True, slots=True)
class Match:
    """A destination with what speaks for and against it; the higher the score, the better."""

    facility: Reached
    score: float
    reasons: tuple[Reason, ...]
    skips_step: bool
    needs_reason: bool
    lacks: frozenset[str]
    distance_km: float | None
    earliest: datetime | None


class Standing(NamedTuple):
    """How a facility stands without its appointments: `rest` is what all other factors come to together."""

    row: Reached
    rest: float
    is_home: bool
    needs_reason: bool


class Weighing(NamedTuple):
    """The factors that count but that of appointments, whose weight is apart; names by weight.

    `alike` judge what facilities have in common, `singly` what is a facility's own.
    """

    alike: tuple[tuple[Judge, float], ...]
    singly: tuple[tuple[Judge, float], ...]
    slot: float
    total: float
    heavy: tuple[str, ...]


def candidates(reached: Sequence[Reached], need: Need) -> list[Reached]:
    """Return who may be offered: of the next step, or beyond it where that is allowed or without choice.

    Where somebody among them can do all that is needed, nobody else is left: a stroke within its window
    is not offered a hospital without thrombolysis while one with it is in reach. While an event of public
    health binds the sender, only who is designated takes the diagnosis, whatever the step.
    """
    others = [row for row in reached if row.id != need.sender]
    if need.direction == Direction.DOWN:
        offered = beyond = [row for row in others if row.tier < need.tier]
    else:
        offered = beyond = [
            row
            for row in others
            if row.designated or (row.tier > need.tier and row.designated is None)
        ]
        if not (need.is_emergency or need.may_skip):
            offered = [row for row in beyond if row.designated or not skips(row, need.tier)]
    return _able(offered, need) or _able(beyond, need) or offered


def _able(rows: Sequence[Reached], need: Need) -> list[Reached]:
    return [row for row in rows if need.capabilities <= row.capabilities]


def rank(reached: Sequence[Reached], need: Need) -> list[Match]:
    """Return the destinations, the best first; the family doctor's facility leads the way down."""
    scale, slot = weighing(need.direction, need.urgency), FACTORS[SLOT]
    standings = stand(candidates(reached, need), need)
    ordered = sorted(standings, key=lambda each: order(each, scale, slot(each.row, need)[0]))
    return [match(each.row, need) for each in ordered]


@cache
def weighing(direction: str, urgency: int) -> Weighing:
    """Return by what destinations are weighed for a direction and urgency."""
    weights = data.weights(direction, urgency)
    counted = [name for name in FACTORS if weights[name] and name != SLOT]
    return Weighing(
        alike=tuple((FACTORS[name], weights[name]) for name in counted if name not in SINGLY),
        singly=tuple((FACTORS[name], weights[name]) for name in counted if name in SINGLY),
        slot=weights[SLOT],
        total=sum(weights.values()),
        heavy=tuple(sorted(FACTORS, key=lambda name: -weights[name])),
    )


def stand(rows: Sequence[Reached], need: Need) -> list[Standing]:
    """Weigh everything about these candidates but their appointments; each kind of facility is judged once."""
    up, down = need.direction == Direction.UP, need.direction == Direction.DOWN
    scale = weighing(need.direction, need.urgency)
    known: dict[tuple[object, ...], tuple[float, bool]] = {}
    standings = []
    for row in rows:
        what = kind(row)
        if what not in known:
            known[what] = _weighed(scale.alike, row, need), up and _needs_reason(row, need)
        common, needs_reason = known[what]
        rest = common + _weighed(scale.singly, row, need)
        is_home = down and row.id == need.family_doctor
        standings.append(Standing(row, rest, is_home, needs_reason))
    return standings


def _weighed(judges: Sequence[tuple[Judge, float]], row: Reached, need: Need) -> float:
    return sum([weight * judge(row, need)[0] for judge, weight in judges])


def order(standing: Standing, scale: Weighing, slot: float) -> Order:
    """Return the place of a candidate among others, the lower the better; `slot` is 0 to 1.

    The better the appointment, the better the place: with a hoped-for one it is never worse than it is.
    """
    row, score = standing.row, _score(standing.rest, scale, slot)
    return (not standing.is_home, standing.needs_reason, -score, row.name, row.id)


def _score(rest: float, scale: Weighing, slot: float) -> float:
    return round((rest + scale.slot * slot) / scale.total, 4)


def match(row: Reached, need: Need) -> Match:
    """Return a candidate with its score and reasons, the weightiest first."""
    scale = weighing(need.direction, need.urgency)
    [standing] = stand([row], need)
    verdicts = {name: FACTORS[name](row, need) for name in scale.heavy}
    return Match(
        facility=row,
        score=_score(standing.rest, scale, verdicts[SLOT][0]),
        reasons=tuple(reason(code, row, need) for _value, code in verdicts.values() if code),
        skips_step=need.direction == Direction.UP and skips(row, need.tier),
        needs_reason=standing.needs_reason,
        lacks=need.capabilities - row.capabilities,
        distance_km=distance(row, need),
        earliest=(need.openings or {}).get(row.id),
    )


def _needs_reason(row: Reached, need: Need) -> bool:
    return not need.is_emergency and not row.designated and skips(row, need.tier)
