"""Keeps the counters in step with the facts: each fact adds to every scope, breakdown and piece of time it is in.

A counter is the sum over facts and nothing else. Facts in hand are counted out as they were and counted in as they
are, so that a replay changes nothing, and building all anew gives the same rows.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.db import connection
from django.db.models import Count, F, QuerySet
from django.db.models.expressions import RawSQL

from insights import measures
from insights.measures import Measure
from insights.models import FollowUpFact, LegFact
from insights.vocabulary import STORED_DIMS, Dim, Grain, Scope

REGIONS: Final = ("alliance", "from_region", "to_region")
PLACES: Final = (*REGIONS, "from_facility", "to_facility")
EDGE: Final = "from_tier || '>' || to_tier"
# What a fact has to say in each breakdown that is stored, as SQL over its columns, and the columns it needs.
VALUES: Final[Mapping[Dim, tuple[str, tuple[str, ...]]]] = {
    Dim.NONE: ("''", PLACES),
    Dim.DISEASE: ("disease", (*REGIONS, "disease")),
    Dim.URGENCY: ("urgency::text", (*REGIONS, "urgency")),
    Dim.EDGE: (EDGE, (*REGIONS, "from_tier", "to_tier")),
    Dim.DECLINE_REASON: ("decline_reason", (*REGIONS, "decline_reason")),
    Dim.SENDER: ("from_facility::text", ("alliance", "from_facility")),
    Dim.RECEIVER: ("to_facility::text", ("alliance", "to_facility")),
}
COLUMNS: Final = (*PLACES, "disease", "urgency", "from_tier", "to_tier", "decline_reason")
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
NARROW: Final = [
    (Scope.FACILITY_SENT, "from_facility::text"),
    (Scope.FACILITY_RECEIVED, "to_facility::text"),
]
MEMBERS: Final = [(Scope.ALLIANCE, "alliance::text")]
MONTHS: Final = [
    (Grain.MONTH, "date_trunc('month', day)::date"),
    (Grain.YEAR, "date_trunc('year', day)::date"),
]
DAYS: Final = [(Grain.DAY, "day"), *MONTHS]


def count_in(sign: int) -> None:
    """Add the facts of the legs in hand (`facts.stage`) to what is to be counted, or with -1 take them out of it."""
    mine = RawSQL("SELECT id FROM insights_stage", [])
    with connection.cursor() as cursor:
        cursor.execute(DELTA)
        for day, wanted in _by_day().items():
            legs = LegFact.objects.filter(id__in=mine)
            _put(cursor, _grouped(legs, COLUMNS, day, wanted), wanted, sign)
        contacts = FollowUpFact.objects.filter(leg__in=mine)
        _put(cursor, _of_contacts(contacts, COLUMNS), measures.FOLLOW_UPS, sign)


def spread() -> None:
    """Add what `count_in` gathered to the counters, and remove those that have come to nothing."""
    everything = list(measures.NAMES)
    sums = ", ".join(f"sum({name}) AS {name}" for name in everything)
    for dim, (_value, columns) in VALUES.items():
        listed = ", ".join(columns)
        source = f"SELECT {listed}, day, {sums} FROM insights_delta GROUP BY {listed}, day"  # noqa: S608 - constants
        _add(dim, source, (), everything)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM insights_delta")


def count_all() -> None:
    """Count all facts into counters that are empty: the shortest pieces of time from facts, the others from those."""
    for dim, (_value, columns) in VALUES.items():
        for day, wanted in _by_day().items():
            legs = _grouped(LegFact.objects.all(), columns, day, wanted)
            _add(dim, *legs, list(wanted), shortest=True)
        contacts = _of_contacts(FollowUpFact.objects.all(), columns)
        _add(dim, *contacts, list(measures.FOLLOW_UPS), shortest=True)
    with connection.cursor() as cursor:
        for shorter, (longer, starts) in zip((Grain.DAY, Grain.MONTH), MONTHS, strict=True):
            cursor.execute(_summed_up(shorter, longer, starts.replace("day)", "starts)")))


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


def _grouped(
    rows: QuerySet[LegFact], columns: Iterable[str], day: str, wanted: Mapping[str, Measure]
) -> tuple[str, tuple[Any, ...]]:
    counts = {name: Count("id", filter=each.condition) for name, each in wanted.items()}
    dated = rows.filter(**{f"{day}__isnull": False})
    return _sql(dated.values(*columns, day=F(day)).annotate(**counts))


def _of_contacts(
    rows: QuerySet[FollowUpFact], columns: Iterable[str]
) -> tuple[str, tuple[Any, ...]]:
    counts = {
        name: Count("id", filter=each.condition) if each.condition else Count("id")
        for name, each in measures.FOLLOW_UPS.items()
    }
    named = {column: F(f"leg__{column}") for column in columns}
    return _sql(rows.values(**named, day=F("due_on")).annotate(**counts))


def _sql(rows: QuerySet[Any, Any]) -> tuple[str, tuple[Any, ...]]:
    text, values = rows.query.sql_with_params()
    return text, values


def _put(
    cursor: Any, source: tuple[str, tuple[Any, ...]], wanted: Iterable[str], sign: int
) -> None:
    query, values = source
    names = list(wanted)
    listed = ", ".join((*COLUMNS, "day", *names))
    signed = ", ".join((*COLUMNS, "day", *(f"{sign} * {name}" for name in names)))
    statement = f"INSERT INTO insights_delta ({listed}) SELECT {signed} FROM ({query}) q"  # noqa: S608 - names of ours
    cursor.execute(statement, values)


def _add(
    dim: Dim, source: str, values: tuple[Any, ...], names: list[str], *, shortest: bool = False
) -> None:
    """Add rows of columns, day and measures to the counters of one breakdown, or to those of its shortest pieces."""
    parts = [(WIDE if dim in STORED_DIMS else MEMBERS, MONTHS)]
    if dim == Dim.NONE:
        parts = [(WIDE, DAYS), (NARROW, MONTHS)]
    for part_scopes, part_grains in parts:
        grains = part_grains[:1] if shortest else part_grains
        _add_part(dim, source, values, names, part_scopes, grains)


def _add_part(
    dim: Dim,
    source: str,
    values: tuple[Any, ...],
    names: list[str],
    scopes: list[tuple[Scope, str]],
    grains: list[tuple[Grain, str]],
) -> None:
    value = VALUES[dim][0]
    grouped = f", {value}" if dim != Dim.NONE else ""
    listed = ", ".join(names)
    sums = ", ".join(f"sum({name})" for name in names)
    some = " OR ".join(f"sum({name}) <> 0" for name in names)
    added = ", ".join(f"{name} = r.{name} + EXCLUDED.{name}" for name in names)
    empty = " AND ".join(f"r.{name} = 0" for name in measures.NAMES)
    statement = f"""
WITH added AS (
INSERT INTO insights_rollup AS r (scope, key, dim, grain, starts, value, {listed})
SELECT s.scope, s.key, {dim.value}, g.grain, g.starts, {value}, {sums}
FROM ({source}) e
CROSS JOIN LATERAL (VALUES {_rows(scopes)}) s(scope, key)
CROSS JOIN LATERAL (VALUES {_rows(grains)}) g(grain, starts)
WHERE s.key IS NOT NULL{_only_valued(dim, value)}
GROUP BY s.scope, s.key, g.grain, g.starts{grouped} HAVING {some}
ON CONFLICT (scope, key, dim, grain, starts, value) DO UPDATE SET {added}
RETURNING scope, key, dim, grain, starts, value, {empty} AS gone)
SELECT scope, key, dim, grain, starts, value FROM added WHERE gone
"""  # noqa: S608 - names of ours
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
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
