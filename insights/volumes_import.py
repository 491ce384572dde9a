"""Reads a file of figures, checks it against the directory, and says what it would change."""

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.actors import Actor
from facilities.imports.checks import Seen
from facilities.imports.columns import Kind
from facilities.imports.reader import Limits
from facilities.imports.report import Progress, Report, RowError, silent
from facilities.imports.rows import Table
from facilities.imports.run import tables_of
from facilities.imports.values import WITHDRAWN
from facilities.models import Facility, Region
from facilities.queries.directory import region_prefix
from insights.models import Volume, VolumeFile
from insights.months import FIRST_YEAR
from insights.policy.volumes import regions_reported, reports_facility
from insights.queries.volumes import members
from insights.volume_kinds import PAIR, Subject, VolumeKind, by_name, paired, unpaired, written

# A nation of 10,000 institutions, ten kinds of one month each; a workbook of that is 60 MB when it is unpacked.
LIMITS: Final = Limits(rows=150_000, unpacked=200_000_000)
MODEL: Final = Volume
KIND: Final = Kind.VOLUMES
CHUNK: Final = 5_000

# Subject (the id of an institution, the code of a region), kind, month.
Key = tuple[UUID | str, str, date]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a file that is right; `value` None takes back what was reported. `code` is the subject's."""

    key: Key
    code: str
    value: Decimal | None


class Line(Protocol):
    """One line of a file that is right, of whatever it is."""

    @property
    def key(self) -> Any:
        """What is reported, of whom, for when."""

    @property
    def code(self) -> str:
        """The code of whom."""

    @property
    def value(self) -> Any:
        """What is reported, None where it is taken back."""


Each = TypeVar("Each", bound=Line)


@dataclass(frozen=True, slots=True)
class Change:
    """What a line would change: `before` None where there was none, `after` None where none is left.

    `row` is the stored one that it takes the place of.
    """

    figure: Line
    before: Any
    row: UUID | None

    @property
    def after(self) -> Any:
        """The value from then on."""
        return self.figure.value


@dataclass(slots=True)
class Plan:
    """What a file says, and what of it is new, corrected, taken back, and as it was. `blank` lines say nothing."""

    report: Report
    figures: list[Any] = field(default_factory=list)
    blank: int = 0

    @property
    def ok(self) -> bool:
        """Nothing is wrong."""
        return self.report.ok


@dataclass(slots=True)
class _Directory:
    """What the file may speak of: institutions by code with their id, those that this post reports, and regions."""

    facilities: dict[str, UUID]
    regions: frozenset[str]
    members: frozenset[UUID]
    by: Actor


def read(content: bytes, *, name: str, by: Actor, today: date, progress: Progress = silent) -> Plan:
    """Read a file called `name` (.xlsx or .csv) for a post; whatever is wrong is in the report of the plan."""
    plan = Plan(Report(dry_run=True))
    tables = tables_of(io.BytesIO(content), name, (KIND,), plan.report, progress, LIMITS)
    # Also where some cells could not be read: all mistakes are named at once.
    for table in tables:
        _check(table, by, today, plan)
    return plan


def _check(table: Table, by: Actor, today: date, plan: Plan) -> None:
    seen, directory = Seen(), _directory(table, by, today)
    names = by_name()
    for line in table.lines:
        values = line.values
        if values.get("value") is None:
            plan.blank += 1
            continue
        kind = names.get(values["kind"].lower())
        found = list(_problems(values, kind, directory, today))
        if kind is not None and not found:
            figure = _figure(values, kind, directory)
            if complaint := seen.again(figure.key, line.row):
                found.append(("month", complaint))
            plan.figures.append(figure)
        plan.report.errors.extend(
            RowError(table.kind, line.row, table.columns.get(column, column), reason)
            for column, reason in found
        )


def _figure(values: dict[str, Any], kind: VolumeKind, directory: _Directory) -> Figure:
    code = values["code"]
    subject = directory.facilities[code] if kind.subject == Subject.FACILITY else code
    value = None if values["value"] == WITHDRAWN else values["value"]
    stored = paired(kind.code, values["other"]) if kind.of_pair else kind.code
    return Figure((subject, stored, values["month"]), code, value)


def _directory(table: Table, by: Actor, today: date) -> _Directory:
    named = (line.values for line in table.lines)
    codes = sorted({code for each in named for code in (each["code"], each.get("other") or "")})
    facilities: dict[str, UUID] = {}
    regions: set[str] = set()
    for start in range(0, len(codes), CHUNK):
        part = codes[start : start + CHUNK]
        facilities.update(Facility.objects.filter(code__in=part).values_list("code", "id"))
        regions.update(Region.objects.filter(code__in=part).values_list("code", flat=True))
    return _Directory(facilities, frozenset(regions), members(by, today), by)


