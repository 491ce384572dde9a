"""Reads a file of secondments, checks it against the directory, and says what it would change."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.actors import Actor
from facilities.imports.checks import Seen
from facilities.imports.columns import Kind
from facilities.imports.report import Progress, Report, RowError, silent
from facilities.imports.rows import Line, Table
from facilities.imports.run import tables_of
from facilities.models import Facility
from insights.models import Secondment, Title, VolumeFile
from insights.months import FIRST_YEAR
from insights.policy.volumes import reports_terms_of
from insights.queries.volumes import members
from insights.volumes_import import CHUNK, LIMITS, Change, Plan, changed

MODEL: Final = Secondment
KIND: Final = Kind.SECONDMENTS
TITLES: Final[Mapping[str, Title]] = {
    "初级": Title.JUNIOR,
    "住院医师": Title.JUNIOR,
    "医师": Title.JUNIOR,
    "中级": Title.INTERMEDIATE,
    "主治医师": Title.INTERMEDIATE,
    "副高": Title.ASSOCIATE_CHIEF,
    "副高级": Title.ASSOCIATE_CHIEF,
    "副主任医师": Title.ASSOCIATE_CHIEF,
    "正高": Title.CHIEF,
    "正高级": Title.CHIEF,
    "主任医师": Title.CHIEF,
    "associate chief": Title.ASSOCIATE_CHIEF,
    **{title.value: title for title in Title},
}

# The institution that sends, the number of the person there, the first day.
Key = tuple[UUID, str, date]


class Term(NamedTuple):
    """Where a physician serves, with which title, and until when."""

    to_id: UUID
    title: Title
    ends: date


@dataclass(frozen=True, slots=True)
class Posting:
    """One line that is right; `value` None takes back what was reported. `code` is the sender's."""

    key: Key
    code: str
    value: Term | None


class Place(NamedTuple):
    """An institution, and the code of the region in which it lies."""

    id: UUID
    region: str


@dataclass(frozen=True, slots=True)
class _Directory:
    places: Mapping[str, Place]
    members: frozenset[UUID]
    by: Actor


def read(content: bytes, *, name: str, by: Actor, today: date, progress: Progress = silent) -> Plan:
    """Read a file called `name` (.xlsx or .csv) for a post; whatever is wrong is in the report of the plan."""
    plan = Plan(Report(dry_run=True))
    for table in tables_of(io.BytesIO(content), name, (KIND,), plan.report, progress, LIMITS):
        _check(table, by, today, plan)
    return plan


def _check(table: Table, by: Actor, today: date, plan: Plan) -> None:
    seen, directory = Seen(), _directory(table, by, today)
    for line in table.lines:
        title = TITLES.get(line.values["title"].lower())
        found = list(_problems(line, title, directory))
        if title is not None and not found:
            posting = _posting(line.values, title, directory)
            if complaint := seen.again(posting.key, line.row):
                found.append(("starts", complaint))
            plan.figures.append(posting)
        plan.report.errors.extend(
            RowError(table.kind, line.row, table.columns.get(column, column), reason)
            for column, reason in found
        )


def _posting(values: Mapping[str, Any], title: Title, directory: _Directory) -> Posting:
    key = (directory.places[values["sender"]].id, values["person"], values["starts"])
    term = Term(directory.places[values["to"]].id, title, values["ends"])
    return Posting(key, values["sender"], None if values.get("withdrawn") else term)


def _directory(table: Table, by: Actor, today: date) -> _Directory:
    wanted = sorted({line.values[name] for line in table.lines for name in ("sender", "to")})
    places: dict[str, Place] = {}
    for start in range(0, len(wanted), CHUNK):
        part = Facility.objects.filter(code__in=wanted[start : start + CHUNK])
        rows = part.values_list("code", "id", "region__code")
        places.update({code: Place(pk, region) for code, pk, region in rows})
    return _Directory(places, members(by, today), by)


def _problems(line: Line, title: Title | None, directory: _Directory) -> Iterator[tuple[str, str]]:
    """Name what is wrong with a line: the column and the reason."""
    values = line.values
    if title is None:
        names = ", ".join(str(each.label) for each in Title)
        yield "title", _("Write one of: %(values)s.") % {"values": names}
    if values["starts"].year < FIRST_YEAR:
        yield "starts", _("No figures are kept from before the year 2000.")
    if values["ends"] < values["starts"]:
        yield "ends", _("The end must not lie before the start.")
    sender, to = directory.places.get(values["sender"]), directory.places.get(values["to"])
    if sender is None:
        yield "sender", _("There is no facility with this code.")
    elif not _reports(sender, directory):
        yield "sender", _("Your post does not report for this institution.")
    if to is None:
        yield "to", _("There is no facility with this code.")
    elif to == sender:
        yield "to", _("A physician is seconded to another institution.")


def _reports(place: Place, directory: _Directory) -> bool:
    return reports_terms_of(directory.by, place.id, place.region, directory.members)


def changes(postings: Sequence[Posting]) -> list[Change]:
    """Return what the lines would change of what is in force now; one statement a few thousand of them."""
    return changed(postings, _stored)


def _stored(postings: Sequence[Posting]) -> dict[Key, tuple[UUID, Term]]:
    rows = Secondment.objects.filter(
        superseded_at__isnull=True,
        from_facility__in={posting.key[0] for posting in postings},
        person__in={posting.key[1] for posting in postings},
    )
    return {
        (row.from_facility_id, row.person, row.starts): (
            row.pk,
            Term(row.to_facility_id, Title(row.title), row.ends),
        )
        for row in rows
    }


def row(change: Change, file: VolumeFile, now: datetime) -> Secondment:
    """Return the row that a change writes."""
    sender, person, starts = change.figure.key
    to, title, ends = change.after
    return Secondment(
        person=person,
        title=title,
        from_facility_id=sender,
        to_facility_id=to,
        starts=starts,
        ends=ends,
        file=file,
        reported_at=now,
    )


def touched(_change: Change) -> str:
    """Return under which name a change stands in the trail."""
    return KIND.value


def told(found: Sequence[Change]) -> list[dict[str, Any]]:
    """Return changes as a file keeps them: whose number, from when, and where to until when."""
    terms = [term for each in found for term in (each.before, each.after) if term is not None]
    codes = dict(
        Facility.objects.filter(id__in={term.to_id for term in terms}).values_list("id", "code")
    )
    return [
        {
            "code": f"{each.figure.code} {each.figure.key[1]}",
            "kind": KIND.value,
            "month": each.figure.key[2].isoformat(),
            "before": _words(each.before, codes),
            "after": _words(each.after, codes),
        }
        for each in found
    ]


def _words(term: Term | None, codes: Mapping[UUID, str]) -> str | None:
    if term is None:
        return None
    return f"{codes[term.to_id]} {term.title.label} – {term.ends.isoformat()}"
