"""Shapes indicators for JSON."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from insights import asking
from insights.indicators import Indicator, Side, Target
from insights.models import Statement
from insights.periods import Period
from insights.serializers import NOT_STATED, STATEMENT
from insights.statements import Stated
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
        "counts_over": list(one.numerator_over),
        "divided_by_over": list(one.denominator_over),
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
        "statement": None,
    }


def definition_of_statement(one: Stated) -> dict[str, Any]:
    """Return what is to be stated, in the shape of the other definitions."""
    return {
        "code": one.code,
        "name": str(one.name),
        "kind": STATEMENT,
        "unit": "",
        "formula": str(one.asks),
        "counts": [],
        "divided_by": [],
        "counts_over": [],
        "divided_by_over": [],
        "counted_on": _("year"),
        "side": Side.ALLIANCE.value,
        "source": one.source,
        "verified": one.verified,
        "target": None,
    }


def statement(one: Stated, of: Period, row: Statement | None) -> dict[str, Any]:
    """Return what is stated of the year of a period; nothing is counted of it."""
    nothing = {**number(Number(None, None, None)), "reason": None if row else NOT_STATED}
    return {
        **definition_of_statement(one),
        **nothing,
        "period": period(of),
        "before": {**nothing, "period": period(of.before)},
        "year_before": {**nothing, "period": period(of.year_before)},
        "reached": None,
        "breakdown": [],
        "as_of": row.stated_at if row else None,
        "statement": row
        and {
            "year": row.year,
            "standing": row.standing,
            "evidence": row.evidence,
            "stated_by": row.stated_by.full_name,
            "stated_at": row.stated_at,
        },
    }


def number(one: Number) -> dict[str, Any]:
    """Return a value with its terms."""
    return {
        "value": _plain(one.value),
        "numerator": _plain(one.numerator),
        "denominator": _plain(one.denominator),
        "n": _plain(one.n),
        "reason": None if one.why is None else one.why.value,
        "missing": [{"subject": str(about), "month": month} for about, month in one.missing],
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
