"""Who comes on which day: drawn before a run, so that every change meets the very same persons."""

import math
import random
from dataclasses import dataclass
from typing import Final, NamedTuple

from insights.whatif.setting import DAYS_A_WEEK, Department, Setting

# Beyond it the product of draws below comes near to what a float can hold.
_LARGEST_MEAN: Final = 100


class Patient(NamedTuple):
    """One referral: rank of its urgency, day, number, and the draws that decide on acceptance and coming.

    The order of the fields is the order in which places are given.
    """

    rank: int
    day: int
    number: int
    accepted_below: float
    comes_above: float


@dataclass(frozen=True, slots=True)
class Arrivals:
    """By day: the referrals of a department, and how many others ask for a place."""

    referred: list[list[Patient]]
    own: list[int]


def draw(setting: Setting, seed: int, replication: int) -> dict[str, Arrivals]:
    """Return everybody who comes in one replication, by department; the same for the same seed."""
    return {
        each.key: _of_department(setting, each, f"{seed}:{replication}:{each.key}")
        for each in setting.departments
    }


def _of_department(setting: Setting, department: Department, seed: str) -> Arrivals:
    chance = random.Random(seed)  # noqa: S311 - a draw of statistics
    ranked = [
        (rank, department.arrivals[urgency.code])
        for rank, urgency in enumerate(setting.urgencies)
        if urgency.code in department.arrivals
    ]
    count = _exact if setting.exact else _poisson
    referred, own, number = [], [], 0
    for day in range(setting.last):
        weekday = day % DAYS_A_WEEK
        today = []
        for rank, week in ranked:
            for _ in range(count(week[weekday], chance)):
                number += 1
                today.append(Patient(rank, day, number, chance.random(), chance.random()))
        referred.append(today)
        own.append(count(department.own[weekday], chance))
    return Arrivals(referred, own)


def _exact(mean: float, chance: random.Random) -> int:
    return int(mean)


def _poisson(mean: float, chance: random.Random) -> int:
    """Return a draw with this mean: how many uniform draws can be multiplied before they fall below e^−mean."""
    total = 0
    while mean > _LARGEST_MEAN:
        total += _poisson(_LARGEST_MEAN, chance)
        mean -= _LARGEST_MEAN
    border, product = math.exp(-mean), chance.random()
    while product > border:
        total += 1
        product *= chance.random()
    return total
