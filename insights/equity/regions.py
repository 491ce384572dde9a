"""One row of a regional table, what makes a table unusable, and why an index may be absent."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.errors import Kind, Refused

# Beyond these a quotient of two shares leaves what a float can hold; no bed, person or km² is so small or so many.
SMALLEST: Final = 1e-6
LARGEST: Final = 1e15
FEWEST: Final = 2

# A region of such a name is the sum of the others, which would count everything twice.
TOTALS: Final = frozenset(
    {"合计", "总计", "总和", "全国", "全省", "全市", "全县", "小计", "total", "sum"}
)

FIELDS: Final = {
    "resource": gettext_lazy("Resource"),
    "population": gettext_lazy("Population"),
    "area": gettext_lazy("Area"),
    "income": gettext_lazy("Income"),
}


@dataclass(frozen=True, slots=True)
class Region:
    """One region: the resource (beds, doctors), its persons and km², and if known a group and an income a head."""

    name: str
    resource: float
    population: float
    area: float
    group: str = ""
    income: float | None = None


class Gap(StrEnum):
    """Why an index is absent; the text of each is in GAPS."""

    RESOURCE_ZERO = "resource-zero"
    GROUP_EMPTY = "group-without-resource"
    NO_GROUPS = "no-groups"
    NO_INCOME = "no-income"
    NO_NEIGHBOURS = "no-neighbours"
    NO_PERSONS = "region-without-persons"
    ALL_ALIKE = "all-alike"


GAPS: Final[dict[Gap, Promise]] = {
    Gap.RESOURCE_ZERO: gettext_lazy(
        "A region has none of the resource, and the logarithm of zero does not exist."
    ),
    Gap.GROUP_EMPTY: gettext_lazy(
        "A group has none of the resource, and the logarithm of zero does not exist."
    ),
    Gap.NO_GROUPS: gettext_lazy("No groups are given."),
    Gap.NO_INCOME: gettext_lazy("No income is given."),
    Gap.NO_NEIGHBOURS: gettext_lazy("No neighbours are given."),
    Gap.NO_PERSONS: gettext_lazy("A region has no population, so it has no figure per person."),
    Gap.ALL_ALIKE: gettext_lazy(
        "Every region has the same figure per person, so nothing varies in space."
    ),
}


@dataclass(frozen=True, slots=True)
class Shares:
    """The share of each region in the whole, in the order of the table; each list sums to 1."""

    population: list[float]
    area: list[float]
    resource: list[float]


def shares(regions: Sequence[Region]) -> Shares:
    """Return the shares of a table that `check` has passed."""
    return Shares(
        population=_shares([each.population for each in regions]),
        area=_shares([each.area for each in regions]),
        resource=_shares([each.resource for each in regions]),
    )


def _shares(values: Sequence[float]) -> list[float]:
    whole = math.fsum(values)
    return [value / whole for value in values]


def check(regions: Sequence[Region]) -> None:
    """Raise Refused where no index could be right: too few regions, one twice, a number that cannot be."""
    if len(regions) < FEWEST:
        raise _unusable("too-few-regions", _("Equity is measured over at least two regions."))
    for region in regions:
        _check_region(region)
    for name, times in Counter(region.name for region in regions).items():
        if times > 1:
            raise _unusable(
                "region-twice", _("%(region)s stands in the table twice.") % {"region": name}
            )
    for field in ("resource", "population"):
        if not any(getattr(region, field) for region in regions):
            raise _unusable(
                "nothing-to-share", _("%(field)s is zero everywhere.") % {"field": FIELDS[field]}
            )
    _check_optional(regions)


def _check_optional(regions: Sequence[Region]) -> None:
    """Refuse what is given for some regions and not for others: the index would be of a part, unsaid."""
    if len({each.income is None for each in regions}) > 1:
        raise _unusable("income-partly", _("Income is given for some regions and not for others."))
    if len({each.group == "" for each in regions}) > 1:
        raise _unusable("group-partly", _("A group is given for some regions and not for others."))


def _check_region(region: Region) -> None:
    name = {"region": region.name}
    if not region.name:
        raise _unusable("region-unnamed", _("A region has no name."))
    if region.name.casefold() in TOTALS:
        raise _unusable(
            "total-among-regions",
            _(
                "%(region)s looks like the total of the others, which would count twice: leave the row out."
            )
            % name,
        )
    for field, label in FIELDS.items():
        value = getattr(region, field)
        if value is not None:
            _check_number(value, {**name, "field": label})
    if not region.area:
        raise _unusable("area-zero", _("%(region)s has an area of zero.") % name)
    if region.resource and not region.population:
        raise _unusable(
            "resource-without-population",
            _("%(region)s has some of the resource but no population.") % name,
        )


def _check_number(value: float, words: dict[str, object]) -> None:
    if not math.isfinite(value) or value > LARGEST or 0 < value < SMALLEST:
        raise _unusable(
            "number-impossible", _("%(field)s of %(region)s is no possible number.") % words
        )
    if value < 0:
        raise _unusable("number-negative", _("%(field)s of %(region)s is negative.") % words)


def _unusable(code: str, detail: str) -> Refused:
    return Refused(code, detail, kind=Kind.UNPROCESSABLE)
