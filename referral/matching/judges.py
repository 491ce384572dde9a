"""Judges a facility in one respect each: how well it does, and what to tell of it; reads nothing, writes nothing.

A verdict is a number from 0 to 1 and the code of a reason, "" where there is nothing to tell. A thousand
facilities are judged and ten are shown, so what a sentence needs besides is looked up for those alone. Most
judges look at what facilities have in common (`kind`); those in `SINGLY` at what is a facility's own.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from facilities.reach import Reached
from facilities.vocabulary import TIGHTNESS, Direction
from referral.matching import data
from referral.matching.need import Need, distance, skips, way
from referral.matching.reasons import Reason

Verdict = tuple[float, str]
Judge = Callable[[Reached, Need], Verdict]

UNKNOWN: Final = 0.5
NOT_KNOWN: Final[Verdict] = (UNKNOWN, "")
NOTHING: Final[Verdict] = (0.0, "")
_TIGHT: Final = {form: 1 - place / len(TIGHTNESS) for place, form in enumerate(TIGHTNESS)}


def slot_value(at: datetime | None, need: Need) -> float:
    """Return how good an appointment is, from 0 for none to 1 for one at once; the earlier, the better."""
    if at is None:
        return 0.0
    waiting, limit = at - need.now, data.limits().slot[need.urgency]
    values = data.values()
    return values.slot_late if waiting > limit else 1 - values.slot_loss * (waiting / limit)


def _capability(row: Reached, need: Need) -> Verdict:
    if not need.capabilities:
        return NOT_KNOWN
    has = need.capabilities & row.capabilities
    if len(has) < len(need.capabilities):
        share = len(has) / len(need.capabilities)
        return share * data.values().capability_part, "lacks-capability"
    return 1.0, "has-capability"


def _department(row: Reached, need: Need) -> Verdict:
    if not need.subjects:
        return NOT_KNOWN
    if row.department_code is None:
        return 0.0, "no-department"
    exact = row.department_code.startswith(need.subjects[0])
    return 1.0 if exact else data.values().second_subject, "has-department"


def _slot(row: Reached, need: Need) -> Verdict:
    if need.openings is None:
        return NOT_KNOWN
    at = need.openings.get(row.id)
    value = slot_value(at, need)
    if at is None:
        return value, "no-slot"
    late = at - need.now > data.limits().slot[need.urgency]
    return value, "slot-late" if late else "slot-in-time"


def _step(row: Reached, need: Need) -> Verdict:
    if need.direction == Direction.DOWN:
        # Primary care is where a return is looked after; a hospital between is second.
        return 1 / (1 + max(0, row.tier - 1)), ""
    if row.designated:
        return 1.0, "designated"
    if not skips(row, need.tier):
        return 1.0, "next-step"
    return 0.0, "emergency-may-skip" if need.is_emergency else "skips-step"


def _alliance(row: Reached, _need: Need) -> Verdict:
    if row.alliance_id is None:
        return NOTHING
    return _TIGHT[row.alliance_form], "same-alliance"


def _nearness(row: Reached, need: Need) -> Verdict:
    km = way(row, need)
    if km is None:
        return NOT_KNOWN
    limits = data.limits()
    return 1 / (1 + km / limits.half_km), "far" if km > limits.far_km else "near"


def _answer(row: Reached, need: Need) -> Verdict:
    seconds = need.answers.get(row.id)
    if seconds is None:
        return NOT_KNOWN
    limits = data.limits()
    share = seconds / limits.answer_seconds[need.urgency]
    value = 1 / (1 + share)
    if share <= limits.answer_fast:
        return value, "answers-fast"
    return value, "answers-slowly" if share > 1 else ""


def _specialty(row: Reached, need: Need) -> Verdict:
    values = data.values()
    if row.leads and any(_takes(code, need.subjects) for code in row.leads):
        return 1.0, "leads-specialty"
    if row.specialties and any(_takes(code, need.subjects) for code in row.specialties):
        return values.in_specialty, "in-specialty-alliance"
    level = values.level.get(row.level)
    return (values.level_else, "") if level is None else (level, "level")


def _takes(code: str, subjects: Sequence[str]) -> bool:
    return any(code.startswith(subject) or subject.startswith(code) for subject in subjects)


def _district(row: Reached, need: Need) -> Verdict:
    if len(need.region) < 6:
        return NOT_KNOWN
    return (1.0, "patients-district") if row.region.startswith(need.region[:6]) else NOTHING


def _family_doctor(row: Reached, need: Need) -> Verdict:
    is_home = need.direction == Direction.DOWN and row.id == need.family_doctor
    return (1.0, "family-doctor") if is_home else NOTHING


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
SINGLY: Final = frozenset({"slot", "distance", "answer", "family_doctor"})
# All that the other judges look at: two facilities that are equal in it are judged alike.
KIND: Final = (
    *("tier", "level", "region", "alliance_id", "alliance_form", "steps", "capabilities"),
    *("department_code", "specialties", "leads", "designated"),
)
kind: Final[Callable[[Reached], tuple[object, ...]]] = attrgetter(*KIND)


def reason(code: str, row: Reached, need: Need) -> Reason:
    """Return the reason of a verdict with what its sentence names."""
    told = _TOLD.get(code)
    return Reason(code, told(row, need)) if told else Reason(code)


def _at(row: Reached, need: Need) -> Mapping[str, Any]:
    return {"at": (need.openings or {})[row.id]}


def _km(row: Reached, need: Need) -> Mapping[str, Any]:
    return {"km": distance(row, need)}


def _hours(row: Reached, need: Need) -> Mapping[str, Any]:
    return {"hours": max(1, round(need.answers[row.id] / 3600))}


_TOLD: Final[dict[str, Callable[[Reached, Need], Mapping[str, Any]]]] = {
    "has-capability": lambda _row, need: {"capabilities": sorted(need.capabilities)},
    "lacks-capability": lambda row, need: {
        "capabilities": sorted(need.capabilities - row.capabilities)
    },
    "has-department": lambda row, _need: {"department": row.department_name},
    "same-alliance": lambda row, _need: {"alliance": row.alliance_name},
    "level": lambda row, _need: {"level": (row.level, row.grade)},
    "slot-in-time": _at,
    "slot-late": _at,
    "near": _km,
    "far": _km,
    "answers-fast": _hours,
    "answers-slowly": _hours,
}
