"""Gathers what stands in the yearly evaluation, in words and figures as the pages show them."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from insights import shown
from insights.values import Answer
from referral.slips.printing import typeset

TEMPLATE: Final = Path(__file__).resolve().parent / "evaluation.typ"


def pdf(found: Sequence[Answer], scope: str, counted_at: datetime | None) -> bytes:
    """Return the evaluation of the period of the answers; `scope` names whose it is."""
    return typeset(TEMPLATE, data(found, scope, counted_at))


def data(found: Sequence[Answer], scope: str, counted_at: datetime | None) -> dict[str, Any]:
    """Return what the template prints; every value is text."""
    at = f"{timezone.localtime(counted_at):%Y-%m-%d %H:%M:%S}" if counted_at else "—"
    return {
        "lang": (get_language() or "zh")[:2],
        "title": _("Yearly evaluation of two-way referral"),
        "scope": scope,
        "days": shown.days(found[0].period),
        "as_of": _("Counted up to %(at)s") % {"at": at},
        "heads": [
            _("Indicator"),
            _("Value"),
            _("Counted"),
            _("Divided by (n)"),
            _("Period before"),
            _("Year before"),
            _("Target"),
        ],
        "rows": [_row(each) for each in found],
        "definitions": _("Definitions"),
        "told": [{"name": _name(each), "lines": _told(each)} for each in found],
    }


def _row(each: Answer) -> list[str]:
    one, whole = each.indicator, each.whole
    value = shown.figure(whole.value, one.kind)
    words = {None: "", True: shown.REACHED.words, False: shown.MISSED.words}[each.reached]
    target = str(shown.target(one.target, one.unit))
    return [
        str(one.name),
        value,
        shown.count(whole.numerator),
        "" if whole.denominator is None and not one.denominator else shown.count(whole.denominator),
        shown.figure(each.before.value, one.kind),
        shown.figure(each.year_before.value, one.kind),
        f"{target} {words}".strip(),
    ]


def _name(each: Answer) -> str:
    one = each.indicator
    checked = "" if one.verified else f" ({_('To be checked')})"
    return f"{one.name.zh} {one.name.en}{checked}"


def _told(each: Answer) -> list[list[str]]:
    one = each.indicator
    lines = [
        [_("Formula"), str(one.formula)],
        [_("Counted on"), str(one.counted_on)],
        [_("Source"), one.source],
    ]
    if one.target:
        lines.append([_("Target"), one.target.source])
    if each.whole.why:
        lines.append([_("Why there is no value"), str(each.whole.why.words)])
    return lines
