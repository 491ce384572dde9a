"""Reads reported figures: sums with what is missing, the figures of one subject, and their history."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.actors import Actor
from facilities.models import Membership, Region
from facilities.models.dated import in_force
from insights.models import FileState, Volume, VolumeFile
from insights.queries import secondments
from insights.volume_kinds import Subject, VolumeKind, kinds

MOST_MISSING: Final = 20
# The kind that is counted from terms of persons where these are reported.
SECONDED: Final = "seconded_physicians"
# What was reported of each kind by each subject, and for which months. A stock is read at the last month alone.
# As quick as there are figures, however many subjects have none: what lacks is told from what is there.
_HELD: Final = """
SELECT kind, {column}, sum(value), array_agg(month) FROM insights_volume
WHERE superseded_at IS NULL AND {column} = ANY(%(subjects)s::{type}[]) AND (
  (kind = ANY(%(flows)s::text[]) AND month = ANY(%(months)s::date[]))
  OR (kind = ANY(%(stocks)s::text[]) AND month = %(last)s::date))
GROUP BY kind, {column}
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


@dataclass(frozen=True, slots=True)
class Held:
    """What was reported over months, by kind and subject; sums over any subjects, and who lacks, are told from it."""

    months: Sequence[date]
    rows: Mapping[tuple[str, UUID | str], tuple[Decimal, Collection[date]]]

    def total(self, code: str, subjects: Iterable[UUID | str]) -> Total:
        """Return the sum of a kind over subjects that were asked for, and the first who have not reported."""
        wanted = self.months if kinds()[code].adds else self.months[-1:]
        about = list(dict.fromkeys(subjects))
        mine = [self.rows[code, each] for each in about if (code, each) in self.rows]
        reported = sum(len(months) for _value, months in mine)
        expected = len(about) * len(wanted)
        gaps = self._gaps(code, about, wanted) if reported < expected else iter(())
        return Total(
            sum((value for value, _months in mine), Decimal(0)) if mine else None,
            reported,
            expected,
            tuple(islice(gaps, MOST_MISSING)),
        )

    def _gaps(
        self, code: str, about: Sequence[UUID | str], wanted: Iterable[date]
    ) -> Iterator[tuple[UUID | str, date]]:
        ordered = sorted(about)
        for month in wanted:
            for each in ordered:
                if month not in self.rows.get((code, each), (None, ()))[1]:
                    yield each, month


def read(codes: Iterable[str], subjects: Collection[UUID | str], months: Collection[date]) -> Held:
    """Return what institutions (ids) or regions (codes) reported over months (first days); one statement, and one
    more for seconded physicians.

    The kinds are either all of institutions or all of regions. Raises KeyError for an unknown kind, ValueError
    for kinds of both.
    """
    asked = [kinds()[code] for code in dict.fromkeys(codes)]
    ordered = sorted(set(months))
    if not asked or not subjects or not ordered:
        return Held(ordered, {})
    [about] = {kind.subject for kind in asked}
    is_region = about == Subject.REGION
    statement = _HELD.format(
        type="text" if is_region else "uuid",
        column="region_id" if is_region else "facility_id",
    )
    values: dict[str, Any] = {
        "flows": [kind.code for kind in asked if kind.adds],
        "stocks": [kind.code for kind in asked if not kind.adds],
        "subjects": list(set(subjects)),
        "months": ordered,
        "last": ordered[-1],
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = {(row[0], row[1]): (row[2], row[3]) for row in cursor.fetchall()}
    if SECONDED in values["stocks"]:
        # Where terms of persons are reported they are counted; a number stands where there are none.
        by_county = secondments.counted([str(each) for each in subjects], ordered[-1])
        for county, persons in by_county.items():
            rows[SECONDED, county] = (Decimal(persons), [ordered[-1]])
    return Held(ordered, rows)


def totals(
    codes: Iterable[str], subjects: Collection[UUID | str], months: Collection[date]
) -> dict[str, Total]:
    """Return the sum of each kind over institutions or regions and months; one statement.

    Months of a figure that does not add up are not added: it is what stands at the last of them.
    """
    asked = list(dict.fromkeys(codes))
    held = read(asked, subjects, months)
    return {code: held.total(code, subjects) for code in asked}


def by_subject(
    codes: Iterable[str], subjects: Collection[UUID | str], months: Collection[date]
) -> dict[UUID | str, dict[str, Total]]:
    """Return the same for each institution or region, by kind; one statement."""
    asked = list(dict.fromkeys(codes))
    held = read(asked, subjects, months)
    return {each: {code: held.total(code, [each]) for code in asked} for each in subjects}


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


def regions_reported(begins: str = "") -> QuerySet[Region]:
    """Return the regions of which anything is reported, those whose codes begin so."""
    known = Volume.objects.filter(superseded_at__isnull=True, region=OuterRef("code"))
    return Region.objects.filter(Exists(known), code__startswith=begins)
