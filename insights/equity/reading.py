"""Reads a regional table and a table of neighbours from CSV as Excel writes it: UTF-8 or GB18030."""

import csv
import io
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from accounts.errors import Kind, Refused
from insights.equity.regions import Region

MOST_BYTES: Final = 20_000_000
MOST_ROWS: Final = 100_000
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
# Parted by commas as spreadsheets show thousands; Python's own underscores are no way to write a number.
_NUMBER: Final = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d*)(\.\d*)?([eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class Columns:
    """The headings under which a table holds what is measured; `region` is found where it is not named."""

    resource: str
    population: str
    area: str
    group: str | None = None
    income: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a file with the number that a spreadsheet shows beside it."""

    number: int
    cells: Sequence[str]


def regions(raw: bytes, columns: Columns) -> list[Region]:
    """Return the rows of a table; raises Refused and names the row and the column that is wrong."""
    lines = _lines(raw)
    header, body = lines[0].cells, lines[1:]
    if not body:
        raise _unreadable("table-without-rows", _("The file has a header and no rows below it."))
    at: dict[str, int | None] = {
        field: _column(header, heading) for field, heading in _headings(columns).items()
    }
    at["name"] = _region_column(header, columns.region, set(at.values()))
    return [_region(line, header, at) for line in body]


def neighbours(raw: bytes, table: Collection[Region]) -> Mapping[str, Collection[str]]:
    """Return who borders on whom: a header, then two names a row. Raises Refused at a name that is not in the table."""
    names = {region.name for region in table}
    beside: dict[str, set[str]] = {}
    for line in _lines(raw)[1:]:
        pair = [cell for cell in line.cells[:2] if cell]
        if len(pair) < 2:
            raise _unreadable(
                "neighbour-missing",
                _("Row %(row)d does not name two regions.") % {"row": line.number},
            )
        for name in pair:
            if name not in names:
                raise _unreadable(
                    "neighbour-unknown",
                    _("Row %(row)d: %(region)s is not in the table.")
                    % {"row": line.number, "region": name},
                )
        if pair[0] == pair[1]:
            raise _unreadable(
                "neighbour-itself",
                _("Row %(row)d: %(region)s is no neighbour of itself.")
                % {"row": line.number, "region": pair[0]},
            )
        beside.setdefault(pair[0], set()).add(pair[1])
    return beside


def _headings(columns: Columns) -> dict[str, str]:
    named = {
        "resource": columns.resource,
        "population": columns.population,
        "area": columns.area,
        "group": columns.group,
        "income": columns.income,
    }
    return {field: heading for field, heading in named.items() if heading is not None}


def _column(header: Sequence[str], heading: str) -> int:
    places = [place for place, name in enumerate(header) if name == heading.strip()]
    if not places:
        there = ", ".join(name for name in header if name)
        raise _unreadable(
            "column-missing",
            _("There is no column %(name)s; the file has: %(there)s.")
            % {"name": heading, "there": there},
        )
    if len(places) > 1:
        raise _unreadable("column-twice", _("Two columns are named %(name)s.") % {"name": heading})
    return places[0]


def _region_column(
    header: Sequence[str], heading: str | None, taken: Collection[int | None]
) -> int | None:
    """Return the column of the regions' names: the named one, else the first that holds nothing else."""
    if heading is not None:
        return _column(header, heading)
    return next((place for place in range(len(header)) if place not in taken), None)


def _region(line: Line, header: Sequence[str], at: Mapping[str, int | None]) -> Region:
    def text(field: str) -> str:
        place = at.get(field)
        return line.cells[place] if place is not None and place < len(line.cells) else ""

    def number(field: str) -> float:
        place = at[field]
        return _number(text(field), line.number, header[place or 0])

    named = at["name"] is not None
    return Region(
        name=text("name") if named else str(line.number),
        resource=number("resource"),
        population=number("population"),
        area=number("area"),
        group=text("group"),
        income=number("income") if "income" in at else None,
    )


def _number(text: str, row: int, column: str) -> float:
    plain = text.replace(",", "") if _NUMBER.fullmatch(text) else ""
    try:
        return float(plain)
    except ValueError:
        raise _unreadable(
            "not-a-number",
            _("Row %(row)d, column %(column)s: “%(text)s” is not a number.")
            % {"row": row, "column": column, "text": text[:40]},
        ) from None


def _lines(raw: bytes) -> list[Line]:
    """Return the rows that are not blank, the header first."""
    lines: list[Line] = []
    try:
        reader = csv.reader(io.StringIO(_text(raw), newline=""), strict=True)
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                lines.append(Line(reader.line_num, stripped))
            if len(lines) > MOST_ROWS:
                raise _unreadable(
                    "table-too-long",
                    _("The file has more than %(most)d rows.") % {"most": MOST_ROWS},
                )
    except csv.Error as error:
        raise _unreadable(
            "not-a-csv", _("The file is no CSV: %(reason)s.") % {"reason": error}
        ) from error
    if not lines:
        raise _unreadable("table-empty", _("The file is empty."))
    return lines


def _text(raw: bytes) -> str:
    if len(raw) > MOST_BYTES:
        raise _unreadable("table-too-large", _("The file is larger than 20 MB."))
    if raw.startswith(_UTF_16):
        raise _unreadable("table-encoding", _("The file is UTF-16: save it as CSV UTF-8."))
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _unreadable(
        "table-undecodable", _("The file is neither UTF-8 nor GB18030: save it as CSV UTF-8.")
    )


def _unreadable(code: str, detail: str) -> Refused:
    return Refused(code, detail, kind=Kind.UNPROCESSABLE)
