"""Counts the persons behind parts of a whole in pieces of time: from counters where legs decide it, else facts."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice
from typing import Any, Final, TypeVar

from django.db.models import Count, F, Q, Sum

from facilities.models import Facility
from facilities.queries.directory import region_prefix
from facilities.vocabulary import NATION
from insights import measures
from insights.models import FollowUpFact, LegFact, Rollup
from insights.periods import Length, Period, around
from insights.queries.counts import REGIONS, beside, is_stored, several, value_of, within
from insights.scopes import SENT, Where
from insights.thresholds import FEW_PERSONS, PLENTY
from insights.vocabulary import STORED_DIMS, Dim, Grain, Scope

# Measures whose sum is told as one number; those with the sign are taken away, being part of the others.
Unit = tuple[str, ...]
# One such sum over the days of one or more spans.
Cell = tuple[Unit, tuple[Period, ...]]
LESS: Final = "-"
# Expressions of one statement.
MOST: Final = 300
# Within so long, plenty of legs are no few persons.
A_YEAR: Final = timedelta(days=366)
Thing = TypeVar("Thing")
Legs = dict[str, dict[str, dict[date, int]]]


@dataclass(slots=True)
class Table:
    """Legs of each part by measure and month, and the persons where legs leave it open."""

    found: Legs
    known: dict[tuple[str, Unit, Period], int] = field(default_factory=dict)

    @property
    def parts(self) -> Collection[str]:
        """The parts of which anything is counted in these years."""
        return self.found.keys()

    def legs(self, part: str, unit: Unit, piece: Period) -> int:
        """Return how many legs a part has in a piece of time."""
        months = piece.months or []
        by_name = self.found[part]
        return sum(
            _sign(name) * by_name.get(name.removeprefix(LESS), {}).get(month, 0)
            for name in unit
            for month in months
        )

    def persons(self, part: str, unit: Unit, piece: Period) -> int:
        """Return how many persons are behind them; where there are plenty of legs, or too few, how many legs."""
        known = self.known.get((part, unit, piece))
        return self.legs(part, unit, piece) if known is None else known


def table(where: Where, by: Dim, units: Collection[Unit], pieces: Collection[Period]) -> Table:
    """Return the parts of a region in pieces of whole months; `by` NONE has the one part "" and REGION those below.

    A statement or two for the legs, and more only where the number of legs leaves open whether persons are few.
    """
    names = sorted({name.removeprefix(LESS) for unit in units for name in unit})
    months = sorted({month for piece in pieces for month in piece.months or []})
    found = Table(_legs(where, by, names, months))
    open_cells: dict[tuple[Unit, Period], set[str]] = defaultdict(set)
    for unit in units:
        for piece in pieces:
            for part in found.parts:
                if FEW_PERSONS <= found.legs(part, unit, piece) < PLENTY:
                    open_cells[unit, piece].add(part)
    for cells in _batches(open_cells.items()):
        found.known |= _persons(where, by, dict(cells))
    return found


def of_whole(where: Where, cells: Collection[Cell]) -> dict[Cell, int]:
    """Return how many persons are behind each cell of a scope, whatever its days.

    Where counters tell that there are plenty of legs, or too few, how many legs; else one statement over the facts.
    """
    found = _from_counters(where, cells)
    undecided = {cell for cell in cells if FEW_PERSONS <= found.get(cell, FEW_PERSONS) < PLENTY}
    if undecided:
        counted = behind(where, undecided, Dim.NONE)
        found |= {cell: counted[cell].get("", 0) for cell in undecided}
    return found


def _from_counters(where: Where, cells: Collection[Cell]) -> dict[Cell, int]:
    """Return the legs of the cells whose days are counted, each span within a year."""
    names = sorted({name.removeprefix(LESS) for unit, _spans in cells for name in unit})
    stored = {
        span
        for _unit, spans in cells
        for span in spans
        if span.last - span.first <= A_YEAR and is_stored(where, span, Dim.NONE)
    }
    legs = several(where, names, stored)
    return {
        (unit, spans): sum(
            _sign(name) * legs[span][name.removeprefix(LESS)] for span in spans for name in unit
        )
        for unit, spans in cells
        if stored.issuperset(spans)
    }


def behind(where: Where, cells: Collection[Cell], by: Dim) -> dict[Cell, dict[str, int]]:
    """Return the same for each part; one statement, and one more where contacts are counted."""
    found: dict[Cell, dict[str, int]] = {cell: {} for cell in cells}
    for some in _batches(sorted(cells, key=str)):
        asked = {f"n_{at}": cell for at, cell in enumerate(some)}
        for row in _counted(where, by, asked, "patient"):
            for key in asked.keys() & row.keys():
                found[asked[key]][row["part"] or ""] = row[key]
    return found


def _legs(where: Where, by: Dim, names: Sequence[str], months: Sequence[date]) -> Legs:
    if by == Dim.REGION:
        return _of_regions(where, names, months)
    stored = _stored(where, by)
    if stored is None:
        return _from_facts(where, by, names, months)
    rows, part = stored
    return _read(rows, part, names, months)


def _stored(where: Where, by: Dim) -> tuple[Any, Any] | None:
    """Return the counters of the parts and where their values stand, None where none are kept."""
    if by == Dim.NONE:
        return _own(where), F("dim")
    if (kept := beside(where, by)) is not None:
        scope, keys = kept
        return Rollup.objects.filter(keys, scope=scope, dim=Dim.NONE), F("key")
    if by in STORED_DIMS:
        return _own(where, by), F("value")
    return None


def _own(where: Where, by: Dim = Dim.NONE) -> Any:
    """Return the counters of a region itself; those of the nation are kept once, for both sides."""
    if where.keys[0] == NATION:
        return Rollup.objects.filter(scope=Scope.ALL, dim=by)
    return Rollup.objects.filter(scope=where.scope, key=where.keys[0], dim=by)


def _of_regions(where: Where, names: Sequence[str], months: Sequence[date]) -> Legs:
    """Return the regions below, and under the region's own code what is registered for it as a whole."""
    kept = beside(where, Dim.REGION)
    if kept is None:
        return {}
    scope, level = kept
    rows = Rollup.objects.filter(level, scope=scope, dim=Dim.NONE)
    found = _read(rows, F("key"), names, months)
    whole = _read(_own(where), F("dim"), names, months)
    rest: dict[str, dict[date, int]] = {}
    for name, by_month in next(iter(whole.values()), {}).items():
        rest[name] = {
            month: n - sum(part.get(name, {}).get(month, 0) for part in found.values())
            for month, n in by_month.items()
        }
    if any(n for by_month in rest.values() for n in by_month.values()):
        found[where.keys[0]] = rest
    return found


