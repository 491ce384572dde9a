"""Reads CSV (UTF-8, with or without mark, GB18030) and XLSX as lines of text cells."""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Any, Final
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext as _

from facilities.imports.columns import SHEET_NAMES, Kind
from facilities.imports.spreadsheets import openpyxl

_BINARY_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read of a file: rows of a sheet, and bytes of a workbook when it is unpacked."""

    rows: int
    unpacked: int


# No sheet of ours has a tenth of it. A sheet may claim sixteen thousand columns in a few bytes, and a last row
# a million rows below the first: each empty cell between them would be made and looked at.
MOST_COLUMNS: Final = 256

# At a terminal, where an administrator waits for as long as it takes.
WHOLE: Final = Limits(rows=500_000, unpacked=1_000_000_000)


class Unreadable(Exception):
    """The file as a whole cannot be read; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: its kind, and its rows of texts, the header first."""

    kind: Kind
    rows: Iterator[tuple[int, Sequence[str]]]


def sheets(
    file: IO[bytes], name: str, kinds: Sequence[Kind], limits: Limits = WHOLE
) -> Iterator[Sheet]:
    """Return the tables of a file that are of these kinds; a CSV is of the first. Raises Unreadable."""
    suffix = Path(name).suffix.lower()
    if suffix == ".xlsx":
        return _workbook(file, kinds, limits)
    if suffix in {".csv", ".txt"}:
        return iter([Sheet(kinds[0], _csv(file))])
    raise Unreadable(_("Only .csv and .xlsx files can be imported."))


def _decoded(file: IO[bytes]) -> str:
    raw = file.read()
    if raw.startswith(_BINARY_MARKS):
        raise Unreadable(_("The file is UTF-16: save it as CSV UTF-8."))
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable(_("The file is neither UTF-8 nor GB18030: save it as CSV UTF-8."))


def _csv(file: IO[bytes]) -> Iterator[tuple[int, Sequence[str]]]:
    lines = csv.reader(io.StringIO(_decoded(file), newline=""), strict=True)
    number = 0
    try:
        for cells in lines:
            number += 1
            yield number, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise Unreadable(
            _("Row %(row)d is not CSV: %(reason)s.") % {"row": number + 1, "reason": error}
        ) from error


def _workbook(file: IO[bytes], kinds: Sequence[Kind], limits: Limits) -> Iterator[Sheet]:
    library = openpyxl()
    not_one = library.utils.exceptions.InvalidFileException
    try:
        with zipfile.ZipFile(file) as packed:
            if sum(part.file_size for part in packed.infolist()) > limits.unpacked:
                raise Unreadable(_("The workbook is too large."))
        file.seek(0)
        book = library.load_workbook(file, read_only=True, data_only=True)
    except (zipfile.BadZipFile, not_one, KeyError, ValueError, OSError) as error:
        raise Unreadable(_("The file is not an XLSX workbook.")) from error
    named = {SHEET_NAMES.get(sheet.title.strip().lower()): sheet for sheet in book.worksheets}
    wanted = [each for each in kinds if each in named]
    if not wanted:
        raise Unreadable(_("No sheet is named %(names)s.") % {"names": ", ".join(kinds)})
    return (Sheet(each, _sheet_rows(named[each])) for each in wanted)


def _sheet_rows(sheet: Any) -> Iterator[tuple[int, Sequence[str]]]:
    try:
        for number, cells in enumerate(
            sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True), start=1
        ):
            yield number, [_as_text(cell) for cell in cells]
    except (zipfile.BadZipFile, ParseError, KeyError, ValueError, TypeError) as error:
        raise Unreadable(_("The workbook is damaged.")) from error


def _as_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
