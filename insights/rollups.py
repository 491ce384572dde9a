"""Keeps the counters in step with the facts: each fact adds to every scope, breakdown and piece of time it is in.

A counter is the sum over facts and nothing else. Facts in hand are counted out as they were and counted in as they
are, so that a replay changes nothing, and building all anew gives the same rows.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Count, F, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import TruncMonth

from insights import measures
from insights.measures import Measure
from insights.models import FollowUpFact, LegFact
from insights.vocabulary import Dim, Grain, Scope

# The text of a query with its values.
Query = tuple[str, tuple[Any, ...]]

# Stands in a query for the ids of the legs that it is about.
IDS: Final = object()
# An array, whose length the planner knows: of a list in a temporary table it would expect thousands.
MINE: Final = RawSQL("SELECT unnest(%s::uuid[])", [IDS])
REGIONS: Final = ("alliance", "from_region", "to_region")
COLUMNS: Final = (
    *REGIONS,
    *("from_facility", "to_facility", "disease", "urgency"),
    *("from_tier", "to_tier", "decline_reason"),
)
DELTA: Final = f"""CREATE TEMP TABLE IF NOT EXISTS insights_delta (alliance uuid, from_region varchar,
 to_region varchar, from_facility uuid, to_facility uuid, disease varchar, urgency smallint,
 from_tier smallint, to_tier smallint, decline_reason varchar, day date NOT NULL,
 {", ".join(f"{name} int NOT NULL DEFAULT 0" for name in measures.NAMES)}) ON COMMIT DELETE ROWS"""


REMOVE: Final = """DELETE FROM insights_rollup
WHERE (scope, key, dim, grain, starts, value) = (%s, %s, %s, %s, %s, %s)"""


def _levels(scope: Scope, column: str) -> list[tuple[Scope, str]]:
    """Return province, prefecture and county of a region's code (GB/T 2260), each once."""
    return [
        (scope, f"left({column}, 2) || '0000'"),
        (scope, f"CASE WHEN {column} NOT LIKE '%%0000' THEN left({column}, 4) || '00' END"),
        (scope, f"CASE WHEN {column} NOT LIKE '%%00' THEN {column} END"),
    ]


WIDE: Final = [
    (Scope.ALL, "''"),
    *_levels(Scope.REGION_SENT, "from_region"),
    *_levels(Scope.REGION_RECEIVED, "to_region"),
    (Scope.ALLIANCE, "alliance::text"),
]
MEMBERS: Final = [(Scope.ALLIANCE, "alliance::text")]
DAY: Final = (Grain.DAY, "day")
MONTHS: Final = [
    (Grain.MONTH, "date_trunc('month', day)::date"),
    (Grain.YEAR, "date_trunc('year', day)::date"),
]


class Part(NamedTuple):
    """Counters that need the same columns of a fact: a breakdown, its value as SQL, whose counters, in what pieces."""

    dim: Dim
    value: str
    columns: tuple[str, ...]
    scopes: Sequence[tuple[Scope, str]]
    grains: Sequence[tuple[Grain, str]] = MONTHS


# Only everything, regions and alliances have days and breakdowns by what a leg is; an alliance also those by member.
PARTS: Final = (
    Part(Dim.NONE, "''", REGIONS, WIDE, (DAY, *MONTHS)),
    Part(Dim.NONE, "''", ("from_facility",), [(Scope.FACILITY_SENT, "from_facility::text")]),
    Part(Dim.NONE, "''", ("to_facility",), [(Scope.FACILITY_RECEIVED, "to_facility::text")]),
    Part(Dim.DISEASE, "disease", (*REGIONS, "disease"), WIDE),
    Part(Dim.URGENCY, "urgency::text", (*REGIONS, "urgency"), WIDE),
    Part(Dim.EDGE, "from_tier || '>' || to_tier", (*REGIONS, "from_tier", "to_tier"), WIDE),
    Part(Dim.DECLINE_REASON, "decline_reason", (*REGIONS, "decline_reason"), WIDE),
    Part(Dim.SENDER, "from_facility::text", ("alliance", "from_facility"), MEMBERS),
    Part(Dim.RECEIVER, "to_facility::text", ("alliance", "to_facility"), MEMBERS),
)


def count_in(sign: int, ids: Sequence[UUID]) -> None:
    """Add the facts of legs to what is to be counted, or with -1 take them out of it."""
    _gather(COLUMNS, sign=sign, ids=ids)


def spread() -> None:
    """Add what `count_in` gathered to the counters, and remove those that have come to nothing."""
    names = _moved()
    for part in PARTS if names else ():
        _add(part, names)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM insights_delta")


def count_all() -> None:
    """Count all facts into counters that are empty: the shortest pieces of time from facts, the others from those."""
    for part in PARTS:
        shortest = part._replace(grains=part.grains[:1])
        _gather(part.columns, by_month=shortest.grains[0][0] == Grain.MONTH)
        _add(shortest, measures.NAMES)
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE insights_delta")
    with connection.cursor() as cursor:
        for shorter, (longer, starts) in zip((Grain.DAY, Grain.MONTH), MONTHS, strict=True):
            cursor.execute(_summed_up(shorter, longer, starts.replace("day)", "starts)")))


def _gather(
    columns: tuple[str, ...],
    *,
    by_month: bool = False,
    sign: int = 1,
    ids: Sequence[UUID] | None = None,
) -> None:
    """Put sums over the facts of legs, or of all, by columns and piece of time beside those gathered before."""
    asked = (columns, by_month, ids is not None)
    with connection.cursor() as cursor:
        cursor.execute(DELTA)
        for day, wanted in _by_day().items():
            _put(cursor, columns, _of_legs(day, *asked), wanted, sign, ids)
        _put(cursor, columns, _of_contacts(*asked), measures.FOLLOW_UPS, sign, ids)


