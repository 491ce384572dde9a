"""Reads months as people write them: 2026-01, and ranges of them."""

from datetime import date
from typing import Final

from django.utils.translation import gettext_lazy as _

from accounts.errors import Kind, Refused

# Nothing that is counted, reported, stated or agreed here is older.
FIRST_YEAR: Final = 2000
WRITTEN: Final = r"^\d{4}-(0[1-9]|1[0-2])$"
MOST: Final = 36


def first_of(month: str) -> date:
    """Return the first day of a month as 2026-01; raises Refused `month-unknown`."""
    try:
        return date.fromisoformat(f"{month}-01")
    except ValueError as error:
        text = _("Write a month as 2026-01.")
        raise Refused("month-unknown", text, kind=Kind.INVALID) from error


def between(first: date, last: date) -> list[date]:
    """Return the first days of the months from one to another, both included; none where they are turned round."""
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]


def asked(first: str | None, last: str | None, today: date) -> list[date]:
    """Return the months from one to another; those of this year that are over where nothing is said.

    In January those of the year before. Raises Refused `months-impossible`, `month-unknown`.
    """
    over = (today.replace(day=1) - date.resolution).replace(day=1)
    begins = first_of(first) if first else (first_of(last) if last else over).replace(month=1)
    ends = first_of(last) if last else max(begins, over)
    months = between(begins, ends)
    if not months or len(months) > MOST or begins.year < FIRST_YEAR:
        text = _("Choose from 1 to 36 months since the year 2000, the first before the last.")
        raise Refused("months-impossible", text, kind=Kind.INVALID)
    return months
