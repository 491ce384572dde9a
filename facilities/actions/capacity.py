"""Plans and alters the pools of a facility; what is taken of them is the business of the app above."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from audit import record
from facilities import calendar, capacity
from facilities.models import Pool
from facilities.policy.capacity import may_manage_capacity, require_capacity
from facilities.queries import directory as queries
from facilities.vocabulary import PoolKind

WEEK: Final = 7
ALTERABLE: Final = frozenset({"places", "reserved_percent", "opens_at", "released_at"})


@dataclass(frozen=True, slots=True)
class WeeklySession:
    """One session of a weekly pattern; Monday is 1, times are those of the country."""

    weekday: int
    session: str
    begins: time
    ends: time
    places: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is offered week after week from `start` on; what is None follows the rules of the data file."""

    kind: str
    start: date
    weeks: int
    sessions: tuple[WeeklySession, ...]
    department_id: UUID | None = None
    doctor_grade: str = ""
    capability: str = ""
    alliance_id: UUID | None = None
    reserved_percent: int | None = None
    opens_days_before: int | None = None
    release_hours_before: int | None = None
    follows_calendar: bool | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """How many sessions were made, were there or had begun already, and fall on days off.

    `unsettled` are those of years whose notice of days off is not known yet; they are made all the same.
    """

    made: int
    left: int
    off: int
    unsettled: int


def plan(facility_id: UUID, *, by: Actor, pattern: Pattern, now: datetime) -> Planned:
    """Make the sessions of a weekly pattern; those that are there already stay as they are.

    Where the pattern follows the calendar, public holidays are left out and working weekends (调休) have the
    sessions of the working day beside them, unless the pattern names their own weekday.
    Raises Refused: `capacity-forbidden`, `unknown-department-here`, `unknown-equipment`.
    """
    require_capacity(may_manage_capacity(by, facility_id))
    _check_place(facility_id, pattern, on=timezone.localdate(now))
    known = _calendar(pattern, now)
    planned = list(_days(pattern, known))
    held = [(day, each) for day, each, is_off in planned if not is_off]
    whole = list(pools(facility_id, pattern, held))
    rows = [row for row in whole if row.starts_at > now]
    Pool.objects.bulk_create(rows, ignore_conflicts=True)
    made = Pool.objects.filter(pk__in=[row.pk for row in rows]).count()
    if made:
        record.change(by, what="capacity.plan", fields=[pattern.kind])
    return Planned(
        made=made,
        left=len(whole) - made,
        off=len(planned) - len(whole),
        unsettled=sum(not known.is_settled(day) for day, _each in held) if known else 0,
    )


def foresee(facility_id: UUID, *, by: Actor, pattern: Pattern, now: datetime) -> Planned:
    """Return what `plan` would make of a pattern, and leave nothing of it. Raises Refused as it does."""
    with transaction.atomic():
        planned = plan(facility_id, by=by, pattern=pattern, now=now)
        transaction.set_rollback(True)
    return planned


def alter(row: Pool, *, by: Actor, changes: Mapping[str, Any]) -> Pool:
    """Change a locked pool; the caller has seen to it that no more is taken than it will hold.

    Raises Refused: `capacity-forbidden`, `pool-invalid`.
    """
    require_capacity(may_manage_capacity(by, row.facility_id))
    if not set(changes) <= ALTERABLE:
        raise ValueError(f"not to be altered: {sorted(set(changes) - ALTERABLE)}")
    for name, value in changes.items():
        setattr(row, name, value)
    row.version += 1
    try:
        with transaction.atomic():
            row.save(update_fields=[*changes, "version"])
    except IntegrityError as error:
        text = _("The pool contradicts itself: it opens and is released before it starts.")
        raise Refused("pool-invalid", text, kind=Kind.UNPROCESSABLE) from error
    record.change(by, what="capacity.alter", fields=sorted(changes))
    return row


def _unknown(code: str, field: str, text: Any) -> Refused:
    return Refused(code, text, kind=Kind.UNPROCESSABLE, errors={field: [str(text)]})


def _check_place(facility_id: UUID, pattern: Pattern, *, on: date) -> None:
    """Ask for a department of the facility, or for equipment that it has and an alliance that it is in."""
    wanted = pattern.department_id
    if wanted and not queries.departments(facility_id).filter(pk=wanted).exists():
        text = _("The facility has no such department.")
        raise _unknown("unknown-department-here", "department", text)
    if pattern.kind != PoolKind.EQUIPMENT:
        return
    if not queries.is_able(facility_id, pattern.capability, on):
        text = _("The directory does not know that the facility has this equipment.")
        raise _unknown("unknown-equipment", "capability", text)
    if pattern.alliance_id is None or not queries.is_member(facility_id, pattern.alliance_id, on):
        text = _("The facility is not a member of this alliance.")
        raise _unknown("unknown-alliance-here", "alliance", text)


def _calendar(pattern: Pattern, now: datetime) -> calendar.WorkingCalendar | None:
    """Return the calendar that the pattern follows, None for the week alone."""
    follows = pattern.follows_calendar
    if follows is None:
        follows = pattern.kind in capacity.rules().calendar_kinds
    return calendar.load(timezone.localdate(now)) if follows else None


def _days(
    pattern: Pattern, followed: calendar.WorkingCalendar | None
) -> Iterator[tuple[date, WeeklySession, bool]]:
    """Yield each session with its day, and whether that is a day off for this pattern."""
    known = followed or calendar.WorkingCalendar()
    named = {each.weekday for each in pattern.sessions}
    for offset in range(pattern.weeks * WEEK):
        day = pattern.start + timedelta(days=offset)
        weekday = day.isoweekday() if day.isoweekday() in named else known.stands_for(day)
        held = (each for each in pattern.sessions if each.weekday == weekday)
        yield from ((day, each, known.is_off(day)) for each in held)


def pools(
    facility_id: UUID, pattern: Pattern, held: Iterable[tuple[date, WeeklySession]]
) -> Iterator[Pool]:
    """Yield the pools of a pattern for these sessions, unsaved; what it leaves open follows the rules."""
    rules = capacity.rules()
    shared = pattern.kind == PoolKind.EQUIPMENT
    usual = 0 if shared else rules.reserved_percent
    percent = usual if pattern.reserved_percent is None else pattern.reserved_percent
    days, hours = pattern.opens_days_before, pattern.release_hours_before
    opens = rules.opens_before if days is None else timedelta(days=days)
    released = rules.released_before if hours is None else timedelta(hours=hours)
    for day, each in held:
        starts_at = timezone.make_aware(datetime.combine(day, each.begins))
        yield Pool(
            facility_id=facility_id,
            kind=pattern.kind,
            department_id=pattern.department_id,
            doctor_grade=pattern.doctor_grade,
            capability=pattern.capability,
            alliance_id=pattern.alliance_id,
            day=day,
            session=each.session,
            starts_at=starts_at,
            ends_at=timezone.make_aware(datetime.combine(day, each.ends)),
            places=each.places,
            reserved_percent=percent,
            opens_at=starts_at - opens,
            released_at=starts_at - released,
        )
