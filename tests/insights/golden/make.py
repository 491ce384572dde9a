"""Makes the golden book anew: writes rows and formulas, lets LibreOffice work them out, keeps both.

`python -m tests.insights.golden.make` where `soffice` is installed (Debian: libreoffice-calc-nogui). Nothing of the app
takes part: the values in the book are those of the spreadsheet program.
"""

import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final
from xml.sax.saxutils import quoteattr

from tests.insights.golden import formulas, parts, rows
from tests.insights.golden.book import BOOK, Cell, sheets

HEAD: Final = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:t="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:s="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
 xmlns:n="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0"
 xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2" office:version="1.3"
 office:mimetype="application/vnd.oasis.opendocument.spreadsheet">
<office:automatic-styles>
<n:date-style s:name="nd"><n:year n:style="long"/><n:text>-</n:text><n:month n:style="long"/><n:text>-</n:text>
<n:day n:style="long"/></n:date-style>
<n:date-style s:name="nm"><n:year n:style="long"/><n:text>-</n:text><n:month n:style="long"/><n:text>-</n:text>
<n:day n:style="long"/><n:text> </n:text><n:hours n:style="long"/><n:text>:</n:text>
<n:minutes n:style="long"/></n:date-style>
<s:style s:name="d" s:family="table-cell" s:data-style-name="nd"/>
<s:style s:name="m" s:family="table-cell" s:data-style-name="nm"/>
</office:automatic-styles>
<office:body><office:spreadsheet>
"""
# Quarters and a year are made of months by the book itself.
PERIODS: Final = [
    ("2025-01", date(2025, 1, 1), date(2025, 1, 31)),
    ("2025-06", date(2025, 6, 1), date(2025, 6, 30)),
    ("2025-12", date(2025, 12, 1), date(2025, 12, 31)),
    ("2026-01", date(2026, 1, 1), date(2026, 1, 31)),
    ("2025-Q1", date(2025, 1, 1), date(2025, 3, 31)),
    ("2025-Q4", date(2025, 10, 1), date(2025, 12, 31)),
    ("2025", date(2025, 1, 1), date(2025, 12, 31)),
]
SCOPES: Final = [
    ("alliance", "A"),
    ("alliance", "B"),
    ("facility", "T1"),
    ("facility", "H1"),
    ("facility", "H2"),
    ("facility", "T3"),
]
Line = list[Cell]


def column(index: int) -> str:
    """Return the letters of a column, the first being A."""
    return (chr(64 + index // 26) if index >= 26 else "") + chr(65 + index % 26)


def formula(text: str) -> Cell:
    """Return a cell that is worked out."""
    return Cell(None, "of:=" + _NEWER.sub(r"COM.MICROSOFT.\1", text))


def plain(value: object) -> Cell:
    """Return a cell of a value."""
    return Cell(value if value != "" else None, "")


def worked_out(
    heads: Sequence[str], lines: Iterable[Sequence[object]], more: dict[str, str]
) -> list[Line]:
    """Return a sheet: heads, values, and behind them what is worked out of each line."""
    found: list[Line] = [[plain(each) for each in (*heads, *more)]]
    for row, line in enumerate(lines, start=2):
        found.append(
            [*map(plain, line), *(formula(text.format(row=row)) for text in more.values())]
        )
    return found


def numbers() -> list[Line]:
    """Return the sheet of numbers: a row for each indicator, whose it is, and period."""
    heads = ("indicator", "scope", "whose", "period", "first", "last", "top", "bottom", "value")
    found: list[Line] = [[plain(head) for head in heads]]
    for code, (top, bottom, value) in formulas.INDICATORS.items():
        for scope, whose in SCOPES:
            for name, first, last in PERIODS:
                row = len(found) + 1
                cells = [plain(each) for each in (code, scope, whose, name, first, last)]
                cells.append(formula(cells_of(top(scope, row))))
                cells.append(formula(cells_of(bottom(scope, row))) if bottom else plain(""))
                cells.append(formula(cells_of(value.format(row=row))))
                found.append(cells)
    return found


def broken_down() -> list[Line]:
    """Return the sheet of parts, and of the numbers of regions."""
    found: list[Line] = [[plain(head) for head in parts.HEADS]]
    for typed, *worked in parts.lines():
        cells = [formula(cells_of(each)) if each else plain("") for each in worked]
        found.append([*map(plain, typed[:6]), *cells, *map(plain, typed[6:])])
    return found


def cells_of(text: str) -> str:
    """Return a formula with the cells of its own row as the format writes them: $E7 is [.$E7]."""
    parts: list[str] = []
    for at, part in enumerate(text.split('"')):
        parts.append(part if at % 2 else _CELL.sub(r"[.\1]", part))
    return '"'.join(parts)


# Functions that the format names after who made them first.
_NEWER: Final = re.compile(r"\b(MINIFS|MAXIFS)\b")
_CELL: Final = re.compile(r"(?<![\w.])(\$?[A-K]\d+)\b")


def book() -> tuple[dict[str, list[Line]], dict[str, str]]:
    """Return the sheets, and the names of their columns."""
    every = rows.legs()
    made = {
        "facilities": worked_out(("code", "name", "tier", "county"), rows.FACILITIES, {}),
        "members": worked_out(
            ("alliance", "facility", "starts", "ends", "lead"),
            rows.MEMBERS,
            formulas.OF_MEMBERSHIPS,
        ),
        "legs": worked_out(
            rows.COLUMNS,
            ([each[name] for name in rows.COLUMNS] for each in every),
            {**formulas.OF_LEGS, **parts.OF_LEGS},
        ),
        "contacts": worked_out(
            ("leg", "agreed", "done"),
            ([leg, due or "", done or ""] for leg, due, done in rows.contacts(every)),
            {**formulas.OF_CONTACTS, **parts.OF_CONTACTS},
        ),
        "volumes": worked_out(("subject", "kind", "month", "value"), rows.volumes(), {}),
        "secondments": worked_out(
            ("from", "to", "person", "title", "starts", "ends"),
            rows.SECONDMENTS,
            formulas.OF_SECONDMENTS,
        ),
        "desks": worked_out(("no", "unit", "answered"), parts.desks(every), {}),
        "as of": [[plain(rows.NOW)]],
        "numbers": numbers(),
        "parts": broken_down(),
    }
    names = {"asof": "$'as of'.$A$1"}
    for sheet in ("facilities", "members", "legs", "contacts", "volumes", "secondments", "desks"):
        last = len(made[sheet])
        for index, cell in enumerate(made[sheet][0]):
            name, letters = str(cell.value), column(index)
            name = name if name.startswith(sheet[0]) and name not in PLAIN else sheet[0] + name
            names[name] = f"$'{sheet}'.${letters}$2:.${letters}${last}"
    return made, names


PLAIN: Final = {"leg", "lead", "code", "county", "value", "month", "starts"}


def written(made: dict[str, list[Line]], names: dict[str, str]) -> str:
    """Return the book as text, a row of a sheet on a line."""
    parts = [HEAD]
    for name, lines in made.items():
        parts.append(f"<t:table t:name={quoteattr(name)}>\n")
        parts += [f"<t:table-row>{''.join(map(_cell, line))}</t:table-row>\n" for line in lines]
        parts.append("</t:table>\n")
    parts.append("<t:named-expressions>\n")
    for name, address in names.items():
        parts.append(
            f'<t:named-range t:name="{name}" t:base-cell-address="$legs.$A$1"'
            f' t:cell-range-address="{address}"/>\n'
        )
    parts.append("</t:named-expressions>\n</office:spreadsheet></office:body></office:document>\n")
    return "".join(parts)


def _cell(cell: Cell) -> str:
    value = cell.value
    said = f" t:formula={quoteattr(cell.formula)}" if cell.formula else ""
    if value is None:
        return f"<t:table-cell{said}/>"
    if isinstance(value, date):
        style = "m" if isinstance(value, datetime) else "d"
        said += f' t:style-name="{style}" office:value-type="date"'
        return f'<t:table-cell{said} office:date-value="{value.isoformat()}"/>'
    if isinstance(value, str):
        return f'<t:table-cell{said} office:value-type="string" office:string-value={quoteattr(value)}/>'
    return f'<t:table-cell{said} office:value-type="float" office:value="{value}"/>'


def computed(text: str) -> dict[str, list[Line]]:
    """Let the spreadsheet program work a book out, and return what it has found."""
    with tempfile.TemporaryDirectory() as place:
        before, after = Path(place) / "in", Path(place) / "out"
        before.mkdir()
        (before / BOOK.name).write_text(text, encoding="utf-8")
        command = ["soffice", f"-env:UserInstallation=file://{place}/profile", "--headless"]
        command += ["--convert-to", "fods", "--outdir", str(after), str(before / BOOK.name)]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        return sheets(after / BOOK.name)


def with_values(
    made: dict[str, list[Line]], found: dict[str, list[Line]]
) -> Iterator[tuple[str, list[Line]]]:
    """Put what was worked out beside our formulas."""
    for name, lines in made.items():
        theirs = found[name]
        yield (
            name,
            [
                [_filled(cell, theirs[row], index) for index, cell in enumerate(line)]
                for row, line in enumerate(lines)
            ],
        )


def _filled(cell: Cell, theirs: Line, index: int) -> Cell:
    if not cell.formula:
        return cell
    return Cell(theirs[index].value if index < len(theirs) else None, cell.formula)


def main() -> None:
    """Write the book."""
    made, names = book()
    found = computed(written(made, names))
    BOOK.write_text(written(dict(with_values(made, found)), names), encoding="utf-8")


if __name__ == "__main__":
    main()
