"""Writes checked tables in batches: one statement a thousand rows, new rows and known ones alike."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.ids import uuid7
from accounts.models import User
from facilities import actions
from facilities.imports.columns import Kind
from facilities.imports.known import Known
from facilities.imports.report import Count, Progress
from facilities.imports.rows import PROGRESS_STEP, Line, Table
from facilities.imports.upsert import upsert
from facilities.models import Department, Facility, StaffPost

BATCH: Final = 1_000
_SPELLED: Final = ["pinyin", "initials", "terms"]

PostKey = tuple[UUID, UUID, UUID | None, str]


def write(table: Table, known: Known, progress: Progress) -> Count:
    """Write one table and return what was made and what was brought up to date."""
    writers = {
        Kind.FACILITIES: _write_facilities,
        Kind.DEPARTMENTS: _write_departments,
        Kind.STAFF: _write_staff,
    }
    return writers[table.kind](table, known, progress)


def _batches(table: Table, progress: Progress) -> Iterator[Sequence[Line]]:
    for start in range(0, len(table.lines), BATCH):
        if start and start % PROGRESS_STEP == 0:
            progress(table.kind, "write", start)
        yield table.lines[start : start + BATCH]
    progress(table.kind, "write", len(table.lines))


def _write_facilities(table: Table, known: Known, progress: Progress) -> Count:
    attributes = {"region": "region_id", "legal_person": "legal_person_id"}
    changed = [name for name in table.columns if name != "code"] + _SPELLED
    for lines in _batches(table, progress):
        rows = []
        short_names = _short_names(table, lines)
        for line in lines:
            values = {"short_name": short_names.get(line.values["code"], ""), **line.values}
            if values.get("legal_person"):
                values["legal_person"] = known.facilities[values["legal_person"]]
            row = Facility(
                id=known.facilities[values["code"]],
                **{attributes.get(name, name): value for name, value in values.items()},
            )
            row.spell()
            rows.append(row)
        upsert(rows, key=["code"], changed=changed)
    updated = sum(line.values["code"] in known.stored for line in table.lines)
    return Count(len(table.lines) - updated, updated)


def _short_names(table: Table, lines: Sequence[Line]) -> dict[str, str]:
    """Return the stored short names that the file leaves alone; the search columns need them."""
    if "short_name" in table.columns:
        return {}
    codes = [line.values["code"] for line in lines]
    rows = Facility.objects.filter(code__in=codes).exclude(short_name="")
    return dict(rows.values_list("code", "short_name"))


def _write_departments(table: Table, known: Known, progress: Progress) -> Count:
    key = ("facility", "code", "name")
    changed = [name for name in table.columns if name not in key] + ["pinyin", "initials"]
    for lines in _batches(table, progress):
        rows = []
        for line in lines:
            values = {name: value for name, value in line.values.items() if name != "facility"}
            row = Department(facility_id=known.facilities[line.values["facility"]], **values)
            row.spell()
            rows.append(row)
        upsert(rows, key=key, changed=changed)
    updated = sum(
        tuple(line.values[name] for name in key) in known.department_names for line in table.lines
    )
    return Count(len(table.lines) - updated, updated)


def _write_staff(table: Table, known: Known, progress: Progress) -> Count:
    created = updated = 0
    for lines in _batches(table, progress):
        people = _write_people(table, lines)
        stored = _stored_posts(list(people.values()))
        fresh, changed, leaving = [], [], []
        for line in lines:
            post = _post(line.values, known, people)
            overlapping = _overlapping(stored.get(_key(post), []), post.starts, post.ends)
            if overlapping is None:
                fresh.append(post)
            else:
                post.id = overlapping.id
                if "title" not in table.columns:
                    post.title = overlapping.title
                changed.append(post)
                if post.ends is not None and post.ends != overlapping.ends:
                    leaving.append(post)
        StaffPost.objects.bulk_create(fresh)
        StaffPost.objects.bulk_update(changed, ["title", "starts", "ends"])
        actions.tell_of_departures(leaving, now=timezone.now())
        created, updated = created + len(fresh), updated + len(changed)
    return Count(created, updated)


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
