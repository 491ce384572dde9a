"""Tells how far the counting has come."""

from datetime import datetime

from insights.models import Reading


def counted_at() -> datetime | None:
    """Return up to when changes are counted, None before the first time."""
    return Reading.objects.values_list("counted_at", flat=True).first()


def is_built() -> bool:
    """Say whether everything that was there before the counting began is counted."""
    return Reading.objects.filter(rebuilt_at__isnull=False).exists()
