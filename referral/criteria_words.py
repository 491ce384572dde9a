"""Puts into words what the criteria said of a referral when it was sent."""

from typing import Any

from referral.codes import OverrideReason
from referral.criteria import explain
from referral.models import Assessment


def criteria_words(kept: Assessment | None) -> dict[str, Any] | None:
    """Return what the rules said, those that are met, and why it was sent otherwise; None where nobody asked them."""
    if kept is None:
        return None
    advice = explain.advice(kept.results)
    return {
        "advice": advice,
        "met": [each for each in explain.shown(kept.results) if each["rule"] in advice["met"]],
        "why": OverrideReason(kept.override_reason).label if kept.override_reason else "",
        "note": kept.override_note,
    }
