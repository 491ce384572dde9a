"""Puts reported figures of regions into the table over which equity is measured."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext_lazy as _

from facilities.vocabulary import RegionLevel
from insights.equity.regions import Region
from insights.models import Volume
from insights.volume_kinds import VolumeKind, kinds, paired, unpaired

POPULATION, AREA, INCOME, BORDERS = "population", "area", "resident_income", "borders"
# Counted here: referrals up that arrived, of which nothing is reported.
REFERRALS: Final = "referrals"
RESOURCES: Final = {
    "region_beds": _("Beds"),
    "region_physicians": _("Physicians"),
    "region_staff": _("Health workers"),
}
LEVELS: Final = (RegionLevel.COUNTY, RegionLevel.PREFECTURE, RegionLevel.PROVINCE)
# What stands at the end of a year is that of its last month.
LAST_MONTH: Final = 12


@dataclass(frozen=True, slots=True)
class Table:
    """The regions that have everything that is needed, and the names of those that lack something."""

    regions: list[Region]
    lacking: list[str]
    # Kinds of figures that not every region has reported.
    wanted: Sequence[VolumeKind] = ()
    # Names of regions beside one another; None where no neighbours are reported.
    neighbours: Mapping[str, Collection[str]] | None = None


def table(
    resource: str,
    level: str,
    year: int,
    begins: str = "",
    *,
    own: Mapping[str, Decimal] | None = None,
) -> Table:
    """Return the regions of a level with their figures at the end of a year, and who borders on whom; two statements.

    `begins` is what the codes of the regions begin with that are asked about; `own` holds the resource by code where it
    is counted here and not reported.

    A group (the division above) and an income a head are there only where every region has one.
    """
    values, names = _reported(resource, level, year, begins)
    for code in values.keys() & (own or {}).keys():
        values[code][resource] = (own or {})[code]
    whole = [code for code in values if {resource, POPULATION, AREA} <= values[code].keys()]
    with_income = all(INCOME in values[code] for code in whole)
    # One group over all is none.
    grouped = all(names[code][1] for code in whole) and len({names[code][1] for code in whole}) > 1
    regions = [
        _region(names[code], resource, values[code], with_income=with_income, grouped=grouped)
        for code in whole
    ]
    told = _told_apart(regions, whole)
    lacking = [names[code][0] for code in values if code not in whole]
    beside = _neighbours(dict(zip(whole, told, strict=True)), year)
    borders = [] if beside or not told else [kinds()[BORDERS]]
    return Table(told, lacking, [*_wanted(resource, values), *borders], beside)


def _reported(
    resource: str, level: str, year: int, begins: str
) -> tuple[dict[str, dict[str, Decimal]], dict[str, tuple[str, str]]]:
    """Return by code of region what is reported of it by kind, and its name with that of the division above."""
    rows = Volume.objects.filter(
        superseded_at__isnull=True,
        month=date(year, LAST_MONTH, 1),
        kind__in=[resource, POPULATION, AREA, INCOME],
        region__level=level,
        region__code__startswith=begins,
    ).order_by("region_id")
    values: dict[str, dict[str, Decimal]] = {}
    names: dict[str, tuple[str, str]] = {}
    for code, name, above, kind, value in rows.values_list(
        "region__code", "region__name", "region__parent__name", "kind", "value"
    ):
        values.setdefault(code, {})[kind] = value
        names[code] = (name, above or "")
    return values, names


def _wanted(resource: str, values: Mapping[str, Mapping[str, Decimal]]) -> list[VolumeKind]:
    """Return the kinds of figures that not every region has reported; what is counted here is none of them."""
    needed = [POPULATION, AREA, INCOME, *([] if resource == REFERRALS else [resource])]
    return [
        kinds()[kind]
        for kind in needed
        if not values or any(kind not in each for each in values.values())
    ]


def _neighbours(regions: Mapping[str, Region], year: int) -> Mapping[str, Collection[str]] | None:
    """Return who borders on whom by what was last reported up to the end of a year; one statement.

    A border is reported once, by either side; the newest month of a pair counts.
    """
    rows = Volume.objects.filter(
        superseded_at__isnull=True,
        month__lte=date(year, LAST_MONTH, 1),
        kind__startswith=paired(BORDERS, ""),
        region__in=list(regions),
    ).order_by("month", "reported_at", "id")
    borders: dict[frozenset[str], bool] = {}
    for code, kind, value in rows.values_list("region__code", "kind", "value"):
        borders[frozenset({code, unpaired(kind)[1]})] = bool(value)
    beside: dict[str, set[str]] = {}
    for pair, holds in borders.items():
        if holds and pair <= regions.keys():
            one, other = sorted(pair)
            beside.setdefault(regions[one].name, set()).add(regions[other].name)
    return beside or None


def _region(
    names: tuple[str, str],
    resource: str,
    values: Mapping[str, Decimal],
    *,
    with_income: bool,
    grouped: bool,
) -> Region:
    name, above = names
    return Region(
        name=name,
        resource=float(values[resource]),
        population=float(values[POPULATION]),
        area=float(values[AREA]),
        group=above if grouped else "",
        income=float(values[INCOME]) if with_income else None,
    )


def _told_apart(regions: list[Region], codes: list[str]) -> list[Region]:
    """Return them with the code behind names that several have, such as 市中区."""
    names = [each.name for each in regions]
    return [
        each if names.count(each.name) == 1 else replace(each, name=f"{each.name} {code}")
        for each, code in zip(regions, codes, strict=True)
    ]
