"""Reads the weights, limits and tables of the data files, each of which names its source there."""

import re
import tomllib
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from facilities.vocabulary import CapabilityCode, Direction, Level
from referral.states import Urgency

FOLDER: Final = Path(__file__).parent.parent / "data"
FACTORS: Final = (
    "capability",
    "department",
    "slot",
    "step",
    "alliance",
    "distance",
    "answer",
    "specialty",
    "district",
    "family_doctor",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of the ranking: times, distances in kilometres, shares."""

    slot: dict[int, timedelta]
    horizon: timedelta
    far_km: float
    half_km: float
    answer_days: int
    answer_least: int
    answer_newest: int
    answer_fast: float
    answer_seconds: dict[int, float]
    answer_refresh: timedelta


@dataclass(frozen=True, slots=True)
class Values:
    """What a facility is worth in a respect in which it does neither best nor worst, from 0 to 1."""

    second_subject: float
    capability_part: float
    slot_late: float
    slot_loss: float
    in_specialty: float
    level: dict[int, float]
    level_else: float


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((FOLDER / "matching.toml").read_text(encoding="utf-8"))


@cache
def _specialties() -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Return the ranges of diagnoses with their subjects, the narrowest first."""
    ranges = tomllib.loads((FOLDER / "specialties.toml").read_text(encoding="utf-8"))["ranges"]
    rows = [(row["from"], row["to"], tuple(row["subjects"])) for row in ranges]
    return tuple(sorted(rows, key=lambda row: (_width(row[0], row[1]), row[0])))


def _place(code: str) -> int:
    """Return the place of a three-sign ICD-10 category among all of them."""
    return ord(code[0]) * 100 + int(code[1:3])


def _width(first: str, last: str) -> int:
    return _place(last) - _place(first)


def status() -> str:
    """Return whether the weights have been checked by people: `verified` or `unverified`."""
    return str(_table()["status"])


@cache
def weights(direction: str, urgency: int) -> dict[str, float]:
    """Return the weight of each factor for a direction; an emergency has weights of its own."""
    name = "emergency" if urgency == Urgency.EMERGENCY else Direction(direction).value
    row = _table()["weights"][name]
    return {factor: float(row[factor]) for factor in FACTORS}


def _hours(table: dict[str, Any], urgency: Urgency) -> timedelta:
    return timedelta(hours=table[f"{urgency.name.lower()}_hours"])


@cache
def limits() -> Limits:
    """Return the limits."""
    table = _table()
    slot, distance, answer = table["slot"], table["distance"], table["answer"]
    return Limits(
        slot={each: _hours(slot, each) for each in Urgency},
        horizon=timedelta(days=slot["horizon_days"]),
        far_km=float(distance["far_km"]),
        half_km=float(distance["half_km"]),
        answer_days=int(answer["days"]),
        answer_least=int(answer["least"]),
        answer_newest=int(answer["newest"]),
        answer_fast=float(answer["fast_share_of_limit"]),
        answer_seconds={each: _hours(answer, each).total_seconds() for each in Urgency},
        answer_refresh=timedelta(hours=answer["refresh_hours"]),
    )


@cache
def values() -> Values:
    """Return what lies between the best and the worst."""
    row = _table()["values"]
    return Values(
        second_subject=float(row["second_subject"]),
        capability_part=float(row["capability_part"]),
        slot_late=float(row["slot_late"]),
        slot_loss=float(row["slot_loss"]),
        in_specialty=float(row["in_specialty"]),
        level={Level.SECOND: float(row["second_level"]), Level.THIRD: float(row["third_level"])},
        level_else=float(row["other_level"]),
    )


def subjects_of(diagnosis: str) -> tuple[str, ...]:
    """Return the treatment subjects that take a diagnosis by its ICD-10 code, the best first; () if unknown."""
    code = diagnosis.strip().upper()[:3]
    if len(code) < 3 or not (code[0].isascii() and code[0].isalpha() and code[1:].isdecimal()):
        return ()
    here = _place(code)
    found = (row for row in _specialties() if _place(row[0]) <= here <= _place(row[1]))
    return next((subjects for _first, _last, subjects in found), ())


def needs_of(diagnosis: str, urgency: int, words: str = "") -> frozenset[str]:
    """Return what an emergency needs by its diagnosis: the code, or where that says nothing its words."""
    if urgency != Urgency.EMERGENCY:
        return frozenset()
    code = diagnosis.strip().upper()
    rows = _table()["needs"]
    coded = [row["capability"] for row in rows if code.startswith(tuple(row["diagnosis"]))]
    return frozenset(CapabilityCode(each).value for each in coded or _worded(words))


def _worded(words: str) -> list[str]:
    """Return the capabilities that the words of a diagnosis call for."""
    left, found = words.casefold(), []
    for pattern, capability in _patterns():
        told = [match for match in pattern.finditer(left) if not any(match.groups())]
        left = pattern.sub(" ", left)
        if told:
            found.append(capability)
    return found


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the words of each need, the longest first; a group of one that matched tells of the past."""
    past = _table()["past"]
    before, after = ("|".join(map(re.escape, past[side])) for side in ("before", "after"))
    listed = [(word, row["capability"]) for row in _table()["needs"] for word in row["words"]]
    return tuple(
        (re.compile(f"({before})?{re.escape(word)}({after})?"), capability)
        for word, capability in sorted(listed, key=lambda each: -len(each[0]))
    )
