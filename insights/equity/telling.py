"""Puts a report into plain data for machines, with the words that a reader needs beside the numbers."""

from collections.abc import Sequence
from typing import Any

from insights.equity.bands import band
from insights.equity.curves import Curve
from insights.equity.regions import GAPS
from insights.equity.report import Report
from insights.equity.space import PERMUTATIONS, SEED, Moran
from insights.equity.theil import LN_10, Group, Theil
from referral.criteria.observations import spoken

Data = dict[str, Any]


def as_data(report: Report) -> Data:
    """Return the report as numbers, texts and lists; the keys are documented in docs/operations.md."""
    return {
        "n": len(report.regions),
        "totals": _totals(report),
        "gini": report.by_population.index,
        "gini_band": _band(report.by_population.index),
        "gini_by_area": report.by_area.index,
        "gini_by_area_band": _band(report.by_area.index),
        "lorenz": _points(report.by_population),
        "lorenz_by_area": _points(report.by_area),
        "theil_l": _theil(report.theil_l),
        "theil_t": _theil(report.theil_t),
        "concentration_index": report.concentration.index if report.concentration else None,
        "concentration_curve": _points(report.concentration) if report.concentration else None,
        "morans_i": _morans(report),
        "groups": _groups(report),
        "regions": [_region(report, place) for place in range(len(report.regions))],
        "reasons": {
            name: {"code": str(gap), "text": str(GAPS[gap])} for name, gap in report.gaps.items()
        },
    }


def _totals(report: Report) -> Data:
    resource = sum(each.resource for each in report.regions)
    population = sum(each.population for each in report.regions)
    return {
        "resource": resource,
        "population": population,
        "area": sum(each.area for each in report.regions),
        "per_1000": resource * 1000 / population,
    }


def _band(index: float) -> Data:
    found = band(index)
    return {
        "code": found.code,
        "words": str(found.words),
        "source": spoken(found.source),
        "verified": found.verified,
    }


def _points(curve: Curve) -> list[list[float]]:
    return [list(point) for point in curve.points]


def _scaled(value: float | None) -> float | None:
    return None if value is None else value / LN_10


def _theil(index: Theil) -> Data:
    parts = {"total": index.total, "between": index.between, "within": index.within}
    return {
        "natural": parts,
        "log10": {name: _scaled(value) for name, value in parts.items()},
        "between_share": _share(index.between, index.total),
        "within_share": _share(index.within, index.total),
    }


def _share(part: float | None, total: float | None) -> float | None:
    """Return which part of an index something makes up; None where the index is absent or zero."""
    return part / total if part is not None and total else None


def _morans(report: Report) -> Data | None:
    if report.moran_binary is None or report.moran_standardised is None:
        return None
    names = [each.name for each in report.regions]
    return {
        "binary": _moran(report.moran_binary, names),
        "row_standardised": _moran(report.moran_standardised, names),
        "permutations": PERMUTATIONS,
        "seed": SEED,
        "research_aid": True,
    }


def _moran(index: Moran, names: Sequence[str]) -> Data:
    return {
        "index": index.index,
        "expected": index.expected,
        "p_value": index.p_value,
        "without_neighbours": [names[place] for place in index.alone],
    }


def _groups(report: Report) -> list[Data] | None:
    if not report.theil_l.groups:
        return None
    together = zip(report.theil_l.groups, report.theil_t.groups, strict=True)
    return [_group(report, by_l, by_t) for by_l, by_t in together]


def _group(report: Report, by_l: Group, by_t: Group) -> Data:
    members = [each for each in report.regions if each.group == by_l.name]
    population = sum(each.population for each in members)
    resource = sum(each.resource for each in members)
    return {
        "group": by_l.name,
        "n": len(members),
        "population_share": by_l.population,
        "resource_share": by_l.resource,
        "per_1000": resource * 1000 / population if population else None,
        "theil_l": _group_theil(by_l, report.theil_l),
        "theil_t": _group_theil(by_t, report.theil_t),
    }


def _group_theil(group: Group, index: Theil) -> Data:
    return {
        "index": group.index,
        "within": group.within,
        "between": group.between,
        "within_share": _share(group.within, index.total),
        "between_share": _share(group.between, index.total),
    }


def _region(report: Report, place: int) -> Data:
    region, density = report.regions[place], report.densities[place]
    return {
        "region": region.name,
        "group": region.group or None,
        "resource": region.resource,
        "population": region.population,
        "area": region.area,
        "income": region.income,
        "per_1000": report.per_1000[place],
        "neighbours_per_1000": report.lags[place],
        "population_share": report.shares.population[place],
        "area_share": report.shares.area[place],
        "resource_share": report.shares.resource[place],
        "hrad": density.hrad,
        "pad": density.pad,
        "hrad_to_pad": density.quotient,
        "hrad_minus_pad": density.difference,
        "contributions": _contributions(report, place),
    }


def _contributions(report: Report, place: int) -> Data:
    """Return what the region adds to each index; over the regions they sum to it."""
    moran = report.moran_standardised
    return {
        "gini": report.by_population.contributions[place],
        "gini_by_area": report.by_area.contributions[place],
        "theil_l": report.theil_l.contributions[place],
        "theil_t": report.theil_t.contributions[place],
        "concentration_index": (
            report.concentration.contributions[place] if report.concentration else None
        ),
        "morans_i": moran.contributions[place] if moran and moran.contributions else None,
    }
