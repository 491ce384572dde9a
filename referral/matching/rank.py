"""Chooses and ranks destinations among the facilities that a sender reaches; reads nothing, writes nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import asin, cos, radians, sin, sqrt
from typing import Final, NamedTuple
from uuid import UUID

from facilities.reach import Reached
from facilities.vocabulary import TIGHTNESS, Direction, Level
from referral.matching import data
from referral.matching.reasons import Reason
from referral.states import Urgency

EARTH_KM: Final = 6371.0
UNKNOWN: Final = 0.5
Point = tuple[float, float]


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

    def with_times(
        self, *, openings: Mapping[UUID, datetime] | None, answers: Mapping[UUID, float]
    ) -> "Need":
        """Return the same with what is known of appointments and of times of answering."""
        return replace(self, openings=openings, answers=answers)


class Factor(NamedTuple):
    """How well a facility does in one respect, from 0 to 1, and the reason to tell, if there is one."""

    value: float
    reason: Reason | None = None


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


def kilometres(a: Point, b: Point) -> float:
    """Return the length of the great circle between two points in degrees (haversine)."""
    (lat_a, long_a), (lat_b, long_b) = (map(radians, point) for point in (a, b))
    half = sin((lat_b - lat_a) / 2) ** 2
    half += cos(lat_a) * cos(lat_b) * sin((long_b - long_a) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(half)))


def skips(candidate: Reached, low: int) -> bool:
    """Say whether the way up from tier `low` leaves out a tier that the alliance has (facilities_routes)."""
    return any(low < tier < candidate.tier for tier in candidate.steps)


def candidates(reached: Sequence[Reached], need: Need) -> list[Reached]:
    """Return who may be offered: of the next step, or beyond it where that is allowed or without choice.

    Where somebody among them can do all that is needed, nobody else is left: a stroke within its window
    is not offered a hospital without thrombolysis while one with it is in reach.
    """
    others = [row for row in reached if row.id != need.sender]
    if need.direction == Direction.DOWN:
        offered = [row for row in others if row.tier < need.tier]
    else:
        above = [row for row in others if row.tier > need.tier]
        offered = [row for row in above if not skips(row, need.tier)]
        unable = not any(need.capabilities <= row.capabilities for row in offered)
        if need.is_emergency or need.may_skip or unable:
            offered = above
    able = [row for row in offered if need.capabilities <= row.capabilities]
    return able or [row for row in offered if _may_show(row, need)]


def _may_show(row: Reached, need: Need) -> bool:
    """Say whether a facility that lacks something is shown with a warning: beyond a step only if allowed."""
    free = need.is_emergency or need.may_skip or need.direction == Direction.DOWN
    return free or not skips(row, need.tier)


def rank(reached: Sequence[Reached], need: Need) -> list[Match]:
    """Return the destinations, the best first; the family doctor's facility leads the way down."""
    found = [_match(row, need) for row in candidates(reached, need)]
    return sorted(found, key=lambda match: _order(match, need))


def _order(match: Match, need: Need) -> tuple[bool, bool, float, str, UUID]:
    home = need.direction == Direction.DOWN and match.facility.id == need.family_doctor
    return (not home, match.needs_reason, -match.score, match.facility.name, match.facility.id)


def _match(row: Reached, need: Need) -> Match:
    weights = data.weights(need.direction, need.urgency)
    found = {name: judge(row, need) for name, judge in FACTORS.items()}
    total = sum(weights.values())
    score = sum(weights[name] * factor.value for name, factor in found.items()) / total
    heavy = sorted(found, key=lambda name: -weights[name])
    skipping = need.direction == Direction.UP and skips(row, need.tier)
    return Match(
        facility=row,
        score=round(score, 4),
        reasons=tuple(reason for name in heavy if (reason := found[name].reason) is not None),
        skips_step=skipping,
        needs_reason=skipping and not need.is_emergency,
        lacks=need.capabilities - row.capabilities,
        distance_km=_distance(row, need),
        earliest=(need.openings or {}).get(row.id),
    )


