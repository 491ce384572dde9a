"""Tells how far the counting has come."""

from datetime import datetime

from insights.models import Reading


def counted_at() -> datetime | None:
    """Return up to when changes are counted, None before the first time."""
    return Reading.objects.values_list("counted_at", flat=True).first()
