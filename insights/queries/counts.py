"""Counts measures in a scope and a period, from counters where they are kept, else from the facts themselves.

Both give the same: a counter is the sum over facts. Callers ask policy first, since counts look at every fact.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from django.db.models import (
    CharField,
    Count,
    F,
    Q,
    QuerySet,
    Sum,
    TextField,
    Value,
)
from django.db.models.functions import Cast, Concat, Left

from facilities.models import Facility
from facilities.queries.directory import region_prefix
from insights import measures
from insights.models import FollowUpFact, LegFact, Rollup
from insights.periods import Period
from insights.scopes import SENT, Where
from insights.vocabulary import STORED_DIMS, Dim, Grain, Scope

Counts = dict[str, int]
TEXT: Final = CharField(max_length=36)
FACILITIES: Final = frozenset({Scope.FACILITY_SENT, Scope.FACILITY_RECEIVED})
REGIONS: Final = frozenset({Scope.REGION_SENT, Scope.REGION_RECEIVED})
# Length of the code of the level below, with the zeros that fill it up.
BELOW: Final = {0: (2, "0000"), 2: (4, "00"), 4: (6, "")}
MEMBERS: Final = {Dim.SENDER: "from_facility", Dim.RECEIVER: "to_facility"}


def count(where: Where, names: Sequence[str], period: Period) -> Counts:
    """Return how many legs each measure counts."""
    found = broken_down(where, names, period, Dim.NONE)
    return found.get("", dict.fromkeys(names, 0))


def several(where: Where, names: Sequence[str], periods: Iterable[Period]) -> dict[Period, Counts]:
    """Return the counts in each of several periods; one statement for all that counters answer."""
    wanted = set(periods)
    if not names:
        return {each: {} for each in wanted}
    stored = {each for each in wanted if is_stored(where, each, Dim.NONE)}
    found = {each: count(where, names, each) for each in wanted - stored}
    if not stored:
        return found
    pieces = _pieces(where, names, {cell for each in stored for cell in each.cells()})
    for each in stored:
        rows = [pieces[cell] for cell in each.cells() if cell in pieces]
        found[each] = {name: sum(row[name] for row in rows) for name in names}
    return found


def _pieces(
    where: Where, names: Sequence[str], cells: Iterable[tuple[Grain, Any]]
) -> dict[tuple[Grain, Any], Counts]:
    rows = Rollup.objects.filter(
        _in_pieces(cells), scope=where.scope, key__in=where.keys, dim=Dim.NONE
    )
    sums = {name: Sum(name) for name in names}
    summed: Iterable[Any] = rows.values("grain", "starts").annotate(**sums).order_by()
    return {
        (Grain(row["grain"]), row["starts"]): {name: int(row[name] or 0) for name in names}
        for row in summed
    }


def broken_down(where: Where, names: Sequence[str], period: Period, by: Dim) -> dict[str, Counts]:
    """Return the counts of each value of a breakdown that has any; the values are codes or ids as text."""
    if is_stored(where, period, by):
        return _from_counters(where, names, period, by)
    return from_facts(where, names, period, by)


def is_stored(where: Where, period: Period, by: Dim) -> bool:
    """Say whether counters answer; they keep no days of single facilities, and none of breakdowns."""
    by_days = any(grain == Grain.DAY for grain, _starts in period.cells())
    if by == Dim.NONE:
        return not (by_days and where.scope in FACILITIES)
    if where.scope in FACILITIES or by_days:
        return False
    if by in MEMBERS and where.scope == Scope.ALLIANCE:
        return True
    return by in STORED_DIMS or beside(where, by) is not None


def beside(where: Where, by: Dim) -> tuple[Scope, Q] | None:
    """Return which totals, kept for themselves, make up a breakdown by place; None where none do."""
    if by == Dim.ALLIANCE and where.scope == Scope.ALL:
        return Scope.ALLIANCE, Q()
    if by in MEMBERS:
        return _houses(where, by)
    if by != Dim.REGION or where.scope not in {Scope.ALL, *REGIONS} or len(where.keys) > 1:
        return None
    depth = _depth(where)
    if depth not in BELOW:
        return None
    zeros = BELOW[depth][1]
    level = Q(key__startswith=where.keys[0][:depth], key__endswith=zeros)
    if depth:
        level &= ~Q(key__endswith="0" * (6 - depth))
    return (where.scope if where.scope in REGIONS else Scope.REGION_SENT), level


def _houses(where: Where, by: Dim) -> tuple[Scope, Q] | None:
    """Return the totals of the institutions of one region, on its own side."""
    own = {
        (Scope.REGION_SENT, Dim.SENDER): Scope.FACILITY_SENT,
        (Scope.REGION_RECEIVED, Dim.RECEIVER): Scope.FACILITY_RECEIVED,
    }
    scope = own.get((where.scope, by))
    if scope is None or len(where.keys) > 1:
        return None
    here = Facility.objects.filter(region__code__startswith=region_prefix(where.keys[0]))
    return scope, Q(key__in=[str(pk) for pk in here.values_list("pk", flat=True)])


def _depth(where: Where) -> int:
    return len(region_prefix(where.keys[0])) if where.scope in REGIONS else 0


def _from_counters(
    where: Where, names: Sequence[str], period: Period, by: Dim
) -> dict[str, Counts]:
    pieces = _in_pieces(period.cells())
    sums = {name: Sum(name) for name in names}
    totals = beside(where, by)
    if totals is None:
        rows = Rollup.objects.filter(pieces, scope=where.scope, key__in=where.keys, dim=by)
        return _table(rows.values(part=F("value")).annotate(**sums), names)
    scope, level = totals
    if by in MEMBERS:
        rows = Rollup.objects.filter(pieces, level, scope=scope, dim=Dim.NONE)
        return _table(rows.values(part=F("key")).annotate(**sums), names)
    # The whole is read along: its key is none of the parts'.
    whole = Q(scope=where.scope, key__in=where.keys)
    rows = Rollup.objects.filter(Q(level, scope=scope) | whole, pieces, dim=Dim.NONE)
    found = _table(rows.values(part=F("key")).annotate(**sums), names)
    return _with_rest(found, where, names)


def _with_rest(found: dict[str, Counts], where: Where, names: Sequence[str]) -> dict[str, Counts]:
    """Put for the whole what belongs to no part: legs without an alliance, facilities of the region itself."""
    whole = found.pop(where.keys[0], dict.fromkeys(names, 0))
    rest = {name: n - sum(each[name] for each in found.values()) for name, n in whole.items()}
    return {**found, where.keys[0]: rest} if any(rest.values()) else found


def _in_pieces(cells: Iterable[tuple[Grain, Any]]) -> Q:
    gathered: dict[Grain, list[Any]] = defaultdict(list)
    for grain, starts in cells:
        gathered[grain].append(starts)
    found = Q()
    for grain, firsts in gathered.items():
        found |= Q(grain=grain, starts__in=firsts)
    return found


def from_facts(where: Where, names: Sequence[str], period: Period, by: Dim) -> dict[str, Counts]:
    """Return the same from the facts, whatever is asked for; as slow as there are facts in the scope."""
    found: dict[str, Counts] = {}
    legs = LegFact.objects.filter(where.condition())
    wanted = [name for name in names if name in measures.LEGS]
    if wanted:
        counts = {name: Count("id", filter=within(name, period)) for name in wanted}
        _merge(found, _table(_valued(legs, where, by).annotate(**counts), wanted), names)
    wanted = [name for name in names if name in measures.FOLLOW_UPS]
    if wanted:
        counts = {name: Count("id", filter=within(name, period)) for name in wanted}
        contacts = FollowUpFact.objects.filter(leg__in=legs)
        _merge(
            found, _table(_valued(contacts, where, by, "leg__").annotate(**counts), wanted), names
        )
    return found


def within(name: str, period: Period) -> Q:
    """Return the condition of what a measure counts in a period."""
    measure = measures.LEGS.get(name) or measures.FOLLOW_UPS[name]
    return measure.condition & Q(**{f"{measure.day}__range": (period.first, period.last)})


def value_of(where: Where, by: Dim, path: str = "") -> Any:
    """Return the expression of what a fact says in a breakdown."""
    sent = where.scope in SENT or where.scope in {Scope.ALL, Scope.ALLIANCE}
    made: Mapping[Dim, Callable[[], Any]] = {
        Dim.NONE: lambda: Value("", output_field=TEXT),
        Dim.DISEASE: lambda: F(f"{path}disease"),
        Dim.URGENCY: lambda: Cast(f"{path}urgency", TEXT),
        Dim.EDGE: lambda: Concat(
            Cast(f"{path}from_tier", TEXT), Value(">"), Cast(f"{path}to_tier", TEXT)
        ),
        Dim.DECLINE_REASON: lambda: F(f"{path}decline_reason"),
        Dim.SENDER: lambda: Cast(f"{path}from_facility", TEXT),
        Dim.RECEIVER: lambda: Cast(f"{path}to_facility", TEXT),
        Dim.ALLIANCE: lambda: Cast(f"{path}alliance", TEXT),
        Dim.DEPARTMENT: lambda: Cast(
            f"{path}{'from' if where.scope in SENT else 'to'}_department", TEXT
        ),
        Dim.DOCTOR: lambda: Cast(
            f"{path}{'filed_by' if where.scope in SENT else 'received_by'}", TEXT
        ),
        Dim.REGION: lambda: _region_below(where, f"{path}{'from' if sent else 'to'}_region"),
    }
    return made[by]()


def _region_below(where: Where, column: str) -> Any:
    length, zeros = BELOW.get(_depth(where), (6, ""))
    return Concat(Left(column, length), Value(zeros), output_field=TextField())


def _valued(rows: QuerySet[Any], where: Where, by: Dim, path: str = "") -> Any:
    found = rows.annotate(part=value_of(where, by, path))
    if by == Dim.DECLINE_REASON:
        found = found.exclude(part="")
    return found.values("part").order_by()


def _table(rows: Iterable[Any], names: Sequence[str]) -> dict[str, Counts]:
    found = {}
    for row in rows:
        counts = {name: int(row[name] or 0) for name in names}
        if any(counts.values()):
            found[row["part"] or ""] = counts
    return found


def _merge(into: dict[str, Counts], found: dict[str, Counts], names: Sequence[str]) -> None:
    for value, counts in found.items():
        into.setdefault(value, dict.fromkeys(names, 0)).update(counts)
