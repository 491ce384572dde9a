"""Imports the sessions of pools: reads, checks against the directory, and brings what is there up to date."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from audit import record
from facilities import capacity
from facilities.actions import capacity as planning
from facilities.imports.checks import Problem, Seen
from facilities.imports.columns import Kind
from facilities.imports.reader import WHOLE, Limits
from facilities.imports.report import Count, Progress, Report, RowError, silent
from facilities.imports.rows import Line, Table
from facilities.imports.run import tables_of, write_all
from facilities.models import Capability, Department, Facility, Membership, Pool
from facilities.models.dated import in_force
from facilities.policy.capacity import may_manage_capacity, require_capacity
from facilities.vocabulary import PoolKind

KEY: Final = (
    "facility_id",
    "starts_at",
    "kind",
    "department_id",
    "doctor_grade",
    "capability",
    "alliance_id",
)
# What is always said of a session, and what only where the file has the column.
ALWAYS: Final = ("places", "session", "ends_at")
SAID: Final = {
    "reserved_percent": "reserved_percent",
    "opens_days_before": "opens_at",
    "release_hours_before": "released_at",
}
# The constraint by which the app above keeps a limit over what is taken of it.
TAKEN: Final = "pool_not_below_taken"

Planned = tuple[Line, Pool]


@dataclass(slots=True)
class Places:
    """What the directory knows of the facilities of a file, by their codes; alliances by their names."""

    facilities: dict[str, UUID]
    departments: dict[tuple[str, str], UUID] = field(default_factory=dict)
    equipment: set[tuple[str, str]] = field(default_factory=set)
    alliances: dict[tuple[str, str], UUID] = field(default_factory=dict)

    @classmethod
    def load(cls, codes: set[str], on: date) -> "Places":
        """Read them in four statements; of several departments by one code the oldest counts."""
        here = {"facility__code__in": codes}
        departments = Department.objects.filter(is_active=True, **here).order_by("-id")
        equipment = Capability.objects.filter(in_force(on), **here)
        terms = Membership.objects.filter(in_force(on), in_force(on, path="alliance__"), **here)
        return cls(
            facilities=dict(Facility.objects.filter(code__in=codes).values_list("code", "id")),
            departments={
                (facility, code): pk
                for facility, code, pk in departments.values_list("facility__code", "code", "id")
            },
            equipment=set(equipment.values_list("facility__code", "code")),
            alliances={
                (facility, name): pk
                for facility, name, pk in terms.values_list(
                    "facility__code", "alliance__name", "alliance_id"
                )
            },
        )


def run(
    file: IO[bytes],
    *,
    by: Actor,
    name: str,
    dry_run: bool = False,
    progress: Progress = silent,
    now: datetime | None = None,
    limits: Limits = WHOLE,
) -> Report:
    """Import the sessions of the binary `file` called `name` (.csv or .xlsx) and report.

    A session is known by its facility, beginning and what it offers: new ones are made by the rules of
    plans, known ones are brought up to date in what the file says. Raises Refused `capacity-forbidden`.
    """
    report, moment = Report(dry_run), now or timezone.now()
    tables = tables_of(file, name, (Kind.POOLS,), report, progress, limits)
    if not report.ok:
        return report
    [table] = tables
    codes = {line.values["facility"] for line in table.lines}
    places = Places.load(codes, timezone.localdate(moment))
    for facility_id in places.facilities.values():
        require_capacity(may_manage_capacity(by, facility_id))
    planned = _checked(table, places, moment, report)
    if report.ok:
        write_all(report, [(Kind.POOLS, lambda: _write(table, planned, by, report))])
    return report


def _checked(table: Table, places: Places, now: datetime, report: Report) -> list[Planned]:
    """Return each line with the pool that it asks for; appends to the report what is wrong."""
    seen, planned = Seen(), list[Planned]()
    today, begun = timezone.localdate(now), ("day", _("This session has begun already."))
    for line in table.lines:
        found = list(_problems(line.values, places))
        # Before a pool is made of it: it opens weeks earlier, and the calendar has a first day.
        if not found and line.values["day"] < today:
            found.append(begun)
        if not found:
            pool = _pool(line.values, places)
            if pool.starts_at <= now:
                found.append(begun)
            if complaint := seen.again(_key(pool), line.row):
                found.append(("day", complaint))
            planned.append((line, pool))
        report.errors.extend(
            RowError(table.kind, line.row, table.columns.get(column, column), reason)
            for column, reason in found
        )
    return planned


def _problems(values: dict[str, Any], places: Places) -> Iterator[Problem]:
    facility = values["facility"]
    if values["ends"] <= values["begins"]:
        yield "ends", _("The end must lie after the start.")
    given = {name for name, value in values.items() if value}
    missing, spare = capacity.misfits(values.get("kind", PoolKind.SLOT), given)
    yield from ((column, _("This is needed.")) for column in missing)
    yield from ((column, _("A pool of this kind has none.")) for column in spare)
    if facility not in places.facilities:
        yield "facility", _("There is no facility with this code.")
        return
    known = {
        "department": (places.departments, _("The facility has no such department.")),
        "capability": (
            places.equipment,
            _("The directory does not know that the facility has this equipment."),
        ),
        "alliance": (places.alliances, _("The facility is not a member of this alliance.")),
    }
    for column, (those, reason) in known.items():
        value = values.get(column)
        if value and (facility, value) not in those:
            yield column, reason


def _pool(values: dict[str, Any], places: Places) -> Pool:
    """Return the pool of a checked line, as a plan of one session would make it."""
    facility, day = values["facility"], values["day"]
    session = planning.WeeklySession(
        weekday=day.isoweekday(),
        session=values["session"],
        begins=values["begins"],
        ends=values["ends"],
        places=values["places"],
    )
    pattern = planning.Pattern(
        kind=values.get("kind", PoolKind.SLOT),
        start=day,
        weeks=1,
        sessions=(session,),
        department_id=places.departments.get((facility, values.get("department") or "")),
        doctor_grade=values.get("doctor_grade") or "",
        capability=values.get("capability") or "",
        alliance_id=places.alliances.get((facility, values.get("alliance") or "")),
        reserved_percent=values.get("reserved_percent"),
        opens_days_before=values.get("opens_days_before"),
        release_hours_before=values.get("release_hours_before"),
    )
    [pool] = planning.pools(places.facilities[facility], pattern, [(day, session)])
    return pool


def _key(pool: Pool) -> tuple[Any, ...]:
    return tuple(getattr(pool, name) for name in KEY)


def _write(table: Table, planned: list[Planned], by: Actor, report: Report) -> Count:
    stored = _stored([pool for _line, pool in planned])
    fields = [*ALWAYS, *(name for column, name in SAID.items() if column in table.columns)]
    fresh = [pool for _line, pool in planned if _key(pool) not in stored]
    Pool.objects.bulk_create(fresh, batch_size=1000)
    changed = 0
    for line, pool in planned:
        row = stored.get(_key(pool))
        differing = [name for name in fields if row and getattr(row, name) != getattr(pool, name)]
        if row is None or not differing:
            continue
        changed += 1
        if not _brought_up_to_date(row, pool, differing):
            reason = _("Referrals have taken more places than that: release them first.")
            report.errors.append(RowError(table.kind, line.row, table.columns["places"], reason))
    record.change(by, what="capacity.import", fields=sorted(fields))
    return Count(len(fresh), changed, len(planned) - len(fresh) - changed)


def _stored(pools: list[Pool]) -> dict[tuple[Any, ...], Pool]:
    """Return the pools that are there already by their keys, locked in the order of their ids."""
    if not pools:
        return {}
    starts = [pool.starts_at for pool in pools]
    rows = Pool.objects.filter(
        facility__in={pool.facility_id for pool in pools},
        starts_at__range=(min(starts), max(starts)),
    )
    locked = rows.order_by("id").select_for_update(of=("self",), no_key=True)
    return {_key(row): row for row in locked}


def _brought_up_to_date(row: Pool, wanted: Pool, changed: list[str]) -> bool:
    """Change what differs; returns False where more is taken than the pool would hold."""
    for name in changed:
        setattr(row, name, getattr(wanted, name))
    row.version += 1
    try:
        with transaction.atomic():
            row.save(update_fields=[*changed, "version"])
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        if diagnosis is None or diagnosis.constraint_name != TAKEN:
            raise
        return False
    return True
