"""Makes the files to fill in: a line for each figure that a post reports, and a sheet that says what each is."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from facilities.imports.columns import COLUMNS, SHEET_NAMES, Kind
from facilities.imports.spreadsheets import openpyxl
from facilities.imports.templates import TEXT, header
from facilities.imports.values import WITHDRAWN
from insights.volume_kinds import VolumeKind, kinds
from referral.managing.audit_search import harmless

# Code and name of what is reported about, and the kind.
Line = tuple[str, str, VolumeKind]
WIDTHS: Final = (20, 32, 40, 12, 16, 20)
MOST_LINES: Final = 2_000


def table(lines: Sequence[Line], month: date) -> bytes:
    """Return a CSV that every spreadsheet reads as Chinese: UTF-8 with a mark."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_header(), *_cells(lines, month)])
    return text.getvalue().encode("utf-8-sig")


def workbook(lines: Sequence[Line], month: date) -> bytes:
    """Return a workbook of the same lines, all cells as text, with a second sheet of instructions."""
    library = openpyxl()
    book = library.Workbook()
    book.remove(book.worksheets[0])
    sheet = book.create_sheet(_title())
    bold = library.styles.Font(bold=True)
    for row, cells in enumerate([_header(), *_cells(lines, month)], start=1):
        for column, text in enumerate(cells, start=1):
            cell = sheet.cell(row, column, text or None)
            cell.number_format = TEXT
            if row == 1:
                cell.font = bold
    for index, width in enumerate(WIDTHS):
        sheet.column_dimensions["ABCDEF"[index]].width = width
    sheet.freeze_panes = "A2"
    _instruct(book.create_sheet(_("Instructions")), bold)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def of_terms() -> bytes:
    """Return a CSV for terms of physicians sent to primary care: nobody knows beforehand whose."""
    text = io.StringIO(newline="")
    csv.writer(text).writerow(_header(Kind.SECONDMENTS))
    return text.getvalue().encode("utf-8-sig")


def _header(kind: Kind = Kind.VOLUMES) -> list[str]:
    return [header(column) for column in COLUMNS[kind]]


def _title() -> str:
    if (get_language() or "zh").startswith("en"):
        return Kind.VOLUMES.value
    return next(
        name for name, kind in SHEET_NAMES.items() if kind == Kind.VOLUMES and not name.isascii()
    )


def _cells(lines: Sequence[Line], month: date) -> list[list[str]]:
    return [
        [harmless(code), harmless(name), kind.name, f"{month:%Y-%m}", "", ""]
        for code, name, kind in lines[:MOST_LINES]
    ]


def _instruct(sheet: Any, bold: Any) -> None:
    """Write how to fill in the first sheet, then every figure with its unit and source."""
    for text in (
        _("Fill in the first sheet and save it as XLSX, or as CSV UTF-8."),
        _("A line without a value is left out: it is not reported. 0 is a report."),
        _("A file that corrects a figure names it again; what was reported before is kept."),
        _("To take a figure back that should not have been reported, write %(word)s as its value.")
        % {"word": _withdrawal()},
        _("A month is written as 2026-09, and is over when it is reported."),
        _(
            "For neighbouring regions write a line for each pair: the other code in the last column, 1 as the value."
        ),
    ):
        sheet.append([text])
    sheet.append([])
    sheet.append(
        [_("Figure"), _("Code"), _("About"), _("Unit"), _("Over months"), _("Source"), _("Checked")]
    )
    for cell in sheet[sheet.max_row]:
        cell.font = bold
    for kind in kinds().values():
        sheet.append(
            [
                kind.name,
                kind.code,
                str(kind.subject.label),
                str(kind.unit.label),
                _("adds up") if kind.adds else _("as at the end of the month"),
                kind.source,
                _("yes") if kind.verified else _("no"),
            ]
        )
    for index, width in enumerate((40, 26, 8, 10, 20, 60, 8)):
        sheet.column_dimensions["ABCDEFG"[index]].width = width


def _withdrawal() -> str:
    return WITHDRAWN if (get_language() or "zh").startswith("en") else "撤回"
