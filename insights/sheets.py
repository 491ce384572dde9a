"""Writes tables as CSV and XLSX: figures as numbers with their format, words that are never taken for a formula."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from facilities.imports.spreadsheets import openpyxl
from facilities.queries.origin import Origin
from insights import absent, shown
from insights.indicators import Indicator, Kind
from insights.periods import Period
from insights.values import Answer, Number
from referral.managing.audit_search import harmless

Words = str | Promise
PERCENT: Final = Decimal(100)
FORMATS: Final[Mapping[Kind, str]] = {
    Kind.RATE: "0.00%",
    Kind.GROWTH: "0.00%",
    Kind.REPORTED: "0.00%",
    Kind.RATIO: "0.000",
    Kind.COUNT: "#,##0",
}
WHOLE: Final = "#,##0"
# Columns are as wide as their longest cell, in the signs of a spreadsheet, of which a Chinese one takes two.
NARROWEST: Final = 10
WIDEST: Final = 60


class Figure(NamedTuple):
    """A number as it is stored, with the format in which a spreadsheet shows it."""

    number: Decimal
    form: str


Cell = Figure | date | str
HEADS: Final[tuple[Words, ...]] = (
    gettext_lazy("Indicator"),
    gettext_lazy("Value"),
    gettext_lazy("Unit"),
    gettext_lazy("Counted"),
    gettext_lazy("Divided by (n)"),
    gettext_lazy("First day"),
    gettext_lazy("Last day"),
    gettext_lazy("Period before"),
    gettext_lazy("Year before"),
    gettext_lazy("Target"),
    gettext_lazy("Reached"),
    gettext_lazy("Why there is no value"),
)


def lines(found: Iterable[Answer], names: absent.Names = absent.NOBODY) -> list[list[Cell]]:
    """Return all indicators, a line each; `names` are those of who has not reported."""
    return [
        [
            str(each.indicator.name),
            *numbers(each.indicator, each.whole, each.period),
            value(each.indicator, each.before),
            value(each.indicator, each.year_before),
            str(shown.target(each.indicator.target, each.indicator.unit)),
            _reached(each.reached),
            why(each.whole, names),
        ]
        for each in found
    ]


def parts(found: Answer, names: Mapping[str, str]) -> list[list[Cell]]:
    """Return the parts of a breakdown, the largest first."""

    def most(item: tuple[str, Number]) -> tuple[Decimal, str]:
        return -(item[1].numerator or Decimal(0)), item[0]

    return [
        [
            names.get(key, key),
            *numbers(found.indicator, number, found.period),
            *("", "", "", ""),
            str(number.why.words) if number.why else "",
        ]
        for key, number in sorted(found.parts.items(), key=most)
    ]


def numbers(one: Indicator, number: Number, period: Period) -> list[Cell]:
    """Return the value with its unit, both terms and the days: what stands beside each rate."""
    return [
        value(one, number),
        one.unit,
        whole(number.numerator),
        whole(number.denominator),
        period.first,
        period.last,
    ]


def why(number: Number, names: absent.Names) -> str:
    """Return why there is no value, with who has not reported."""
    words = str(number.why.words) if number.why else ""
    return f"{words} {absent.words(number, names)}".strip()


def value(one: Indicator, number: Number) -> Cell:
    """Return a value; a percentage is stored as the fraction that spreadsheets take it for."""
    if number.value is None:
        return ""
    is_share = one.kind in {Kind.RATE, Kind.GROWTH, Kind.REPORTED}
    return Figure(number.value / PERCENT if is_share else number.value, FORMATS[one.kind])


def whole(number: Decimal | None) -> Cell:
    """Return a number of referrals."""
    return "" if number is None else Figure(number, WHOLE)


def of_now(title: Words, formula: Words, at: datetime) -> list[list[Cell]]:
    """Return what a list holds that is of this moment, whatever days are asked about."""
    heads: list[Cell] = [_("List"), _("Rule of counting"), _("As of")]
    return [heads, [str(title), str(formula), timezone.localtime(at).replace(tzinfo=None)]]


def _reached(reached: bool | None) -> str:
    if reached is None:
        return ""
    return str((shown.REACHED if reached else shown.MISSED).words)


def definitions(several: Iterable[Indicator]) -> list[list[Cell]]:
    """Return what each indicator is, under its heads."""
    heads = [_("Indicator"), _("English name"), _("Formula"), _("Counted on"), _("Source")]
    rows: list[list[Cell]] = [[*heads, _("Target"), _("To be checked")]]
    rows += [
        [
            one.name.zh,
            one.name.en,
            str(one.formula),
            str(one.counted_on),
            one.source,
            one.target.source if one.target else "",
            "" if one.verified else _("To be checked"),
        ]
        for one in several
    ]
    return rows


def of_list(title: Words, formula: Words, period: Period) -> list[list[Cell]]:
    """Return what a list holds that is of no indicator, and of which days."""
    heads: list[Cell] = [_("List"), _("Rule of counting"), _("First day"), _("Last day")]
    return [heads, [str(title), str(formula), period.first, period.last]]


def with_origin(
    heads: Sequence[Words], rows: Iterable[Sequence[Cell]], origin: Origin
) -> tuple[list[Words], list[list[Cell]]]:
    """Put behind each line who took it out: a table stays one for every program, and a copied line keeps its mark."""
    return [*heads, _("Exported by")], [[*row, origin.words] for row in rows]


def of_origin(origin: Origin) -> list[list[Cell]]:
    """Return the sheet that says the same of a workbook."""
    heads: list[Cell] = [_("Exported by"), _("Institution"), _("Exported at")]
    at = timezone.localtime(origin.at).replace(tzinfo=None)
    return [heads, [origin.who, origin.facility, at]]


def table(heads: Sequence[Words], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return CSV as spreadsheets in China open it: UTF-8 with a mark of its order; shares stay fractions."""
    file = io.StringIO()
    file.write("\ufeff")
    writer = csv.writer(file)
    writer.writerow([harmless(str(head)) for head in heads])
    writer.writerows([[_plain(cell) for cell in row] for row in rows])
    return file.getvalue().encode()