def _read(rows: Any, part: Any, names: Sequence[str], months: Sequence[date]) -> Legs:
    if not names:
        return {}
    sums = {f"n_{name}": Sum(name) for name in names}
    found: Legs = {}
    asked = rows.filter(grain=Grain.MONTH, starts__in=months)
    for row in asked.values("starts", part=part).annotate(**sums).order_by():
        value = "" if row["part"] == Dim.NONE else row["part"]
        by_name = found.setdefault(value, {})
        for name in names:
            if number := row[f"n_{name}"]:
                by_name.setdefault(name, {})[row["starts"]] = number
    return found


def _from_facts(where: Where, by: Dim, names: Sequence[str], months: Sequence[date]) -> Legs:
    cells = [(name, month) for name in names for month in months]
    found: Legs = {}
    for some in _batches(cells):
        asked = {f"n_{at}": (name, _month(month)) for at, (name, month) in enumerate(some)}
        for row in _counted(
            where, by, {key: ((name,), (piece,)) for key, (name, piece) in asked.items()}, "id"
        ):
            by_name = found.setdefault(row["part"] or "", {})
            for key, (name, piece) in asked.items():
                if row.get(key):
                    by_name.setdefault(name, {})[piece.first] = row[key]
    return found


def _sign(name: str) -> int:
    return -1 if name.startswith(LESS) else 1


def _batches(things: Iterable[Thing]) -> Iterator[list[Thing]]:
    rest = iter(things)
    while some := list(islice(rest, MOST)):
        yield some


def _month(first: date) -> Period:
    return around(Length.MONTH, first)


def _persons(
    where: Where, by: Dim, cells: Mapping[tuple[Unit, Period], set[str]]
) -> dict[tuple[str, Unit, Period], int]:
    asked: dict[str, Cell] = {f"n_{at}": (unit, (piece,)) for at, (unit, piece) in enumerate(cells)}
    parts = set().union(*cells.values())
    found: dict[tuple[str, Unit, Period], int] = {}
    for row in _counted(where, by, asked, "patient", parts):
        part = row["part"] or ""
        for key, (unit, (piece,)) in asked.items():
            if key in row and part in cells[unit, piece]:
                found[part, unit, piece] = row[key]
    return found


def _counted(
    where: Where,
    by: Dim,
    asked: Mapping[str, Cell],
    column: str,
    parts: Iterable[str] | None = None,
) -> Iterator[dict[str, Any]]:
    """Return a row for each part with the distinct values of a column behind each cell; one statement, or two."""
    legs = LegFact.objects.filter(where.condition(), _houses(where))
    contacts = FollowUpFact.objects.filter(leg__in=legs)
    of_contacts = {key: cell for key, cell in asked.items() if cell[0][0] in measures.FOLLOW_UPS}
    of_legs = {key: cell for key, cell in asked.items() if key not in of_contacts}
    for rows, path, cells in ((legs, "", of_legs), (contacts, "leg__", of_contacts)):
        if not cells:
            continue
        counts = {
            key: Count(
                "id" if column == "id" else path + column,
                distinct=column != "id",
                filter=_any(unit, spans),
            )
            for key, (unit, spans) in cells.items()
        }
        named: Any = rows.annotate(part=value_of(where, by, path))
        if parts is not None:
            named = named.filter(part__in=list(parts))
        yield from named.values("part").annotate(**counts).order_by()


def _any(unit: Unit, spans: Iterable[Period]) -> Q:
    found, less = Q(pk__in=[]), Q(pk__in=[])
    for span in spans:
        for name in unit:
            if name.startswith(LESS):
                less |= within(name.removeprefix(LESS), span)
            else:
                found |= within(name, span)
    return found & ~less


def _houses(where: Where) -> Q:
    """Return the condition by whose index the legs of a small region are found."""
    begins = region_prefix(where.keys[0]) if where.scope in REGIONS else ""
    if not begins:
        return Q()
    side = "from_facility" if where.scope in SENT else "to_facility"
    here = Facility.objects.filter(region__code__startswith=begins)
    return Q(**{f"{side}__in": here.values("pk")})
