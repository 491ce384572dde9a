"""Shapes indicators for JSON."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from insights import asking
from insights.indicators import Indicator, Target
from insights.periods import Period
from insights.values import Answer, Number


def definition(one: Indicator) -> dict[str, Any]:
    """Return what an indicator is, in the reader's language."""
    return {
        "code": one.code,
        "name": str(one.name),
        "kind": one.kind.value,
        "unit": one.unit,
        "formula": str(one.formula),
        "counts": list(one.numerator),
        "divided_by": list(one.denominator),
        "counted_on": str(one.counted_on),
        "side": one.side.value,
        "source": one.source,
        "verified": one.verified,
        "target": _target(one.target),
    }


def answer(
    found: Answer, labels: Mapping[str, str], *, counted_at: datetime | None
) -> dict[str, Any]:
    """Return an indicator with its value, its comparisons and its parts, the largest first."""
    parts = sorted(found.parts.items(), key=_largest_first)
    return {
        **definition(found.indicator),
        **number(found.whole),
        "period": period(found.period),
        "before": {**number(found.before), "period": period(found.period.before)},
        "year_before": {**number(found.year_before), "period": period(found.period.year_before)},
        "reached": found.reached,
        "breakdown": [
            {"key": value, "label": labels.get(value, value), **number(each)}
            for value, each in parts
        ],
        "as_of": counted_at,
    }


def number(one: Number) -> dict[str, Any]:
    """Return a value with its terms."""
    return {
        "value": _plain(one.value),
        "numerator": _plain(one.numerator),
        "denominator": _plain(one.denominator),
        "n": _plain(one.n),
        "reason": None if one.why is None else one.why.value,
    }


def period(of: Period) -> dict[str, Any]:
    """Return the days that a number is about."""
    return {"name": asking.name_of(of), "first": of.first, "last": of.last}


def _largest_first(item: tuple[str, Number]) -> tuple[Decimal, str]:
    value, one = item
    return -(one.numerator if one.numerator is not None else Decimal(-1)), value


def _target(of: Target | None) -> dict[str, Any] | None:
    if of is None:
        return None
    return {
        "at_least": _plain(of.at_least),
        "at_most": _plain(of.at_most),
        "source": of.source,
    }


def _plain(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)
