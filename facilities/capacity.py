"""Knows what a pool gets where its facility says nothing, and whether a plan keeps the rule of Beijing."""

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.db.models import Case, F, IntegerField, Sum, Value, When
from django.db.models.functions import Cast, Ceil, Coalesce

from accounts.ids import uuid7
from accounts.rows import Kept
from facilities.models import Pool
from facilities.vocabulary import EXPERTS, HIGHEST_PRIMARY_TIER, PoolKind

DATA: Final = Path(__file__).parent / "data" / "capacity.toml"
FULL: Final = 100
NEEDED: Final = {
    PoolKind.SLOT: ("department", "doctor_grade"),
    PoolKind.BED: ("department",),
    PoolKind.EQUIPMENT: ("capability", "alliance"),
}


@dataclass(frozen=True, slots=True)
class Rules:
    """The numbers of the data file; shares are percent of places (domain.md §4.2)."""

    reserved_percent: int
    opens_before: timedelta
    expert_percent: int
    released_before: timedelta
    hold_while_filing: timedelta
    hold_while_waiting: timedelta
    most_holds: int
    most_weeks: int
    calendar_kinds: frozenset[str]
    source: str
    verified: bool


@cache
def rules() -> Rules:
    """Return the numbers of the data file, each of which names its source there."""
    data: dict[str, Any] = tomllib.loads(DATA.read_text(encoding="utf-8"))
    hold = data["hold"]
    return Rules(
        reserved_percent=data["reserve"]["percent"],
        opens_before=timedelta(days=data["reserve"]["days_ahead"]),
        expert_percent=data["experts"]["percent_of_reserved"],
        released_before=timedelta(hours=data["release"]["hours_before"]),
        hold_while_filing=timedelta(minutes=hold["minutes_while_filing"]),
        hold_while_waiting=timedelta(hours=hold["hours_while_waiting"]),
        most_holds=hold["most_a_facility"],
        most_weeks=data["plan"]["most_weeks"],
        calendar_kinds=frozenset(data["calendar"]["kinds"]),
        source=data["reserve"]["source"],
        verified=data["reserve"]["status"] == "verified",
    )


def misfits(kind: str, given: Collection[str]) -> tuple[list[str], list[str]]:
    """Return what a pool of this kind lacks of what is given for it, and what it has no use for."""
    needed = NEEDED[PoolKind(kind)]
    every = {name for names in NEEDED.values() for name in names}
    # Equipment may stand in a department.
    spare = every - set(needed) - {"department"}
    return [name for name in needed if name not in given], sorted(spare & set(given))


def is_primary(tier: int) -> bool:
    """Say whether a sender of this tier is primary care 基层, for which a share is reserved."""
    return tier <= HIGHEST_PRIMARY_TIER


def locked_pool(pool_id: UUID) -> Pool | None:
    """Return one pool under lock until the transaction ends: the first lock of any (ADR 0004)."""
    return next(iter(_one_locked().ask([pool_id])), None)


@cache
def _one_locked() -> Kept[Pool]:
    """Return the query of a locked pool, whose text is made once: every booking asks it."""
    wanted = uuid7()
    rows = Pool.objects.select_for_update(of=("self",), no_key=True).filter(pk=wanted)
    return Kept(rows, [wanted])


@dataclass(frozen=True, slots=True)
class Reservation:
    """What a facility reserves of its appointments in some days, in places, beside the rule.

    Reserved places count only where they were open to primary care early enough.
    """

    places: int
    reserved: int
    expert_reserved: int
    needed_percent: int
    needed_expert_percent: int
    days_ahead: int
    source: str
    verified: bool

    @property
    def meets(self) -> bool:
        """Say whether both shares are reached; a facility without appointments reserves nothing."""
        enough = self.reserved * FULL >= self.places * self.needed_percent
        experts = self.expert_reserved * FULL >= self.reserved * self.needed_expert_percent
        return self.places > 0 and enough and experts


def reservation(facility_id: UUID, *, start: date, until: date) -> Reservation:
    """Return what a facility reserves of the appointments from `start` on and before `until`."""
    known = rules()
    share = Cast(Ceil(F("places") * F("reserved_percent") / Value(100.0)), IntegerField())
    early = When(opens_at__lte=F("starts_at") - known.opens_before, then=share)
    expert = When(
        opens_at__lte=F("starts_at") - known.opens_before,
        doctor_grade__in=sorted(EXPERTS),
        then=share,
    )
    sums = Pool.objects.filter(
        facility=facility_id, kind=PoolKind.SLOT, day__gte=start, day__lt=until
    ).aggregate(
        all=Coalesce(Sum("places"), 0),
        early=Coalesce(Sum(Case(early, default=0, output_field=IntegerField())), 0),
        expert=Coalesce(Sum(Case(expert, default=0, output_field=IntegerField())), 0),
    )
    return Reservation(
        places=sums["all"],
        reserved=sums["early"],
        expert_reserved=sums["expert"],
        needed_percent=known.reserved_percent,
        needed_expert_percent=known.expert_percent,
        days_ahead=known.opens_before.days,
        source=known.source,
        verified=known.verified,
    )
