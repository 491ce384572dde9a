"""Makes plain dictionaries of the check before sending, with the reasons in words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from facilities.representations.directory import named
from referral.codes import Item
from referral.completeness import Facts, Other, Verdict, Want, Why
from referral.documentation import lacking
from referral.models import DepartmentNeed, Documentation, Referral

REASONS: Final[dict[Why, str | Promise]] = {
    "slip": _("The official slip needs it."),
    "needed": _("The destination insists on it."),
    "asked": _("The receiver asked for it when it returned the referral before."),
    "wanted": _("The destination wants it."),
}


def verdict(found: Verdict, facts: Facts) -> dict[str, Any]:
    """Return a check."""
    return {
        "score": found.score,
        "blocking": [_want(want) for want in found.blocking],
        "recommended": [_want(want) for want in found.recommended],
        "warnings": {
            "open": [_other(other) for other in facts.open],
            "recent": [_other(other) for other in facts.recent],
        },
    }


def documentation(
    referral: Referral, asked: Documentation | None, found: Verdict | None, at: datetime
) -> dict[str, Any]:
    """Return what is called for after an emergency, and what a check `found` beside it while it is open."""
    called_for = awaited(referral, asked, at)
    missing = {each["item"] for each in called_for["missing"]}
    wanted = [] if found is None else [*found.blocking, *found.recommended]
    recommended = [_want(want) for want in wanted if want.item not in missing]
    return {**called_for, "recommended": recommended}


def awaited(referral: Referral, asked: Documentation | None, at: datetime) -> dict[str, Any]:
    """Return by when an emergency must be completed, and what is missing."""
    open_ = asked is not None and asked.met_at is None
    return {
        "called_for": [] if asked is None else _labelled(asked.items),
        "due_at": asked and asked.due_at,
        "met_at": asked and asked.met_at,
        "overdue": open_ and asked is not None and asked.due_at < at,
        "missing": [] if asked is None else _labelled(lacking(referral, asked)),
    }


def _labelled(items: Sequence[str]) -> list[dict[str, Any]]:
    return [{"item": item, "label": str(_label(item))} for item in items]


def need(row: DepartmentNeed) -> dict[str, Any]:
    """Return a need in force."""
    return {
        "item": row.item,
        "label": row.get_item_display(),
        "level": row.level,
        "note": row.note,
        "department": named(row.department),
        "specialty": row.specialty,
        "set_at": row.set_at,
    }


def _want(want: Want) -> dict[str, Any]:
    return {
        "item": want.item,
        "label": str(_label(want.item)),
        "why": want.why,
        "reason": _reason(want),
        "note": want.note,
        "asked": want.times,
        "returns": want.returns,
    }


def _label(item: str) -> Any:
    if item in Item.values:
        return Item(item).label
    if item == "to_facility":
        return _("Destination")
    if item == "reason_code":
        return _("Coded reason for the referral")
    return getattr(Referral._meta.get_field(item), "verbose_name", item)


def _reason(want: Want) -> str:
    if want.why != "learnt":
        return str(REASONS[want.why])
    return times_asked(want.times, want.returns)


def times_asked(times: int, returns: int) -> str:
    """Return in words how often an item was asked for in the last returns."""
    text = ngettext(
        "%(times)s of the last %(returns)s return asked for it.",
        "%(times)s of the last %(returns)s returns asked for it.",
        returns,
    )
    return text % {"times": times, "returns": returns}


def _other(other: Other) -> dict[str, Any]:
    return {"id": other.id, "number": other.number, "status": other.status}
