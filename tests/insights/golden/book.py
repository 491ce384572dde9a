"""Reads the golden book: the cells of its sheets with their values as the spreadsheet program left them."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple
from xml.etree.ElementTree import Element, parse

BOOK: Final = Path(__file__).parent / "golden.fods"
TABLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
OFFICE: Final = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TEXT: Final = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
# What a program writes at the ends of sheets to say that nothing follows.
MOST_REPEATED: Final = 1000


class Cell(NamedTuple):
    """A value, None where there is none, and the formula of which it is made, "" where it was typed."""

    value: Any
    formula: str


def sheets(path: Path = BOOK) -> dict[str, list[list[Cell]]]:
    """Return the sheets by name."""
    root = parse(path).getroot()
    return {
        str(table.get(f"{TABLE}name")): list(_lines(table)) for table in root.iter(f"{TABLE}table")
    }


def records(name: str, path: Path = BOOK) -> list[dict[str, Any]]:
    """Return the values of a sheet by the heads of its columns."""
    head, *lines = sheets(path)[name]
    heads = [str(cell.value) for cell in head]
    return [
        dict(zip(heads, [cell.value for cell in line] + [None] * len(heads), strict=False))
        for line in lines
    ]


def _lines(table: Element) -> Iterator[list[Cell]]:
    for row in table.iter(f"{TABLE}table-row"):
        if int(row.get(f"{TABLE}number-rows-repeated", 1)) > MOST_REPEATED:
            continue
        cells: list[Cell] = []
        for cell in row:
            times = int(cell.get(f"{TABLE}number-columns-repeated", 1))
            if times <= MOST_REPEATED:
                cells += [_cell(cell)] * times
        yield cells


def _cell(cell: Element) -> Cell:
    formula = cell.get(f"{TABLE}formula", "")
    match cell.get(f"{OFFICE}value-type"):
        case "float" | "percentage":
            number = float(cell.get(f"{OFFICE}value", ""))
            return Cell(int(number) if number.is_integer() else number, formula)
        case "date":
            return Cell(_moment(cell.get(f"{OFFICE}date-value", "")), formula)
        case "string":
            text = cell.get(f"{OFFICE}string-value")
            said = text if text is not None else "".join(cell.itertext())
            return Cell(said or None, formula)
    return Cell(None, formula)


def _moment(text: str) -> date | datetime:
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
