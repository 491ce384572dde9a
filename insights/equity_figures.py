"""Puts reported figures of regions into the table over which equity is measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext_lazy as _

from facilities.vocabulary import RegionLevel
from insights.equity.regions import Region
from insights.models import Volume

POPULATION, AREA, INCOME = "population", "area", "resident_income"
RESOURCES: Final = {
    "region_beds": _("Beds"),
    "region_physicians": _("Physicians"),
}
LEVELS: Final = (RegionLevel.COUNTY, RegionLevel.PREFECTURE, RegionLevel.PROVINCE)
# What stands at the end of a year is that of its last month.
LAST_MONTH: Final = 12


@dataclass(frozen=True, slots=True)
class Table:
    """The regions that have everything that is needed, and the names of those that lack something."""

    regions: list[Region]
    lacking: list[str]


def table(resource: str, level: str, year: int) -> Table:
    """Return the regions of a level with their figures at the end of a year; one statement.

    A group (the division above) and an income a head are there only where every region has one.
    """
    rows = Volume.objects.filter(
        superseded_at__isnull=True,
        month=date(year, LAST_MONTH, 1),
        kind__in=[resource, POPULATION, AREA, INCOME],
        region__level=level,
    ).order_by("region_id")
    values: dict[str, dict[str, Decimal]] = {}
    names: dict[str, tuple[str, str]] = {}
    for code, name, above, kind, value in rows.values_list(
        "region__code", "region__name", "region__parent__name", "kind", "value"
    ):
        values.setdefault(code, {})[kind] = value
        names[code] = (name, above or "")
    whole = [code for code in values if {resource, POPULATION, AREA} <= values[code].keys()]
    with_income = all(INCOME in values[code] for code in whole)
    # One group over all is none.
    grouped = all(names[code][1] for code in whole) and len({names[code][1] for code in whole}) > 1
    regions = [
        _region(names[code], resource, values[code], with_income=with_income, grouped=grouped)
        for code in whole
    ]
    return Table(
        _told_apart(regions, whole), [names[code][0] for code in values if code not in whole]
    )


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
        each
        if names.count(each.name) == 1
        else Region(
            f"{each.name} {code}",
            each.resource,
            each.population,
            each.area,
            each.group,
            each.income,
        )
        for each, code in zip(regions, codes, strict=True)
    ]
