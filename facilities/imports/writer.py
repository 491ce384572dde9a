"""Writes checked tables in batches: one statement a thousand rows, new rows and known ones alike."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db.models import Model
from django.utils import timezone

from accounts.actors import Actor
from accounts.ids import uuid7
from accounts.models import User
from facilities import actions
from facilities.actions import history
from facilities.actions.staff import HELD
from facilities.imports.columns import Kind
from facilities.imports.known import Known
from facilities.imports.report import Count, Progress
from facilities.imports.rows import PROGRESS_STEP, Line, Table
from facilities.imports.upsert import upsert
from facilities.models import Department, DirectoryChange, Facility, StaffPost, Subject

BATCH: Final = 1_000
_SPELLED: Final = ["pinyin", "initials", "terms"]

PostKey = tuple[UUID, UUID, UUID | None, str]


def write(table: Table, known: Known, progress: Progress, by: Actor) -> Count:
    """Write one table and return what was made, brought up to date, and left as it was."""
    writers = {
        Kind.FACILITIES: _write_facilities,
        Kind.DEPARTMENTS: _write_departments,
        Kind.STAFF: _write_staff,
    }
    book = Book(by)
    count = writers[table.kind](table, known, progress, book)
    book.close(table.kind)
    return count


@dataclass(slots=True)
class Book:
    """Collects what a person's import changes, for the history of each institution."""

    by: Actor
    at: datetime = field(default_factory=timezone.now)
    changes: list[DirectoryChange] = field(default_factory=list)

    def note(
        self, row: Model, facility_id: UUID, subject: Subject, label: str, values: dict[str, Any]
    ) -> None:
        """Remember a change; what the system imports has its record in the file."""
        if self.by.user_id is not None and values:
            self.changes.append(
                DirectoryChange(
                    facility_id=facility_id,
                    at=self.at,
                    by_id=self.by.user_id,
                    subject=subject,
                    object_id=row.pk,
                    label=label[: history.LONGEST_LABEL],
                    values=values,
                )
            )

    def close(self, kind: Kind) -> None:
        """Write what was collected, and one line of the trail for the sheet."""
        history.keep_all(self.changes, by=self.by, what=f"directory.import.{kind.value}")


def _batches(table: Table, progress: Progress) -> Iterator[Sequence[Line]]:
    for start in range(0, len(table.lines), BATCH):
        if start and start % PROGRESS_STEP == 0:
            progress(table.kind, "write", start)
        yield table.lines[start : start + BATCH]
    progress(table.kind, "write", len(table.lines))


def _write_facilities(table: Table, known: Known, progress: Progress, book: Book) -> Count:
    attributes = {"region": "region_id", "legal_person": "legal_person_id"}
    said = [name for name in table.columns if name != "code"]
    made = changed = 0
    for lines in _batches(table, progress):
        rows = []
        stored = _stored_facilities(line.values["code"] for line in lines)
        for line in lines:
            former = stored.get(line.values["code"])
            values = {"short_name": former.short_name if former else "", **line.values}
            if values.get("legal_person"):
                values["legal_person"] = known.facilities[values["legal_person"]]
            row = Facility(
                id=known.facilities[values["code"]],
                **{attributes.get(name, name): value for name, value in values.items()},
            )
            differing = _difference(former, row, said)
            if former is not None and not differing:
                continue
            if former is not None:
                book.note(row, row.pk, Subject.FACILITY, row.name, differing)
            made, changed = made + (former is None), changed + (former is not None)
            row.spell()
            rows.append(row)
        if rows:
            upsert(rows, key=["code"], changed=said + _SPELLED)
    return Count(made, changed, len(table.lines) - made - changed)


def _difference(former: Model | None, row: Model, names: Iterable[str]) -> dict[str, Any]:
    """Return what a row would change of the stored one; nothing where there is none."""
    if former is None:
        return {}
    return history.difference(history.state(former, names), history.state(row, names))


def _stored_facilities(codes: Iterable[str]) -> dict[str, Facility]:
    return {row.code: row for row in Facility.objects.filter(code__in=list(codes))}


