"""The addresses and words of pages on which a manager sets the rules of an alliance, for the matrix of pages."""

from typing import Final
from uuid import UUID

from django.urls import reverse

from accounts.ids import uuid7

# What a manager sets.
RULED: Final = {
    "number": "3",
    "unit": "hours",
    "source": "第3号通知",
    "action": "expire",
    "after_steps": "4",
    "mode": "standard",
    "zh": "请登录系统查看。",
    "en": "Please sign in.",
}


def ruled(name: str, alliance: UUID | None) -> str:
    """Return the address of a page about the rules of an alliance, empty for any other page."""
    more: dict[str, list[object]] = {
        "referral:limit": ["answer", "urgent", "up"],
        "referral:automatic": ["answer"],
        "referral:withdraw-rule": [uuid7()],
        "referral:criterion": ["HTN-I1"],
        "referral:criterion-turned": ["HTN-I1"],
        "referral:withdraw-criterion": [uuid7()],
        "referral:message": ["N001"],
        "referral:withdraw-message": [uuid7()],
    }
    if name not in more:
        return ""
    words = "?turn=lost&mode=off" if name == "referral:criterion-turned" else ""
    return reverse(name, args=[alliance, *more[name]]) + words