def _capability(row: Reached, need: Need) -> Factor:
    if not need.capabilities:
        return Factor(UNKNOWN)
    lacks = sorted(need.capabilities - row.capabilities)
    if lacks:
        share = 1 - len(lacks) / len(need.capabilities)
        return Factor(share / 2, Reason("lacks-capability", {"capabilities": lacks}))
    return Factor(1, Reason("has-capability", {"capabilities": sorted(need.capabilities)}))


def _department(row: Reached, need: Need) -> Factor:
    if not need.subjects:
        return Factor(UNKNOWN)
    if row.department_code is None:
        return Factor(0, Reason("no-department"))
    exact = row.department_code.startswith(need.subjects[0])
    return Factor(
        1 if exact else 0.7, Reason("has-department", {"department": row.department_name})
    )


def _slot(row: Reached, need: Need) -> Factor:
    if need.openings is None:
        return Factor(UNKNOWN)
    at = need.openings.get(row.id)
    if at is None:
        return Factor(0, Reason("no-slot"))
    limit = data.limits().slot[need.urgency]
    waiting = at - need.now
    if waiting > limit:
        return Factor(0.2, Reason("slot-late", {"at": at}))
    return Factor(1 - 0.5 * (waiting / limit), Reason("slot-in-time", {"at": at}))


def _step(row: Reached, need: Need) -> Factor:
    if need.direction == Direction.DOWN:
        # Primary care is where a return is looked after; a hospital between is second.
        return Factor(1 / (1 + max(0, row.tier - 1)))
    if not skips(row, need.tier):
        return Factor(1, Reason("next-step"))
    return Factor(0, Reason("emergency-may-skip" if need.is_emergency else "skips-step"))


def _alliance(row: Reached, need: Need) -> Factor:
    value = 1 - TIGHTNESS.index(row.alliance_form) / len(TIGHTNESS)
    return Factor(value, Reason("same-alliance", {"alliance": row.alliance_name}))


def _distance(row: Reached, need: Need) -> float | None:
    if need.origin is None or row.latitude is None or row.longitude is None:
        return None
    return round(kilometres(need.origin, (row.latitude, row.longitude)), 1)


def _nearness(row: Reached, need: Need) -> Factor:
    km, limits = _distance(row, need), data.limits()
    if km is None:
        return Factor(UNKNOWN)
    code = "far" if km > limits.far_km else "near"
    return Factor(1 / (1 + km / limits.half_km), Reason(code, {"km": km}))


def _answer(row: Reached, need: Need) -> Factor:
    seconds = need.answers.get(row.id)
    if seconds is None:
        return Factor(UNKNOWN)
    known = data.limits()
    routine = need.urgency == Urgency.ROUTINE
    limit = known.answer_routine if routine else known.answer_urgent
    share = seconds / limit.total_seconds()
    hours = {"hours": max(1, round(seconds / 3600))}
    value = 1 / (1 + share)
    if share <= known.answer_fast:
        return Factor(value, Reason("answers-fast", hours))
    return Factor(value, Reason("answers-slowly", hours) if share > 1 else None)


def _specialty(row: Reached, need: Need) -> Factor:
    if any(_takes(code, need.subjects) for code in row.leads):
        return Factor(1, Reason("leads-specialty"))
    if any(_takes(code, need.subjects) for code in row.specialties):
        return Factor(0.8, Reason("in-specialty-alliance"))
    if row.level in {Level.SECOND, Level.THIRD}:
        value = 0.6 if row.level == Level.THIRD else 0.4
        return Factor(value, Reason("level", {"level": (row.level, row.grade)}))
    return Factor(0.2)


def _takes(code: str, subjects: Sequence[str]) -> bool:
    return any(code.startswith(subject) or subject.startswith(code) for subject in subjects)


def _district(row: Reached, need: Need) -> Factor:
    if len(need.region) < 6:
        return Factor(UNKNOWN)
    if row.region.startswith(need.region[:6]):
        return Factor(1, Reason("patients-district"))
    return Factor(0)


def _family_doctor(row: Reached, need: Need) -> Factor:
    if need.direction == Direction.DOWN and row.id == need.family_doctor:
        return Factor(1, Reason("family-doctor"))
    return Factor(0)


FACTORS: Final[dict[str, Callable[[Reached, Need], Factor]]] = {
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
