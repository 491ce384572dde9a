"""Tells the operator, before it happens, that the calendar of working days will run out."""

from datetime import date
from typing import Any, Final

from chinese_calendar import constants
from django.core.checks import CheckMessage, Info, Tags, register
from django.utils import timezone

# The State Council announces the next year's days in the autumn; from December on they should be here.
LAST_MONTH: Final = 12


def known_until() -> int:
    """Return the last year of which the installed calendar library knows the working days."""
    year: int = max(constants.holidays).year
    return year


def needed(today: date) -> int:
    """Return the year whose working days should be known by now."""
    return today.year + (today.month >= LAST_MONTH)


@register(Tags.compatibility)
def calendar_is_known(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """Say which year is missing; no warning, since the week alone decides then and nothing stands still."""
    year = needed(timezone.localdate())
    if year <= known_until():
        return []
    return [
        Info(
            f"The working days (调休) of {year} are not known: Monday to Friday count as worked.",
            hint="Upgrade chinesecalendar and run `manage.py load_reference`.",
            id="facilities.I001",
        )
    ]
