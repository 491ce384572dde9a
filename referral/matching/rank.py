"""Chooses and ranks destinations among the facilities that a sender reaches; reads nothing, writes nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from math import asin, cos, radians, sin, sqrt
from typing import Any, Final, NamedTuple
from uuid import UUID

from facilities.reach import Reached
from facilities.vocabulary import TIGHTNESS, Direction, Level
from referral.matching import data
from referral.matching.reasons import Reason
from referral.states import Urgency

EARTH_KM: Final = 6371.0
UNKNOWN: Final = 0.5
SLOT: Final = "slot"
Point = tuple[float, float]
Order = tuple[bool, bool, float, str, UUID]


@dataclass(frozen=True, slots=True)
class Need:
    """What the patient needs, from whom and when.

    `origin` are latitude and longitude in degrees from which distance is measured, `region` the code of
    the patient's region, `family_doctor` the facility of the contract. `openings` are the earliest free
    appointments, None where appointments are not kept; `answers` the median seconds until an answer.
    """

    sender: UUID
    tier: int
    direction: Direction
    urgency: int
    now: datetime
    capabilities: frozenset[str] = frozenset()
    subjects: tuple[str, ...] = ()
    may_skip: bool = False
    origin: Point | None = None
    region: str = ""
    family_doctor: UUID | None = None
    openings: Mapping[UUID, datetime] | None = None
    answers: Mapping[UUID, float] = field(default_factory=dict)

    @property
    def is_emergency(self) -> bool:
        """Say whether nothing may wait."""
        return self.urgency == Urgency.EMERGENCY

    @property
    def is_booked(self) -> bool:
        """Say whether appointments matter: an emergency waits for none, and a return is not booked."""
        return not self.is_emergency and self.direction != Direction.DOWN

    def with_answers(self, answers: Mapping[UUID, float]) -> "Need":
        """Return the same with what is known of times of answering."""
        return replace(self, answers=answers)

    def with_openings(self, openings: Mapping[UUID, datetime] | None) -> "Need":
        """Return the same with what is known of appointments."""
        return replace(self, openings=openings)


class Factor(NamedTuple):
    """How well a facility does in one respect, from 0 to 1, and what to tell: a code and its parameters."""

    value: float
    code: str = ""
    parameters: Mapping[str, Any] = {}


NOT_KNOWN: Final = Factor(UNKNOWN)
NOTHING: Final = Factor(0)


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


class _Weighing(NamedTuple):
    """The factors that count but that of appointments, whose weight is apart; names by weight."""

    judges: tuple[tuple["Judge", float], ...]
    slot: float
    total: float
    heavy: tuple[str, ...]


def kilometres(a: Point, b: Point) -> float:
    """Return the length of the great circle between two points in degrees (haversine)."""
    half = sin(radians(b[0] - a[0]) / 2) ** 2
    half += cos(radians(a[0])) * cos(radians(b[0])) * sin(radians(b[1] - a[1]) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(half)))


def skips(candidate: Reached, low: int) -> bool:
    """Say whether the way up from tier `low` leaves out a tier that the alliance has (facilities_routes)."""
    return _between(candidate.steps, low, candidate.tier)


@cache
def _between(steps: tuple[int, ...], low: int, high: int) -> bool:
    return any(low < tier < high for tier in steps)


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
            row for row in others if row.tier > need.tier and row.designated is not False
        ]
        if not (need.is_emergency or need.may_skip):
            offered = [row for row in beyond if row.designated or not skips(row, need.tier)]
    return _able(offered, need) or _able(beyond, need) or offered


def _able(rows: Sequence[Reached], need: Need) -> list[Reached]:
    return [row for row in rows if need.capabilities <= row.capabilities]


def rank(reached: Sequence[Reached], need: Need) -> list[Match]:
    """Return the destinations, the best first; the family doctor's facility leads the way down."""
    standings = stand(candidates(reached, need), need)
    ordered = sorted(standings, key=lambda each: order(each, need, _slot(each.row, need).value))
    return [match(each.row, need) for each in ordered]


def stand(rows: Sequence[Reached], need: Need) -> list[Standing]:
    """Weigh everything about these candidates but their appointments."""
    judges = _weighing(need.direction, need.urgency).judges
    up, down = need.direction == Direction.UP, need.direction == Direction.DOWN
    return [
        Standing(
            row,
            sum([weight * judge(row, need).value for judge, weight in judges]),
            down and row.id == need.family_doctor,
            up and _needs_reason(row, need),
        )
        for row in rows
    ]


def order(standing: Standing, need: Need, slot: float) -> Order:
    """Return the place of a candidate among others, the lower the better; `slot` is 0 to 1.

    The better the appointment, the better the place: with a hoped-for one it is never worse than it is.
    """
    row, score = standing.row, _score(standing.rest, need, slot)
    return (not standing.is_home, standing.needs_reason, -score, row.name, row.id)


def _score(rest: float, need: Need, slot: float) -> float:
    weighing = _weighing(need.direction, need.urgency)
    return round((rest + weighing.slot * slot) / weighing.total, 4)


@cache
def _weighing(direction: str, urgency: int) -> _Weighing:
    weights = data.weights(direction, urgency)
    judges = tuple((judge, weights[name]) for name, judge in FACTORS.items() if weights[name])
    return _Weighing(
        judges=tuple(pair for pair in judges if pair[0] is not _slot),
        slot=weights[SLOT],
        total=sum(weights.values()),
        heavy=tuple(sorted(FACTORS, key=lambda name: -weights[name])),
    )