def _write_departments(table: Table, known: Known, progress: Progress, book: Book) -> Count:
    key = ("facility", "code", "name")
    said = [name for name in table.columns if name not in key]
    made = changed = 0
    for lines in _batches(table, progress):
        rows = []
        stored = _stored_departments({known.facilities[each.values["facility"]] for each in lines})
        for line in lines:
            values = {name: value for name, value in line.values.items() if name != "facility"}
            row = Department(facility_id=known.facilities[line.values["facility"]], **values)
            former = stored.get((row.facility_id, row.code, row.name))
            differing = _difference(former, row, said)
            if former is not None and not differing:
                continue
            if former is not None:
                book.note(former, row.facility_id, Subject.DEPARTMENT, row.name, differing)
            made, changed = made + (former is None), changed + (former is not None)
            row.spell()
            rows.append(row)
        if rows:
            upsert(rows, key=key, changed=[*said, "pinyin", "initials"])
    return Count(made, changed, len(table.lines) - made - changed)


def _stored_departments(facilities: set[UUID]) -> dict[tuple[UUID, str, str], Department]:
    rows = Department.objects.filter(facility__in=facilities)
    return {(row.facility_id, row.code, row.name): row for row in rows}


def _write_staff(table: Table, known: Known, progress: Progress, book: Book) -> Count:
    created = updated = 0
    said = ["title", "starts", "ends"] if "title" in table.columns else ["starts", "ends"]
    for lines in _batches(table, progress):
        former_people = _stored_people(lines)
        people = _write_people(table, lines)
        stored = _stored_posts(list(people.values()))
        fresh, changed, leaving = [], [], []
        for line in lines:
            post = _post(line.values, known, people)
            name = line.values["full_name"]
            former = _overlapping(stored.get(_key(post), []), post.starts, post.ends)
            if former is None:
                fresh.append(post)
                held = history.difference(None, history.state(post, HELD))
                book.note(post, post.facility_id, Subject.POST, name, held)
                continue
            post.id = former.id
            if "title" not in table.columns:
                post.title = former.title
            differing = _difference(former, post, said)
            if not differing and not _is_renamed(former_people, line):
                continue
            changed.append(post)
            book.note(post, post.facility_id, Subject.POST, name, differing)
            if post.ends is not None and post.ends != former.ends:
                leaving.append(post)
        StaffPost.objects.bulk_create(fresh)
        StaffPost.objects.bulk_update(changed, ["title", "starts", "ends"])
        actions.tell_of_departures(leaving, now=timezone.now())
        created, updated = created + len(fresh), updated + len(changed)
    return Count(created, updated, len(table.lines) - created - updated)


def _stored_people(lines: Sequence[Line]) -> dict[str, tuple[str, str]]:
    names = {line.values["username"] for line in lines}
    rows = User.objects.filter(username__in=names)
    return {row.username: (row.full_name, row.email) for row in rows}


def _is_renamed(stored: dict[str, tuple[str, str]], line: Line) -> bool:
    name, email = stored[line.values["username"]]
    return (name, email) != (line.values["full_name"], line.values.get("email", email))


def _write_people(table: Table, lines: Sequence[Line]) -> dict[str, UUID]:
    """Make or rename the people of a batch, and return their ids by user name."""
    changed = [name for name in ("full_name", "email") if name in table.columns]
    wanted = {
        line.values["username"]: User(
            id=uuid7(),
            username=line.values["username"],
            full_name=line.values["full_name"],
            email=line.values.get("email", ""),
            password=make_password(None),
        )
        for line in lines
    }
    User.objects.bulk_create(
        wanted.values(), update_conflicts=True, unique_fields=["username"], update_fields=changed
    )
    rows = User.objects.filter(username__in=list(wanted))
    return dict(rows.values_list("username", "id"))


def _post(values: dict[str, Any], known: Known, people: dict[str, UUID]) -> StaffPost:
    facility, department = values["facility"], values.get("department")
    return StaffPost(
        user_id=people[values["username"]],
        facility_id=known.facilities[facility],
        department_id=known.departments[facility, department] if department else None,
        role=values["role"],
        title=values.get("title", ""),
        starts=values["starts"],
        ends=values.get("ends"),
    )


def _key(post: StaffPost) -> PostKey:
    return post.user_id, post.facility_id, post.department_id, post.role


def _stored_posts(users: list[UUID]) -> dict[PostKey, list[StaffPost]]:
    found: dict[PostKey, list[StaffPost]] = {}
    for post in StaffPost.objects.filter(user__in=users).order_by("starts"):
        found.setdefault(_key(post), []).append(post)
    return found


def _overlapping(stored: list[StaffPost], starts: date, ends: date | None) -> StaffPost | None:
    """Return the stored term of the same post that the new one corrects."""
    for post in stored:
        if (ends is None or post.starts < ends) and (post.ends is None or post.ends > starts):
            return post
    return None
