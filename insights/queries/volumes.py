"""Reads reported figures: sums with what is missing, the figures of one subject, and their history."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.actors import Actor
from facilities.models import Membership, Region
from facilities.models.dated import in_force
from insights.models import FileState, Volume, VolumeFile
from insights.volume_kinds import Subject, VolumeKind, kinds

MOST_MISSING: Final = 20
# One row for each kind: what was reported, and the first of what was not, by subject and month. A stock is read
# at the last month alone. What lacks is all that is asked without what is there: nothing is looked up cell by cell,
# whatever the planner expects of a table that has grown since it was last looked at.
_TOTALS: Final = """
WITH held AS MATERIALIZED (
  SELECT kind::text, {column}::{type} AS subject, month, value FROM insights_volume
  WHERE superseded_at IS NULL AND {column} = ANY(%(subjects)s::{type}[]) AND (
    (kind = ANY(%(flows)s::text[]) AND month = ANY(%(months)s::date[]))
    OR (kind = ANY(%(stocks)s::text[]) AND month = %(last)s::date))),
lacking AS (
  (SELECT kind, subject, month FROM unnest(%(flows)s::text[]) AS k(kind)
    CROSS JOIN unnest(%(subjects)s::{type}[]) AS s(subject) CROSS JOIN unnest(%(months)s::date[]) AS m(month)
  UNION ALL
  SELECT kind, subject, %(last)s::date FROM unnest(%(stocks)s::text[]) AS k(kind)
    CROSS JOIN unnest(%(subjects)s::{type}[]) AS s(subject))
  EXCEPT SELECT kind, subject, month FROM held),
sums AS (SELECT kind, {group} AS about, sum(value) AS value, count(*) AS reported FROM held GROUP BY 1, 2),
gaps AS (
  SELECT kind, {group} AS about, count(*) AS lacking,
    (array_agg(subject::text ORDER BY month, subject))[1:{most}] AS who,
    (array_agg(month ORDER BY month, subject))[1:{most}] AS months
  FROM lacking GROUP BY 1, 2)
SELECT kind, about, value, coalesce(reported, 0), coalesce(reported, 0) + coalesce(lacking, 0), who, months
FROM sums FULL JOIN gaps USING (kind, about)
"""


_HELD: Final = """
SELECT kind, facility_id, sum(value), array_agg(month) FROM insights_volume
WHERE superseded_at IS NULL AND facility_id = ANY(%(subjects)s::uuid[]) AND (
  (kind = ANY(%(flows)s::text[]) AND month = ANY(%(months)s::date[]))
  OR (kind = ANY(%(stocks)s::text[]) AND month = %(last)s::date))