def match(row: Reached, need: Need) -> Match:
    """Return a candidate with its score and reasons, the weightiest first."""
    weighing = _weighing(need.direction, need.urgency)
    [standing] = stand([row], need)
    found = [FACTORS[name](row, need) for name in weighing.heavy]
    return Match(
        facility=row,
        score=_score(standing.rest, need, _slot(row, need).value),
        reasons=tuple(Reason(each.code, each.parameters) for each in found if each.code),
        skips_step=need.direction == Direction.UP and skips(row, need.tier),
        needs_reason=standing.needs_reason,
        lacks=need.capabilities - row.capabilities,
        distance_km=_distance(row, need),
        earliest=(need.openings or {}).get(row.id),
    )


def _needs_reason(row: Reached, need: Need) -> bool:
    return not need.is_emergency and not row.designated and skips(row, need.tier)


def slot_value(at: datetime | None, need: Need) -> float:
    """Return how good an appointment is, from 0 for none to 1 for one at once; the earlier, the better."""
    if at is None:
        return 0.0
    waiting, limit = at - need.now, data.limits().slot[need.urgency]
    return 0.2 if waiting > limit else 1 - 0.5 * (waiting / limit)


def _capability(row: Reached, need: Need) -> Factor:
    if not need.capabilities:
        return NOT_KNOWN
    lacks = sorted(need.capabilities - row.capabilities)
    if lacks:
        share = 1 - len(lacks) / len(need.capabilities)
        return Factor(share / 2, "lacks-capability", {"capabilities": lacks})
    return Factor(1, "has-capability", {"capabilities": sorted(need.capabilities)})


def _department(row: Reached, need: Need) -> Factor:
    if not need.subjects:
        return NOT_KNOWN
    if row.department_code is None:
        return Factor(0, "no-department")
    exact = row.department_code.startswith(need.subjects[0])
    return Factor(1 if exact else 0.7, "has-department", {"department": row.department_name})


def _slot(row: Reached, need: Need) -> Factor:
    if need.openings is None:
        return NOT_KNOWN
    at = need.openings.get(row.id)
    value = slot_value(at, need)
    if at is None:
        return Factor(value, "no-slot")
    late = at - need.now > data.limits().slot[need.urgency]
    return Factor(value, "slot-late" if late else "slot-in-time", {"at": at})


def _step(row: Reached, need: Need) -> Factor:
    if need.direction == Direction.DOWN:
        # Primary care is where a return is looked after; a hospital between is second.
        return Factor(1 / (1 + max(0, row.tier - 1)))
    if row.designated:
        return Factor(1, "designated")
    if not skips(row, need.tier):
        return Factor(1, "next-step")
    return Factor(0, "emergency-may-skip" if need.is_emergency else "skips-step")


def _alliance(row: Reached, need: Need) -> Factor:
    value = 1 - TIGHTNESS.index(row.alliance_form) / len(TIGHTNESS)
    return Factor(value, "same-alliance", {"alliance": row.alliance_name})


def _distance(row: Reached, need: Need) -> float | None:
    if need.origin is None or row.latitude is None or row.longitude is None:
        return None
    return round(kilometres(need.origin, (row.latitude, row.longitude)), 1)


def _nearness(row: Reached, need: Need) -> Factor:
    km, limits = _distance(row, need), data.limits()
    if km is None:
        return NOT_KNOWN
    code = "far" if km > limits.far_km else "near"
    return Factor(1 / (1 + km / limits.half_km), code, {"km": km})


def _answer(row: Reached, need: Need) -> Factor:
    seconds = need.answers.get(row.id)
    if seconds is None:
        return NOT_KNOWN
    known = data.limits()
    routine = need.urgency == Urgency.ROUTINE
    limit = known.answer_routine if routine else known.answer_urgent
    share = seconds / limit.total_seconds()
    hours = {"hours": max(1, round(seconds / 3600))}
    value = 1 / (1 + share)
    if share <= known.answer_fast:
        return Factor(value, "answers-fast", hours)
    return Factor(value, "answers-slowly", hours) if share > 1 else Factor(value)


def _specialty(row: Reached, need: Need) -> Factor:
    if row.leads and any(_takes(code, need.subjects) for code in row.leads):
        return Factor(1, "leads-specialty")
    if row.specialties and any(_takes(code, need.subjects) for code in row.specialties):
        return Factor(0.8, "in-specialty-alliance")
    if row.level in {Level.SECOND, Level.THIRD}:
        value = 0.6 if row.level == Level.THIRD else 0.4
        return Factor(value, "level", {"level": (row.level, row.grade)})
    return Factor(0.2)


def _takes(code: str, subjects: Sequence[str]) -> bool:
    return any(code.startswith(subject) or subject.startswith(code) for subject in subjects)


def _district(row: Reached, need: Need) -> Factor:
    if len(need.region) < 6:
        return NOT_KNOWN
    return Factor(1, "patients-district") if row.region.startswith(need.region[:6]) else NOTHING


def _family_doctor(row: Reached, need: Need) -> Factor:
    if need.direction == Direction.DOWN and row.id == need.family_doctor:
        return Factor(1, "family-doctor")
    return NOTHING


Judge = Callable[[Reached, Need], Factor]
FACTORS: Final[dict[str, Judge]] = {
    "capability": _capability,
    "department": _department,
    "slot": _slot,
    "step": _step,
    "alliance": _alliance,
    "distance": _nearness,
    "answer": _answer,
    "specialty": _specialty,
    "district": _district,
    "family_doctor": _family_doctor,
}
