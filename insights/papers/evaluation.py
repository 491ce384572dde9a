"""Gathers what stands in the yearly evaluation, in words and figures as the pages show them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from facilities.queries.origin import Origin
from insights import absent, sheets, shown
from insights.models import Statement
from insights.statements import Stated, stated
from insights.values import Answer
from referral.slips.printing import typeset

TEMPLATE: Final = Path(__file__).resolve().parent / "evaluation.typ"


def pdf(told: Mapping[str, Any], origin: Origin) -> bytes:
    """Return the evaluation that `data` tells, with who took it out at the foot of each page."""
    return typeset(TEMPLATE, {**told, "who": origin.who, "origin": _exported(origin)})


def _exported(origin: Origin) -> str:
    return _("Exported by %(origin)s") % {"origin": origin.words}


def data(
    found: Sequence[Answer],
    scope: str,
    counted_at: datetime | None,
    names: absent.Names = absent.NOBODY,
    said: Mapping[str, Statement] | None = None,
) -> dict[str, Any]:
    """Return what the template prints of the period of the answers; every value is text.

    `scope` names whose it is, `said` is what it states.
    """
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
        "told": [
            *({"name": _name(each), "lines": _told(each, names)} for each in found),
            *(
                _statement(one, said.get(code))
                for code, one in stated().items()
                if said is not None
            ),
        ],
    }


def _statement(one: Stated, row: Statement | None) -> dict[str, Any]:
    """Return what is stated beside the numbers, or that it is not."""
    checked = "" if one.verified else f" ({_('To be checked')})"
    lines = [[_("What is stated"), str(one.asks)], [_("Source"), one.source]]
    if row is None:
        lines.append([_("Yearly statement"), _("Nothing is stated.")])
    else:
        at = f"{timezone.localtime(row.stated_at):%Y-%m-%d %H:%M}"
        lines += [
            [_("How far it has come"), str(row.get_standing_display())],
            [_("What shows it"), row.evidence],
            [_("Stated by"), f"{row.stated_by.full_name} {at}"],
        ]
    return {"name": f"{one.name.zh} {one.name.en}{checked}", "lines": lines}


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


def _told(each: Answer, names: absent.Names) -> list[list[str]]:
    one = each.indicator
    lines = [
        [_("Formula"), str(one.formula)],
        [_("Counted on"), str(one.counted_on)],
        [_("Source"), one.source],
    ]
    if one.target:
        lines.append([_("Target"), one.target.source])
    if each.whole.why:
        lines.append([_("Why there is no value"), sheets.why(each.whole, names)])
    return lines
