"""Reads the lines of a sheet against its columns, and collects everything that is wrong with them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from facilities.imports.columns import COLUMNS, Column, Kind
from facilities.imports.reader import WHOLE, Limits, Sheet, Unreadable
from facilities.imports.report import Progress, RowError
from facilities.imports.values import BadCell

PROGRESS_STEP = 10_000


@dataclass(slots=True)
class Line:
    """One row of the file, read: values by column name, only of the columns that the file has."""

    row: int
    values: dict[str, Any]


@dataclass(slots=True)
class Table:
    """The good lines of a sheet; `columns` maps the names of the columns it has to its own headers."""

    kind: Kind
    columns: dict[str, str]
    lines: list[Line]


def read(sheet: Sheet, errors: list[RowError], progress: Progress, limits: Limits = WHOLE) -> Table:
    """Read a sheet; appends to `errors` whatever is wrong, and leaves such lines out."""
    kind = sheet.kind
    header = next(sheet.rows, None)
    if header is None:
        errors.append(RowError(kind, 1, "", _("The sheet is empty.")))
        return Table(kind, {}, [])
    places = _places(kind, header, errors)
    table = Table(kind, {column.name: shown for _index, column, shown in places}, [])
    if not errors:
        table.lines.extend(_lines(sheet, places, errors, progress, limits))
    return table


def _places(
    kind: Kind, header: tuple[int, Sequence[str]], errors: list[RowError]
) -> list[tuple[int, Column, str]]:
    """Return where each column stands: index, column, the file's own name of it."""
    row, cells = header
    by_header = {name: column for column in COLUMNS[kind] for name in column.headers}
    places: dict[str, tuple[int, Column, str]] = {}
    for index, cell in enumerate(cells):
        column = by_header.get(cell.lower())
        if column is None:
            if cell:
                errors.append(RowError(kind, row, cell, _("There is no such column.")))
        elif column.name in places:
            errors.append(RowError(kind, row, cell, _("This column occurs twice.")))
        else:
            places[column.name] = (index, column, cell)
    missing = [each for each in COLUMNS[kind] if each.needed and each.name not in places]
    errors.extend(
        RowError(kind, row, " / ".join(each.headers[:2]), _("This column is missing."))
        for each in missing
    )
    return list(places.values())


def _lines(
    sheet: Sheet,
    places: list[tuple[int, Column, str]],
    errors: list[RowError],
    progress: Progress,
    limits: Limits,
) -> Iterator[Line]:
    count = empty = 0
    for row, cells in sheet.rows:
        is_empty = not any(cells)
        count, empty = count + (not is_empty), empty + is_empty
        if max(count, empty) > limits.rows:
            raise Unreadable(_("The sheet has more than %(rows)d rows.") % {"rows": limits.rows})
        if is_empty:
            continue
        if count % PROGRESS_STEP == 0:
            progress(sheet.kind, "read", count)
        before = len(errors)
        values = _values(sheet.kind, row, cells, places, errors)
        if len(errors) == before:
            yield Line(row, values)
    progress(sheet.kind, "read", count)


def _values(
    kind: Kind,
    row: int,
    cells: Sequence[str],
    places: list[tuple[int, Column, str]],
    errors: list[RowError],
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for index, column, shown in places:
        cell = cells[index] if index < len(cells) else ""
        if not cell and column.needed:
            errors.append(RowError(kind, row, shown, _("This cell is empty.")))
        elif not cell:
            values[column.name] = column.empty
        else:
            try:
                values[column.name] = column.parse(cell)
            except BadCell as error:
                errors.append(RowError(kind, row, shown, str(error)))
    return values
