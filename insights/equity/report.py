"""Every index of one table at once."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from insights.equity.curves import Curve, concentration, gini
from insights.equity.regions import Gap, Region, Shares, check, shares
from insights.equity.space import Moran, moran
from insights.equity.theil import Form, Theil, theil

Neighbours = Mapping[str, Collection[str]]


@dataclass(frozen=True, slots=True)
class Density:
    """The shares of one region held against each other; 1 is fair, None without population.

    hrad = its share of the resource by its share of the area, pad = its share of the population by that of the area;
    their quotient is fair by population at 1, their difference at 0 (domain.md §5.6).
    """

    hrad: float
    pad: float
    quotient: float | None
    difference: float


@dataclass(frozen=True, slots=True)
class Report:
    """The indices of a table; lists by region are in the order of the table."""

    regions: Sequence[Region]
    shares: Shares
    per_1000: list[float | None]
    by_population: Curve
    by_area: Curve
    theil_l: Theil
    theil_t: Theil
    densities: list[Density]
    concentration: Curve | None
    moran_binary: Moran | None
    moran_standardised: Moran | None
    # What the neighbours of each region have a thousand persons on average, None where a figure is missing.
    lags: list[float | None]

    @property
    def gaps(self) -> dict[str, Gap]:
        """Return why an index is absent, by its name."""
        found = {
            "theil_l": self.theil_l.gap,
            "theil_t": self.theil_t.gap,
            "concentration_index": None if self.concentration else Gap.NO_INCOME,
            "morans_i": self.moran_binary.gap if self.moran_binary else Gap.NO_NEIGHBOURS,
            "groups": None if self.theil_t.groups else Gap.NO_GROUPS,
        }
        return {name: gap for name, gap in found.items() if gap is not None}


def report(regions: Sequence[Region], neighbours: Neighbours | None = None) -> Report:
    """Return every index of a table; raises Refused as `regions.check` does.

    `neighbours` maps names of regions to names of regions, once or both ways; it has been held against the table by
    `reading.neighbours`.
    """
    check(regions)
    part = shares(regions)
    groups = [each.group for each in regions] if regions[0].group else []
    incomes = [each.income for each in regions if each.income is not None]
    figures = per_1000(regions)
    beside = _places(regions, neighbours) if neighbours is not None else None
    return Report(
        regions=regions,
        shares=part,
        per_1000=figures,
        by_population=gini(part.population, part.resource),
        by_area=gini(part.area, part.resource),
        theil_l=theil(Form.L, part.population, part.resource, groups),
        theil_t=theil(Form.T, part.population, part.resource, groups),
        densities=_densities(part),
        concentration=concentration(part.population, part.resource, incomes) if incomes else None,
        moran_binary=None if beside is None else moran(figures, beside, standardised=False),
        moran_standardised=None if beside is None else moran(figures, beside, standardised=True),
        lags=_lags(figures, beside or {}),
    )


def per_1000(regions: Sequence[Region]) -> list[float | None]:
    """Return the resource a thousand persons of each region, None where nobody lives."""
    return [each.resource * 1000 / each.population if each.population else None for each in regions]


def _lags(
    figures: Sequence[float | None], beside: Mapping[int, Collection[int]]
) -> list[float | None]:
    lags: list[float | None] = []
    for place in range(len(figures)):
        around = [figures[other] for other in beside.get(place, ())]
        known = [figure for figure in around if figure is not None]
        lags.append(math.fsum(known) / len(known) if known and len(known) == len(around) else None)
    return lags


def _densities(part: Shares) -> list[Density]:
    return [
        Density(
            hrad=held / ground,
            pad=persons / ground,
            quotient=held / persons if persons else None,
            difference=held / ground - persons / ground,
        )
        for persons, ground, held in zip(part.population, part.area, part.resource, strict=True)
    ]


def _places(regions: Sequence[Region], neighbours: Neighbours) -> dict[int, set[int]]:
    """Return who borders on whom by place in the table; a border has two sides."""
    place = {region.name: number for number, region in enumerate(regions)}
    beside: dict[int, set[int]] = {number: set() for number in range(len(regions))}
    for name, others in neighbours.items():
        for other in others:
            beside[place[name]].add(place[other])
            beside[place[other]].add(place[name])
    return beside
