"""Says what a patient needs of a destination, and where a facility stands to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from math import asin, cos, radians, sin, sqrt
from typing import Final
from uuid import UUID

from facilities.reach import Reached
from facilities.vocabulary import Direction
from referral.states import Urgency

EARTH_KM: Final = 6371.0
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


def kilometres(a: Point, b: Point) -> float:
    """Return the length of the great circle between two points in degrees (haversine)."""
    low, high = radians(a[0]), radians(b[0])
    half = sin((high - low) / 2) ** 2
    half += cos(low) * cos(high) * sin(radians(b[1] - a[1]) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(half)))


def way(row: Reached, need: Need) -> float | None:
    """Return the kilometres to a facility as the crow flies, None where a place is unknown."""
    if need.origin is None or row.latitude is None or row.longitude is None:
        return None
    return kilometres(need.origin, (row.latitude, row.longitude))


def distance(row: Reached, need: Need) -> float | None:
    """Return the same to a tenth, as it is shown."""
    km = way(row, need)
    return None if km is None else round(km, 1)


def skips(candidate: Reached, low: int) -> bool:
    """Say whether the way up from tier `low` leaves out a tier that the alliance has (facilities_routes)."""
    return _between(candidate.steps, low, candidate.tier)


@cache
def _between(steps: tuple[int, ...], low: int, high: int) -> bool:
    return any(low < tier < high for tier in steps)
