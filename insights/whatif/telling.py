"""Puts a comparison into plain data that can be kept and sent; words are added in the reader's language."""

from typing import Any

from insights.whatif.assumptions import ASSUMPTIONS
from insights.whatif.compare import MEASURES, Comparison, Figure, Rows

Data = dict[str, Any]


def as_data(comparison: Comparison) -> Data:
    """Return codes and numbers, nothing that depends on a language."""
    return {
        "days": comparison.days,
        "replications": comparison.replications,
        "seed": comparison.seed,
        "whole": _rows(comparison.whole),
        "departments": {key: _rows(rows) for key, rows in comparison.departments.items()},
        "urgencies": {code: _rows(rows) for code, rows in comparison.urgencies.items()},
    }


def words() -> Data:
    """Return the names of the measures by code, and the assumptions, in the reader's language."""
    return {
        "measures": {str(measure): str(name) for measure, name in MEASURES.items()},
        "assumptions": [str(each) for each in ASSUMPTIONS],
    }


def _rows(rows: Rows) -> Data:
    return {
        str(measure): {
            "present": _figure(row.present),
            "changed": _figure(row.changed),
            "difference": _figure(row.difference),
        }
        for measure, row in rows.items()
    }


def _figure(figure: Figure) -> Data:
    return {"mean": figure.mean, "p5": figure.low, "p95": figure.high, "n": figure.n}