def _plain(cell: Cell) -> str:
    if isinstance(cell, Figure):
        return f"{cell.number.normalize():f}"
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    return cell.isoformat() if isinstance(cell, date) else harmless(cell)


def workbook(sheets: Mapping[str, Iterable[Sequence[Cell]]], origin: Origin) -> bytes:
    """Return XLSX with a sheet for each name; the first line of each stands still.

    Who took it out stands in the properties and at the foot of each printed page.
    """
    library = openpyxl()
    book = library.Workbook(write_only=True)
    book.properties.creator = book.properties.lastModifiedBy = origin.who
    book.properties.description = origin.words
    for name, rows in sheets.items():
        sheet, lines = book.create_sheet(name), list(rows)
        sheet.freeze_panes = "B2"
        sheet.oddFooter.left.text = origin.words.replace("&", "&&")
        for number, width in enumerate(_widths(lines), start=1):
            letter = library.utils.get_column_letter(number)
            sheet.column_dimensions[letter].width = width
        for row in lines:
            sheet.append([_cell(library, sheet, cell) for cell in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _widths(lines: Sequence[Sequence[Cell]]) -> list[int]:
    columns = max(map(len, lines), default=0)
    widest = [NARROWEST] * columns
    for line in lines:
        for number, cell in enumerate(line):
            widest[number] = max(widest[number], _width(_plain(cell)) + 2)
    return [min(width, WIDEST) for width in widest]


def _width(text: str) -> int:
    return len(text) + sum(unicodedata.east_asian_width(sign) in "WF" for sign in text)


def _cell(library: Any, sheet: Any, cell: Cell) -> Any:
    if isinstance(cell, str):
        return harmless(cell)
    made = library.cell.WriteOnlyCell(sheet)
    if isinstance(cell, Figure):
        made.value, made.number_format = cell.number, cell.form
    elif isinstance(cell, datetime):
        made.value, made.number_format = cell, "yyyy-mm-dd hh:mm"
    else:
        made.value, made.number_format = cell, "yyyy-mm-dd"
    return made
