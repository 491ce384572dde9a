"""Walks the tree of regions for whoever counts one: the way down to a region, what lies below it, who works there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from facilities.models import Facility, Region
from facilities.queries.directory import region_prefix
from facilities.vocabulary import NATION, FacilityKind
from insights.scopes import Where
from insights.vocabulary import Scope

# Divisions that counters are kept of; townships and villages are counted in their county.
DIGITS: Final = 6
MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """A region or an institution by its key and name."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Tree:
    """The way from a root to the region asked about, the regions below, and where there are none its institutions."""

    path: Sequence[Place]
    below: Sequence[Place]
    institutions: Sequence[Place]

    @property
    def here(self) -> Place:
        """The region that is asked about, or in which the institution lies."""
        return self.path[-1]


def code_of(where: Where) -> str:
    """Return the region that a scope is about: the nation of all, of an institution that where it lies."""
    if where.scope == Scope.ALL:
        return NATION
    if where.scope in {Scope.REGION_SENT, Scope.REGION_RECEIVED}:
        return where.keys[0]
    rows = Facility.objects.filter(pk=UUID(where.keys[0])).values_list("region_id", flat=True)
    return str(rows.get())[:DIGITS]


def tree(where: Where, root: str) -> Tree:
    """Return the surroundings of a scope that policy has allowed; two statements, three with institutions."""
    path = way(code_of(where), root)
    below = [Place(row.code, row.name) for row in under(path[-1].key)]
    houses = [] if below else list(institutions(path[-1].key).order_by("name", "id")[:MOST])
    return Tree(path, below, [Place(str(row.pk), row.name) for row in houses])


def way(code: str, root: str) -> list[Place]:
    """Return the regions from `root` down to one, both among them."""
    codes = [NATION, f"{code[:2]}0000", f"{code[:4]}00", code]
    begins = region_prefix(root)
    kept = [each for each in codes if each == root or each.startswith(begins or code[:2])]
    found = Region.objects.in_bulk(list(dict.fromkeys(kept)), field_name="code")
    named = [Place(each, found[each].name) for each in dict.fromkeys(kept) if each in found]
    return [each for each in named if len(region_prefix(each.key)) >= len(begins)]


def under(code: str) -> QuerySet[Region]:
    """Return the regions just below one of which counters are kept, those that ended among them."""
    rows = Region.objects.filter(code__regex=r"^\d{6}$")
    if code == NATION:
        return rows.filter(parent__isnull=True).exclude(code=NATION).order_by("code")
    return rows.filter(parent__code=code).order_by("code")


def institutions(code: str) -> QuerySet[Facility]:
    """Return who treats in a region, closed ones among them: their past is counted."""
    here = Facility.objects.filter(region__code__startswith=region_prefix(code))
    return here.exclude(kind=FacilityKind.AUTHORITY)
