"""Sums up the imported figures that an indicator needs, over whoever the number is about; nothing is inferred.

A term is `volume:KIND`, with `@` only of some of the institutions, with `-` before it taken away.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from facilities.models import Facility, Membership, Region
from facilities.queries.directory import region_prefix
from facilities.vocabulary import (
    HIGHEST_PRIMARY_TIER,
    AllianceForm,
    FacilityKind,
    MembershipRole,
    RegionLevel,
)
from insights.indicators import SUBSET, VOLUME
from insights.periods import Period
from insights.queries import volumes
from insights.queries.volumes import Total
from insights.scopes import Where
from insights.vocabulary import Scope
from insights.volume_kinds import Subject, kinds

COUNTY: Final = 6
# Forms whose lead carries the whole: of a network of a specialty it is one of many.
WITH_A_LEAD: Final = (AllianceForm.CITY_GROUP, AllianceForm.COUNTY_COMMUNITY)
REGIONS: Final = frozenset({Scope.REGION_SENT, Scope.REGION_RECEIVED})
FACILITIES: Final = frozenset({Scope.FACILITY_SENT, Scope.FACILITY_RECEIVED})


class Lack(StrEnum):
    """Why a figure is not there: who has not reported, counties that lie apart, what cannot be put together."""

    REPORTS = "volumes-missing"
    COUNTY = "several-counties"
    TOGETHER = "volumes-apart"


class Subset(StrEnum):
    """Which of the institutions: those with somebody above or below them, of primary care, or the lead."""

    ALL = ""
    BELOW = "below"
    ABOVE = "above"
    PRIMARY = "primary"
    LEAD = "lead"


@dataclass(frozen=True, slots=True)
class Term:
    """One figure of a definition."""

    kind: str
    subset: Subset
    sign: int

    @classmethod
    def read(cls, text: str) -> "Term":
        """Return the term that a definition writes; raises ValueError for no kind or subset."""
        plain = text.removeprefix("-").removeprefix(VOLUME)
        kind, _at, subset = plain.partition(SUBSET)
        if kind not in kinds():
            raise ValueError(f"{text}: nobody reports such a figure.")
        return cls(kind, Subset(subset), -1 if text.startswith("-") else 1)

    @property
    def is_of_region(self) -> bool:
        """Say whether it is about a county rather than an institution."""
        return kinds()[self.kind].subject == Subject.REGION


class Place(NamedTuple):
    """An institution that reports for itself."""

    id: UUID
    tier: int
    region: str
    leads: bool


class Stay(NamedTuple):
    """A term of membership: whether as the lead, from a day on, to the eve of another."""

    leads: bool
    starts: date
    ends: date | None

    def within(self, period: Period) -> bool:
        """Say whether it held on any day of a period."""
        return self.starts <= period.last and (self.ends is None or self.ends > period.first)


@dataclass(frozen=True, slots=True)
class Figure:
    """What a term comes to; without a value `lack` says why, and `missing` names the first who have not reported."""

    value: Decimal | None
    missing: tuple[tuple[UUID | str, date], ...] = ()
    lack: Lack | None = None


def of_periods(
    asked: Mapping[Period, Iterable[str]], where: Where
) -> dict[Period, dict[str, Figure]]:
    """Return each term over the institutions or counties of a scope, in each of several periods of whole months.

    Whoever the scope holds is read once for all of them.
    """
    terms = {each: {text: Term.read(text) for text in texts} for each, texts in asked.items()}
    every = [term for several in terms.values() for term in several.values()]
    is_regional, is_region = any(term.is_of_region for term in every), where.scope in REGIONS
    needs_places = not is_region or not all(term.is_of_region for term in every)
    leads = any(term.subset == Subset.LEAD for term in every)
    places = _places(where, list(terms), leads=leads) if needs_places else {}
    below = _counties_below(where) if is_regional and is_region else None
    return {
        each: _in_period(several, where, each, places.get(each, []), below)
        for each, several in terms.items()
    }


def _in_period(
    terms: Mapping[str, Term],
    where: Where,
    period: Period,
    places: Sequence[Place],
    below: Collection[str] | None,
) -> dict[str, Figure]:
    own = {text: term for text, term in terms.items() if not term.is_of_region}
    regional = {text: term for text, term in terms.items() if term.is_of_region}
    found = _of_facilities(own, places, period)
    if regional:
        counties = _shared_county(where, places) if below is None else below
        found |= _of_regions(regional, counties, period)
    return found


def of_each(
    texts: Iterable[str], ids: Collection[UUID], period: Period
) -> dict[UUID, dict[str, Figure]]:
    """Return each term of institutions for every one of them; those of counties are not told apart."""
    terms = {text: Term.read(text) for text in texts}
    codes = [term.kind for term in terms.values() if not term.is_of_region]
    sums = volumes.by_subject(codes, ids, period.months or [])
    return {
        pk: {
            text: _figure(sums.get(pk, {}).get(term.kind), term)
            for text, term in terms.items()
            if not term.is_of_region
        }
        for pk in ids
    }


def _of_facilities(
    terms: Mapping[str, Term], places: Sequence[Place], period: Period
) -> dict[str, Figure]:
    kinds_asked = [term.kind for term in terms.values()]
    held = volumes.read(kinds_asked, [place.id for place in places], period.months or [])
    found: dict[str, Figure] = {}
    for text, term in terms.items():
        mine = _subset(term.subset, places)
        # Where there are institutions but none of these, they have come to nought together.
        empty = bool(places) and not mine
        found[text] = Figure(Decimal(0)) if empty else _figure(held.total(term.kind, mine), term)
    return found


def _of_regions(
    terms: Mapping[str, Term], counties: Collection[str], period: Period
) -> dict[str, Figure]:
    codes = [term.kind for term in terms.values()]
    held = volumes.read(codes, counties, period.months or [])
    return {
        text: _figure(held.total(term.kind, counties), term)
        if len(counties) == 1 or (counties and not kinds()[term.kind].apart)
        else Figure(None, (), Lack.TOGETHER if counties else Lack.COUNTY)
        for text, term in terms.items()
    }


def _figure(total: Total | None, term: Term) -> Figure:
    if total is None or not total.is_complete or total.value is None:
        return Figure(None, tuple(total.missing) if total else (), Lack.REPORTS)
    return Figure(term.sign * total.value)


def _places(
    where: Where, periods: Sequence[Period], *, leads: bool
) -> Mapping[Period, Sequence[Place]]:
    """Return whoever the number is about; of an alliance the members of any day of a period.

    One statement for all periods, and one more for who leads, where that is asked and not about an alliance.
    """
    if where.scope == Scope.ALLIANCE:
        return _members(where, periods)
    rows = Facility.objects.filter(kind=FacilityKind.TREATING)
    if where.scope in FACILITIES:
        rows = rows.filter(id__in=where.keys)
    else:
        begins = "" if where.scope == Scope.ALL else region_prefix(where.keys[0])
        rows = rows.filter(region__code__startswith=begins, is_active=True)
    everyone = list(rows.order_by("id").values_list("id", "tier", "region__code"))
    if not leads:
        return dict.fromkeys(periods, tuple(Place(*each, leads=False) for each in everyone))
    led: dict[UUID, list[Stay]] = {}
    terms = Membership.objects.filter(
        role=MembershipRole.LEAD, form__in=WITH_A_LEAD, facility__in=rows
    )
    for pk, starts, ends in terms.values_list("facility", "starts", "ends"):
        led.setdefault(pk, []).append(Stay(True, starts, ends))
    return {
        period: [
            Place(*each, leads=any(term.within(period) for term in led.get(each[0], ())))
            for each in everyone
        ]
        for period in periods
    }


def _members(where: Where, periods: Sequence[Period]) -> dict[Period, list[Place]]:
    """Return the members of alliances in each period, once each, whatever their terms."""
    held: dict[tuple[UUID, int, str], list[Stay]] = {}
    terms = Membership.objects.filter(
        alliance__in=list(map(UUID, where.keys)), facility__kind=FacilityKind.TREATING
    ).order_by("facility_id")
    for pk, tier, region, role, starts, ends in terms.values_list(
        "facility", "facility__tier", "facility__region__code", "role", "starts", "ends"
    ):
        held.setdefault((pk, tier, region), []).append(
            Stay(role == MembershipRole.LEAD, starts, ends)
        )
    found: dict[Period, list[Place]] = {}
    for period in periods:
        mine = {each: [one for one in terms if one.within(period)] for each, terms in held.items()}
        found[period] = [
            Place(*each, leads=any(one.leads for one in terms))
            for each, terms in mine.items()
            if terms
        ]
    return found


def _subset(subset: Subset, places: Sequence[Place]) -> list[UUID]:
    if not places:
        return []
    lowest, highest = min(place.tier for place in places), max(place.tier for place in places)
    # One institution alone is asked about as it is, whoever stands above or below it elsewhere.
    alone = len(places) == 1
    belongs: Mapping[Subset, Callable[[Place], bool]] = {
        Subset.ALL: lambda _place: True,
        Subset.BELOW: lambda place: alone or place.tier < highest,
        Subset.ABOVE: lambda place: alone or place.tier > lowest,
        Subset.PRIMARY: lambda place: place.tier <= HIGHEST_PRIMARY_TIER,
        Subset.LEAD: lambda place: place.leads,
    }
    return [place.id for place in places if belongs[subset](place)]


def _counties_below(where: Where) -> set[str]:
    """Return the counties of a region."""
    rows = Region.objects.filter(code__startswith=region_prefix(where.keys[0]))
    counties = rows.filter(level=RegionLevel.COUNTY, ended__isnull=True)
    return set(counties.values_list("code", flat=True))


def _shared_county(where: Where, places: Sequence[Place]) -> set[str]:
    """Return the one county in which all of an alliance's or a facility's places lie; none where they lie apart."""
    codes = {place.region[:COUNTY] for place in places}
    return codes if len(codes) == 1 and where.scope != Scope.ALL else set()
