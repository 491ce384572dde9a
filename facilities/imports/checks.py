"""Checks lines against each other and against the directory: duplicates, references, ratings."""

from collections.abc import Callable, Hashable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from accounts.ids import uuid7
from facilities.imports.columns import Kind
from facilities.imports.known import Known
from facilities.imports.report import RowError
from facilities.imports.rows import Line, Table
from facilities.vocabulary import FacilityKind, Grade, Level, is_post_of

Problem = tuple[str, str]  # name of the column, reason


def check(table: Table, known: Known) -> list[RowError]:
    """Return what is wrong with a table's lines, and add what is right to what is known."""
    find: dict[Kind, Callable[[Table, Known], Iterator[tuple[Line, Problem]]]] = {
        Kind.FACILITIES: _facilities,
        Kind.DEPARTMENTS: _departments,
        Kind.STAFF: _staff,
    }
    header = [
        RowError(table.kind, 1, table.columns.get(a) or table.columns[b], reason)
        for a, b, reason in _together()
        if (a in table.columns) != (b in table.columns)
    ]
    return header + [
        RowError(table.kind, line.row, table.columns.get(column, column), reason)
        for line, (column, reason) in find[table.kind](table, known)
    ]


def _together() -> list[tuple[str, str, str]]:
    """Return the pairs of columns that a file has both or none of: one decides about the other."""
    return [
        ("level", "grade", _("Level and grade go together.")),
        ("latitude", "longitude", _("Latitude and longitude go together.")),
    ]


class Seen:
    """Remembers where a value stood first."""

    def __init__(self) -> None:
        self._rows: dict[Hashable, int] = {}

    def again(self, value: Hashable, row: int) -> str | None:
        """Return the complaint about a repeated value, None the first time."""
        first = self._rows.setdefault(value, row)
        if first == row:
            return None
        return _("The same entry stands in row %(row)d already.") % {"row": first}


def _facilities(table: Table, known: Known) -> Iterator[tuple[Line, Problem]]:
    codes, numbers = Seen(), Seen()
    for line in table.lines:
        values = line.values
        if complaint := codes.again(values["code"], line.row):
            yield line, ("code", complaint)
        for problem in _facility(values, known):
            yield line, problem
        uscc = values.get("uscc")
        if uscc and (complaint := numbers.again(uscc, line.row)):
            yield line, ("uscc", complaint)
        known.facilities.setdefault(values["code"], uuid7())
        if "kind" in values:
            known.kinds[values["code"]] = values["kind"]
    yield from _campuses(table, known)


def _campuses(table: Table, known: Known) -> Iterator[tuple[Line, Problem]]:
    if "legal_person" not in table.columns:
        return
    for line in table.lines:
        known.campus_of.pop(line.values["code"], None)
        if line.values["legal_person"]:
            known.campus_of[line.values["code"]] = line.values["legal_person"]
    for line in table.lines:
        yield from ((line, problem) for problem in _legal_person(line.values, known))


def _facility(values: dict[str, Any], known: Known) -> Iterator[Problem]:
    if values["region"] not in known.regions:
        yield "region", _("This region code is not known.")
    if known.uscc_owner.get(values.get("uscc") or "", values["code"]) != values["code"]:
        yield "uscc", _("Another facility has this code already.")
    level, grade = values.get("level"), values.get("grade")
    if level in (Level.COMMUNITY, Level.UNRATED) and grade not in (None, Grade.UNRATED):
        yield "grade", _("Only levels 1 to 3 have a grade.")
    if (values.get("latitude") is None) != (values.get("longitude") is None):
        yield "latitude", _("Latitude and longitude go together.")


def _legal_person(values: dict[str, Any], known: Known) -> Iterator[Problem]:
    above = values["legal_person"]
    if above is None:
        return
    if above not in known.facilities:
        yield "legal_person", _("There is no facility with this code.")
    elif above == values["code"] or above in known.campus_of:
        yield "legal_person", _("A campus belongs to a legal person that is not a campus itself.")


def _departments(table: Table, known: Known) -> Iterator[tuple[Line, Problem]]:
    seen = Seen()
    for line in table.lines:
        facility, code, name = (line.values[key] for key in ("facility", "code", "name"))
        if facility not in known.facilities:
            yield line, ("facility", _("There is no facility with this code."))
        if complaint := seen.again((facility, code, name), line.row):
            yield line, ("name", complaint)
        line.values["id"] = uuid7()
        known.departments.setdefault((facility, code), line.values["id"])


def _staff(table: Table, known: Known) -> Iterator[tuple[Line, Problem]]:
    posts, people = Seen(), dict[str, tuple[str, int]]()
    for line in table.lines:
        values = line.values
        facility, department = values["facility"], values.get("department")
        name, row = people.setdefault(values["username"], (values["full_name"], line.row))
        if name != values["full_name"]:
            reason = _("Row %(row)d gives this user another name.") % {"row": row}
            yield line, ("full_name", reason)
        if facility not in known.facilities:
            yield line, ("facility", _("There is no facility with this code."))
        elif department and (facility, department) not in known.departments:
            yield line, ("department", _("The facility has no such department."))
        if not is_post_of(values["role"], known.kinds.get(facility, FacilityKind.TREATING)):
            yield line, ("role", _("This role does not belong to such an institution."))
        if values.get("ends") and values["ends"] <= values["starts"]:
            yield line, ("ends", _("The end must lie after the start."))
        post = (values["username"], facility, department, values["role"])
        if complaint := posts.again(post, line.row):
            yield line, ("username", complaint)