def _moved() -> list[str]:
    """Return the measures that what was gathered changes: few, and none where facts came back as they were."""
    own = ", ".join((*COLUMNS, "day"))
    sums = ", ".join(f"sum({name}) AS {name}" for name in measures.NAMES)
    moved = ", ".join(f"coalesce(bool_or({name} <> 0), false)" for name in measures.NAMES)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {moved} FROM (SELECT {sums} FROM insights_delta GROUP BY {own}) d"  # noqa: S608 - names of ours
        )
        flags = cursor.fetchone() or ()
    return [name for name, flag in zip(measures.NAMES, flags, strict=True) if flag]


def _summed_up(shorter: Grain, longer: Grain, starts: str) -> str:
    listed = ", ".join(measures.NAMES)
    sums = ", ".join(f"sum({name})" for name in measures.NAMES)
    return f"""INSERT INTO insights_rollup (scope, key, dim, grain, starts, value, {listed})
SELECT scope, key, dim, '{longer.value}', {starts}, value, {sums}
FROM insights_rollup WHERE grain = '{shorter.value}' GROUP BY scope, key, dim, {starts}, value"""  # noqa: S608 - names of ours


def _by_day() -> dict[str, dict[str, Measure]]:
    found: dict[str, dict[str, Measure]] = {}
    for name, measure in measures.LEGS.items():
        found.setdefault(measure.day, {})[name] = measure
    return found


@cache
def _of_legs(day: str, columns: tuple[str, ...], by_month: bool, of_some: bool) -> Query:
    """Return the query of the measures of a day; to put one together takes longer than a small one runs."""
    rows = LegFact.objects.filter(id__in=MINE) if of_some else LegFact.objects.all()
    counts = {
        name: Count("id", filter=each.condition)
        for name, each in measures.LEGS.items()
        if each.day == day
    }
    dated = rows.filter(**{f"{day}__isnull": False})
    piece = TruncMonth(day) if by_month else F(day)
    return _sql(dated.values(*columns, day=piece).annotate(**counts))


@cache
def _of_contacts(columns: tuple[str, ...], by_month: bool, of_some: bool) -> Query:
    """Return the query of the measures of contacts."""
    rows = FollowUpFact.objects.filter(leg__in=MINE) if of_some else FollowUpFact.objects.all()
    counts = {
        name: Count("id", filter=each.condition) if each.condition else Count("id")
        for name, each in measures.FOLLOW_UPS.items()
    }
    named = {column: F(f"leg__{column}") for column in columns}
    piece = TruncMonth("due_on") if by_month else F("due_on")
    return _sql(rows.values(**named, day=piece).annotate(**counts))


def _sql(rows: QuerySet[Any, Any]) -> Query:
    text, values = rows.query.sql_with_params()
    return text, values


def _put(
    cursor: Any,
    columns: Sequence[str],
    source: Query,
    wanted: Iterable[str],
    sign: int,
    ids: Sequence[UUID] | None,
) -> None:
    query, values = source
    names = list(wanted)
    listed = ", ".join((*columns, "day", *names))
    signed = ", ".join((*columns, "day", *(f"{sign} * {name}" for name in names)))
    statement = f"INSERT INTO insights_delta ({listed}) SELECT {signed} FROM ({query}) q"  # noqa: S608 - names of ours
    cursor.execute(statement, [ids if each is IDS else each for each in values])


def _add(part: Part, names: Sequence[str]) -> None:
    """Add what is gathered to the counters of one part, each counter once."""
    dim, value = part.dim, part.value
    own, by = ", ".join((*part.columns, "day")), f", {value}" if dim != Dim.NONE else ""
    listed = ", ".join(names)
    sums = ", ".join(f"sum({name})" for name in names)
    named = ", ".join(f"sum({name}) AS {name}" for name in names)
    some = " OR ".join(f"sum({name}) <> 0" for name in names)
    added = ", ".join(f"{name} = r.{name} + EXCLUDED.{name}" for name in names)
    empty = " AND ".join(f"r.{name} = 0" for name in measures.NAMES)
    statement = f"""
WITH added AS (
INSERT INTO insights_rollup AS r (scope, key, dim, grain, starts, value, {listed})
SELECT s.scope, s.key, {dim.value}, g.grain, g.starts, {value}, {sums}
FROM (SELECT {own}, {named} FROM insights_delta GROUP BY {own}) e
CROSS JOIN LATERAL (VALUES {_rows(part.scopes)}) s(scope, key)
CROSS JOIN LATERAL (VALUES {_rows(part.grains)}) g(grain, starts)
WHERE s.key IS NOT NULL{_only_valued(dim, value)}
GROUP BY s.scope, s.key, g.grain, g.starts{by} HAVING {some}
ON CONFLICT (scope, key, dim, grain, starts, value) DO UPDATE SET {added}
RETURNING scope, key, dim, grain, starts, value, {empty} AS gone)
SELECT scope, key, dim, grain, starts, value FROM added WHERE gone
"""  # noqa: S608 - names of ours
    with connection.cursor() as cursor:
        cursor.execute(statement)
        gone = cursor.fetchall()
        if gone:
            cursor.executemany(REMOVE, gone)


def _rows(pairs: Iterable[tuple[Any, str]]) -> str:
    return ", ".join(
        f"({each.value if isinstance(each, Scope) else repr(each.value)}, {text})"
        for each, text in pairs
    )


def _only_valued(dim: Dim, value: str) -> str:
    return f" AND {value} <> ''" if dim == Dim.DECLINE_REASON else ""