def _problems(
    values: dict[str, Any], kind: VolumeKind | None, directory: _Directory, today: date
) -> Iterator[tuple[str, str]]:
    """Name what is wrong with a line: the column and the reason."""
    if values["month"].year < FIRST_YEAR:
        yield "month", _("No figures are kept from before the year 2000.")
    if values["month"] >= today.replace(day=1):
        yield "month", _("This month is not over yet.")
    if kind is None:
        yield "kind", _("There is no such figure; the template lists them all.")
        return
    value = values["value"]
    if value != WITHDRAWN and not kind.fits(value):
        yield "value", _misfit(kind)
    yield from _subject(values["code"], kind, directory)
    yield from _other(values, kind, directory)


def _other(
    values: dict[str, Any], kind: VolumeKind, directory: _Directory
) -> Iterator[tuple[str, str]]:
    """Name what is wrong with the second region of a line: figures of two regions alone have one, of the same level."""
    other = values.get("other") or ""
    if not kind.of_pair:
        if other:
            yield "other", _("Only a line about two regions names another region.")
    elif other not in directory.regions:
        yield "other", _("Name the other region by its code.")
    elif other == values["code"]:
        yield "other", _("A region is no neighbour of itself.")
    elif _level(other) != _level(values["code"]):
        yield "other", _("Both regions are of one level: counties, prefectures or provinces.")


def _level(code: str) -> int:
    return len(region_prefix(code))


def _misfit(kind: VolumeKind) -> str:
    if kind.of_pair:
        return _("Write 1 for neighbours, 0 for regions that are none any more.")
    if kind.unit == kind.unit.PERCENT:
        return _("Write a share from 0 to 100 with at most two decimals.")
    if kind.fits(Decimal("0.5")):
        return _("This figure has at most two decimals.")
    return _("This figure is a whole number.")


def _subject(code: str, kind: VolumeKind, directory: _Directory) -> Iterator[tuple[str, str]]:
    if kind.subject == Subject.REGION:
        if code not in directory.regions:
            yield "code", _("There is no region with this code; this figure is about a region.")
        elif (begins := regions_reported(directory.by)) is None:
            text = _(
                "Only the system administrator and health authorities report figures of regions."
            )
            yield "code", text
        elif not code.startswith(begins):
            yield "code", _("This region is not one of yours.")
        return
    facility_id = directory.facilities.get(code)
    if facility_id is None:
        yield "code", _("There is no facility with this code.")
    elif not reports_facility(directory.by, facility_id, directory.members):
        yield "code", _("Your post does not report for this institution.")


def changes(figures: Sequence[Figure]) -> list[Change]:
    """Return what the figures would change of what is in force now; one statement a few thousand figures."""
    return changed(figures, _stored)


def changed(
    lines: Sequence[Each], stored: Callable[[Sequence[Each]], Mapping[Any, tuple[UUID, Any]]]
) -> list[Change]:
    """Return the lines that say something else than what is `stored` under their key, with that."""
    found: list[Change] = []
    for start in range(0, len(lines), CHUNK):
        part = lines[start : start + CHUNK]
        held = stored(part)
        for line in part:
            row, before = held.get(line.key, (None, None))
            if before != line.value:
                found.append(Change(line, before, row))
    return found


def _stored(figures: Sequence[Figure]) -> dict[Key, tuple[UUID, Decimal]]:
    """Return the figures in force for these subjects, kinds and months, with their ids."""
    stored: dict[Key, tuple[UUID, Decimal]] = {}
    for subject, column in ((UUID, "facility_id"), (str, "region_id")):
        keys = [figure.key for figure in figures if isinstance(figure.key[0], subject)]
        if not keys:
            continue
        rows = Volume.objects.filter(
            superseded_at__isnull=True,
            kind__in={kind for _id, kind, _month in keys},
            month__in={month for _id, _kind, month in keys},
            **{f"{column}__in": {each for each, _kind, _month in keys}},
        )
        for pk, value, *key in rows.values_list("id", "value", column, "kind", "month"):
            stored[key[0], key[1], key[2]] = (pk, value)
    return stored


def digest_of(found: Sequence[Change]) -> bytes:
    """Return a digest of changes, the same for the same changes in whatever order."""
    lines = sorted(repr((each.figure.key, each.before, each.after)) for each in found)
    return hashlib.sha256("\n".join(lines).encode()).digest()


def row(change: Change, file: VolumeFile, now: datetime) -> Volume:
    """Return the row that a change writes."""
    subject, kind, month = change.figure.key
    found, _other = unpaired(kind)
    about = "region_id" if found and found.subject == Subject.REGION else "facility_id"
    said: dict[str, Any] = {about: subject, "value": change.after}
    return Volume(kind=kind, month=month, file=file, reported_at=now, **said)


def touched(change: Change) -> str:
    """Return under which name a change stands in the trail."""
    kind: str = change.figure.key[1]
    return kind.partition(PAIR)[0]


def told(found: Sequence[Change]) -> list[dict[str, Any]]:
    """Return changes as a file keeps them."""
    return [
        {
            "code": each.figure.code,
            "kind": each.figure.key[1],
            "month": f"{each.figure.key[2]:%Y-%m}",
            "before": written(each.before),
            "after": written(each.after),
        }
        for each in found
    ]
