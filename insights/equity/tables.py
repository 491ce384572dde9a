"""Puts a report into lines for a terminal, in the reader's language, wide characters counted as two."""

import unicodedata
from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from insights.equity.bands import band
from insights.equity.regions import GAPS
from insights.equity.report import Report
from insights.equity.space import Moran
from insights.equity.theil import LN_10, Theil


def as_text(report: Report) -> str:
    """Return the indices, then one line a region; six decimals, a dash where there is no figure."""
    blocks = [_table(indices(report)), _table(groups(report)), _table(regions(report))]
    return "\n\n".join(block for block in [*blocks, "\n".join(reasons(report))] if block)


def reasons(report: Report) -> list[str]:
    """Say why indices are absent."""
    return sorted({str(GAPS[gap]) for gap in report.gaps.values()})


def indices(report: Report) -> list[list[str]]:
    """Return each index: its name, its value, and what is said of it."""
    rows = [
        [
            _("Gini coefficient by population"),
            _figure(report.by_population.index),
            _band(report.by_population.index),
        ],
        [_("Gini coefficient by area"), _figure(report.by_area.index), _band(report.by_area.index)],
        *_theil(_("Theil index L"), report.theil_l),
        *_theil(_("Theil index T"), report.theil_t),
    ]
    if report.concentration:
        rows.append([_("Concentration index"), _figure(report.concentration.index), ""])
    if report.moran_binary and report.moran_standardised:
        rows.append(_moran(_("Moran's I, binary weights"), report.moran_binary))
        rows.append(_moran(_("Moran's I, row-standardised weights"), report.moran_standardised))
    return rows


def _band(index: float) -> str:
    found = band(index)
    if found.verified:
        return str(found.words)
    return _("%(words)s (to be checked)") % {"words": found.words}


def _theil(name: str, index: Theil) -> list[list[str]]:
    rows = [
        [name, _figure(index.total), ""],
        [
            _("%(index)s, base 10") % {"index": name},
            _figure(index.total and index.total / LN_10),
            "",
        ],
    ]
    for words, part in (
        (_("%(index)s between groups"), index.between),
        (_("%(index)s within groups"), index.within),
    ):
        if part is not None:
            share = f"{part / index.total:.1%}" if index.total else ""
            rows.append([words % {"index": name}, _figure(part), share])
    return rows


def _moran(name: str, index: Moran) -> list[str]:
    words = _("expected %(expected)s, p %(p)s, a research aid") % {
        "expected": _figure(index.expected),
        "p": "–" if index.p_value is None else f"{index.p_value:.3f}",
    }
    return [name, _figure(index.index), words]


def groups(report: Report) -> list[list[str]]:
    """Return a header and a row for each group; nothing where there are none."""
    if not report.theil_l.groups:
        return []
    head = [
        _("Group"),
        _("Population share"),
        _("Resource share"),
        _("Theil index L"),
        _("Theil index T"),
    ]
    together = zip(report.theil_l.groups, report.theil_t.groups, strict=True)
    return [
        head,
        *(
            [
                one.name,
                f"{one.population:.1%}",
                f"{one.resource:.1%}",
                _figure(one.index),
                _figure(two.index),
            ]
            for one, two in together
        ),
    ]


def regions(report: Report) -> list[list[str]]:
    """Return a header and a row for each region."""
    head = [
        pgettext("row of a table", "Region"),
        _("Per 1,000 persons"),
        "HRAD",
        "PAD",
        "HRAD/PAD",
        "HRAD−PAD",
        _("Adds to Gini"),
        _("Adds to L"),
        _("Adds to T"),
        *([_("Adds to C")] if report.concentration else []),
        *([_("Adds to I")] if _local(report) else []),
    ]
    return [
        head,
        *(
            [
                region.name,
                _figure(report.per_1000[place]),
                _figure(report.densities[place].hrad),
                _figure(report.densities[place].pad),
                _figure(report.densities[place].quotient),
                _figure(report.densities[place].difference),
                _figure(report.by_population.contributions[place]),
                _figure(report.theil_l.contributions[place]),
                _figure(report.theil_t.contributions[place]),
                *(
                    [_figure(report.concentration.contributions[place])]
                    if report.concentration
                    else []
                ),
                *([_figure(_local(report)[place])] if _local(report) else []),
            ]
            for place, region in enumerate(report.regions)
        ),
    ]


def _local(report: Report) -> Sequence[float]:
    """Return what each region adds to Moran's I of row-standardised weights, nothing where there is none."""
    return report.moran_standardised.contributions if report.moran_standardised else ()


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.6f}"


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows in columns: the first to the left, the others to the right edge of their column."""
    if not rows:
        return ""
    widths = [max(_width(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            _padded(cell, width, left=place == 0)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _padded(cell: str, width: int, *, left: bool) -> str:
    space = " " * (width - _width(cell))
    return cell + space if left else space + cell


def _width(text: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)