GROUP BY kind, facility_id
"""


@dataclass(frozen=True, slots=True)
class Total:
    """What was reported of one kind: `value` None where nothing was.

    It is the whole only where `reported` reaches `expected`; `missing` names the first who have not reported,
    each with the month: the id of an institution or the code of a region.
    """

    value: Decimal | None
    reported: int
    expected: int
    missing: Sequence[tuple[UUID | str, date]] = ()

    @property
    def is_complete(self) -> bool:
        """Everybody has reported every month."""
        return self.reported == self.expected > 0


NOTHING: Final = Total(None, 0, 0)


def totals(
    codes: Iterable[str], subjects: Collection[UUID | str], months: Collection[date]
) -> dict[str, Total]:
    """Return the sum of each kind over institutions (ids) or regions (codes) and months (first days).

    Months of a figure that does not add up are not added: it is what stands at the last of them. One statement
    for all kinds, which are either all of institutions or all of regions.
    """
    return {kind: total for (kind, _subject), total in _read(codes, subjects, months).items()}


def by_subject(
    codes: Iterable[str], subjects: Collection[UUID | str], months: Collection[date]
) -> dict[UUID | str, dict[str, Total]]:
    """Return the same for each institution or region, by kind; one statement."""
    found: dict[UUID | str, dict[str, Total]] = {}
    for (kind, subject), total in _read(codes, subjects, months, each=True).items():
        found.setdefault(subject, {})[kind] = total
    return found


def held(
    codes: Iterable[str], facilities: Collection[UUID], months: Collection[date]
) -> dict[tuple[str, UUID], tuple[Decimal, list[date]]]:
    """Return by kind and institution what was reported over months, and for which of them; nothing where none is.

    As quick as there are figures, however many institutions have none: of many this is asked, not `by_subject`.
    """
    asked = [kinds()[code] for code in dict.fromkeys(codes)]
    if not asked or not facilities or not months:
        return {}
    values: dict[str, Any] = {
        "flows": [kind.code for kind in asked if kind.adds],
        "stocks": [kind.code for kind in asked if not kind.adds],
        "subjects": list(facilities),
        "months": sorted(set(months)),
        "last": max(months),
    }
    with connection.cursor() as cursor:
        cursor.execute(_HELD, values)
        return {(row[0], row[1]): (row[2], row[3]) for row in cursor.fetchall()}


def _read(
    codes: Iterable[str],
    subjects: Collection[UUID | str],
    months: Collection[date],
    *,
    each: bool = False,
) -> dict[tuple[str, Any], Total]:
    asked = [kinds()[code] for code in dict.fromkeys(codes)]
    if not asked or not subjects or not months:
        return {} if each else {(kind.code, None): NOTHING for kind in asked}
    [about] = {kind.subject for kind in asked}
    is_region = about == Subject.REGION
    statement = _TOTALS.format(
        type="text" if is_region else "uuid",
        column="region_id" if is_region else "facility_id",
        group="subject::text" if each else "''::text",
        most=MOST_MISSING,
    )
    values: dict[str, Any] = {
        "flows": [kind.code for kind in asked if kind.adds],
        "stocks": [kind.code for kind in asked if not kind.adds],
        "subjects": list(set(subjects)),
        "months": sorted(set(months)),
        "last": max(months),
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return {
            (row[0], _about(row[1], is_region)): _total(row[2:], is_region)
            for row in cursor.fetchall()
        }


def _about(text: str, is_region: bool) -> UUID | str | None:
    """Return whose row it is; None for that of all together."""
    return (text if is_region else UUID(text)) if text else None


def _total(row: Sequence[Any], is_region: bool) -> Total:
    value, reported, expected, who, when = row
    names = [name if is_region else UUID(name) for name in who or ()]
    return Total(value, reported, expected, tuple(zip(names, when or (), strict=True)))


def members(by: Actor, on: date) -> frozenset[UUID]:
    """Return the institutions that are members on a day of the alliances that somebody looks over."""
    if not by.alliance_ids:
        return frozenset()
    rows = Membership.objects.filter(
        in_force(on), in_force(on, path="alliance__"), alliance__in=by.alliance_ids
    )
    return frozenset(rows.values_list("facility_id", flat=True))


def files(by: Actor) -> QuerySet[VolumeFile]:
    """Return the files that somebody sent at this post, without their content."""
    rows = VolumeFile.objects.filter(owner=by.user_id, facility=by.facility_id)
    return rows.defer("content")


def latest(by: Actor, limit: int) -> list[VolumeFile]:
    """Return the last files of somebody."""
    return list(files(by).order_by("-sent_at", "-id")[:limit])


@dataclass(slots=True)
class Year:
    """The figures of one subject in a year: for each kind its value by month, and which were corrected."""

    year: int
    values: dict[str, dict[int, Decimal]] = field(default_factory=dict)
    corrected: set[tuple[str, int]] = field(default_factory=set)


def year_of(subject: Mapping[str, Any], year: int) -> Year:
    """Return the figures in force of `{"facility": id}` or `{"region": code}`, and which were corrected."""
    found = Year(year)
    rows = Volume.objects.filter(month__year=year, **subject)
    for kind, month, value, ended in rows.values_list("kind", "month", "value", "superseded_at"):
        if ended is not None:
            found.corrected.add((kind, month.month))
        else:
            found.values.setdefault(kind, {})[month.month] = value
    return found


def history(subject: Mapping[str, Any], kind: str, month: date) -> list[Volume]:
    """Return all that was ever reported for a month, the newest first, with who sent which file."""
    rows = Volume.objects.filter(kind=kind, month=month, **subject)
    return list(
        rows.select_related("file__owner", "superseded_by__owner")
        .defer("file__content", "superseded_by__content")
        .order_by("-reported_at", "-id")
    )


def waiting(limit: int) -> list[UUID]:
    """Return files that wait to be read and that nobody has in hand, the oldest first."""
    rows = VolumeFile.objects.filter(state=FileState.WAITING)
    free = rows.exclude(leased_until__gt=timezone.now())
    return list(free.order_by("sent_at").values_list("id", flat=True)[:limit])


def unreported(
    asked: Iterable[VolumeKind], subjects: Collection[UUID | str], month: date
) -> dict[UUID | str, int]:
    """Return how many of these kinds each subject has not reported for a month; one statement."""
    found = by_subject([kind.code for kind in asked], subjects, [month])
    return {each: sum(not total.reported for total in found[each].values()) for each in subjects}


def regions_reported() -> QuerySet[Region]:
    """Return the regions of which anything is reported."""
    known = Volume.objects.filter(superseded_at__isnull=True, region=OuterRef("code"))
    return Region.objects.filter(Exists(known))
