"""Says how long each stage may take, on which clock: an alliance's own limits, else those of the data file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import UUID

from django.utils import timezone

from facilities.calendar import WorkingCalendar
from facilities.vocabulary import Direction
from referral.stages import LIMITED, Clock, Stage
from referral.states import Urgency

DATA: Final = Path(__file__).parent / "data" / "time_limits.toml"

# A day before every submission.
EVER: Final = date(2000, 1, 1)

Kind = tuple[Stage, int, str]


class Submitted(Protocol):
    """What of a leg decides how long its stages may take: a `Referral`, or just these columns of one."""

    @property
    def urgency(self) -> int:
        """How urgent it is, a number of `Urgency`."""

    @property
    def direction(self) -> str:
        """Up, down or lateral."""

    @property
    def alliance_id(self) -> UUID | None:
        """In which alliance it was submitted, None outside of any."""

    @property
    def submitted_at(self) -> datetime | None:
        """When it was submitted, None for a draft."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How long, on which clock, and who says so; `own` where an alliance has set it."""

    length: timedelta
    clock: Clock
    source: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class OwnLimit:
    """A limit of one alliance, for legs submitted from the day `starts` up to, not on, the day `ends`."""

    alliance_id: UUID
    starts: date
    ends: date | None
    limit: Limit

    @property
    def first(self) -> datetime:
        """The first moment of the term."""
        return midnight(self.starts)

    @property
    def last(self) -> datetime | None:
        """The first moment after the term, None while it holds on."""
        return None if self.ends is None else midnight(self.ends)

    def gives_way_to(self, new: "OwnLimit") -> bool:
        """Say whether nothing is left of this term once the alliance sets a new limit."""
        return self.alliance_id == new.alliance_id and self.starts >= new.starts

    def until(self, new: "OwnLimit") -> "OwnLimit":
        """Return this limit as it holds beside a new one: of the same alliance, up to its first day."""
        if self.alliance_id != new.alliance_id or (self.ends and self.ends <= new.starts):
            return self
        return replace(self, ends=new.starts)

    def covers(self, alliance_id: UUID | None, submitted_at: datetime) -> bool:
        """Say whether a leg of this alliance, submitted then, falls into the term."""
        here = alliance_id == self.alliance_id and submitted_at >= self.first
        return here and (self.last is None or submitted_at < self.last)


def midnight(day: date) -> datetime:
    """Return the first moment of a day where the facilities are."""
    return datetime.combine(day, time.min, timezone.get_default_timezone())


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


@cache
def access_after_end() -> timedelta:
    """Return how long a receiver who treated a patient keeps reading the record after the leg."""
    return timedelta(days=_data()["access"]["days_after_episode"])


@cache
def planned_ahead() -> timedelta:
    """Return how far ahead the rules of an alliance may begin."""
    return timedelta(days=_data()["planning"]["most_days_ahead"])


@dataclass(frozen=True, slots=True)
class Origin:
    """Who says so of a limit of the data file, in both languages, and whether a person has checked it there."""

    zh: str
    en: str
    verified: bool


@cache
def origins() -> Mapping[Kind, Origin]:
    """Return where the limit of each stage, urgency and direction comes from."""
    return {
        kind: Origin(entry["zh"], entry["source"], entry["status"] == "verified")
        for kind, entry in _entries().items()
    }


@cache
def defaults() -> Mapping[Kind, Limit]:
    """Return the limit of every stage, urgency and direction."""
    return {
        kind: Limit(timedelta(minutes=entry["minutes"]), Clock(entry["clock"]), entry["source"])
        for kind, entry in _entries().items()
    }


@cache
def _entries() -> Mapping[Kind, Mapping[str, Any]]:
    """Return the entry of the data file for each kind; raises ValueError where one is missing or twice."""
    found: dict[Kind, Mapping[str, Any]] = {}
    for entry in _data()["limit"]:
        urgencies = entry.get("urgencies") or [each.name.lower() for each in Urgency]
        directions = entry.get("directions") or Direction.values
        for urgency, direction in product(urgencies, directions):
            kind = (
                Stage(entry["stage"]),
                int(Urgency[urgency.upper()]),
                Direction(direction).value,
            )
            if kind in found:
                raise ValueError(f"{DATA.name} sets {kind} twice.")
            found[kind] = entry
    missing = set(product(LIMITED, map(int, Urgency), Direction.values)) - set(found)
    if missing:
        raise ValueError(f"{DATA.name} does not set {sorted(missing)}.")
    return found


@dataclass(frozen=True, slots=True)
class Rules:
    """All limits and the calendar by which they are counted."""

    own: Mapping[Kind, tuple[OwnLimit, ...]] = field(default_factory=dict)
    calendar: WorkingCalendar = field(default_factory=WorkingCalendar)

    def limit(self, referral: Submitted, stage: Stage) -> Limit:
        """Return the limit of a leg's stage: that of its alliance on the day of its submission."""
        assert referral.submitted_at is not None
        kind: Kind = (stage, int(referral.urgency), str(referral.direction))
        return self.limit_of(kind, referral.alliance_id, referral.submitted_at)

    def limit_of(self, kind: Kind, alliance_id: UUID | None, submitted_at: datetime) -> Limit:
        """Return the limit of a kind of leg that is submitted in an alliance at a moment."""
        for own in self.own.get(kind, ()):
            if own.covers(alliance_id, submitted_at):
                return own.limit
        return defaults()[kind]

    def changed(self, kind: Kind, new: OwnLimit) -> "Rules":
        """Return the rules as they are once an alliance has set one more limit, which ends the one before."""
        kept = [each.until(new) for each in self.own.get(kind, ()) if not each.gives_way_to(new)]
        return Rules({**self.own, kind: (*kept, new)}, self.calendar)

    def add(self, start: datetime, length: timedelta, clock: Clock) -> datetime:
        """Return when a length of time has run since `start`, on this clock."""
        if clock == Clock.WORKING:
            return self.calendar.add_working(start, length)
        return start + length

    def subtract(self, end: datetime, length: timedelta, clock: Clock) -> datetime:
        """Return the latest start whose deadline is `end` or earlier, on this clock."""
        if clock == Clock.WORKING:
            return self.calendar.subtract_working(end, length)
        return end - length

    def between(self, start: datetime, end: datetime, clock: Clock) -> timedelta:
        """Return the time from `start` to `end` that counts on this clock."""
        if clock == Clock.WORKING:
            return self.calendar.working_between(start, end)
        return max(end - start, timedelta())
