"""Makes the empty workbooks to fill in: a sheet for each kind, its columns, all cells as text."""

import io
from typing import Final

from django.utils.translation import get_language

from facilities.imports.columns import COLUMNS, DIRECTORY, SHEET_NAMES, Column, Kind
from facilities.imports.spreadsheets import openpyxl

# Codes as 03.04 and telephones keep their zeros only where the spreadsheet takes them as text.
TEXT: Final = "@"
ROWS: Final = 200


def workbook(kind: str) -> bytes:
    """Return a workbook with the sheets of a kind: one, or for the directory all three of it."""
    sheets = [Kind(kind)] if kind in set(Kind) else DIRECTORY
    library = openpyxl()
    book = library.Workbook()
    book.remove(book.worksheets[0])
    for each in sheets:
        sheet = book.create_sheet(_title(each))
        for index, column in enumerate(COLUMNS[each], start=1):
            head = sheet.cell(1, index, header(column))
            head.font = library.styles.Font(bold=column.needed)
            for row in range(2, ROWS):
                sheet.cell(row, index).number_format = TEXT
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def header(column: Column) -> str:
    """Return the name of a column in the language of the reader."""
    return column.headers[0] if _is_english() else column.headers[1]


def _title(kind: Kind) -> str:
    if _is_english():
        return kind.value
    return next(name for name, each in SHEET_NAMES.items() if each == kind and not name.isascii())


def _is_english() -> bool:
    return (get_language() or "zh").startswith("en")
