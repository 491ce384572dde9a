"""Loads the regions and the working days that ship with the product."""

import csv
from importlib.metadata import version
from typing import Final

from chinese_calendar import constants
from django.db import transaction

from facilities.catalogue import REFERENCE
from facilities.models import Holiday, Region

BATCH: Final = 1_000
HOLIDAY_SOURCE: Final = (
    "Yearly notice of the General Office of the State Council, by chinesecalendar {version}"
)


@transaction.atomic
def load_regions() -> int:
    """Write all regions of `reference/regions.csv` and return their number.

    Known codes are brought up to date; a code that is not in the file any more stays, since old
    addresses and resident IDs keep it.
    """
    with (REFERENCE / "regions.csv").open(encoding="utf-8", newline="") as lines:
        rows = [
            Region(
                code=row["code"],
                name=row["name"],
                level=row["level"],
                parent_id=row["parent"] or None,
                revision=row["revision"],
                ended=int(row["ended"]) if row["ended"] else None,
            )
            for row in csv.DictReader(lines)
        ]
    for start in range(0, len(rows), BATCH):
        Region.objects.bulk_create(
            rows[start : start + BATCH],
            update_conflicts=True,
            unique_fields=["code"],
            update_fields=["name", "level", "parent", "revision", "ended"],
        )
    return len(rows)


@transaction.atomic
def load_holidays() -> int:
    """Write the days off and the working weekends that the calendar library knows; return their number.

    Known days are brought up to date. A day that was entered by hand and that the library does not know
    stays, so an operator may be ahead of the library.
    """
    source = HOLIDAY_SOURCE.format(version=version("chinesecalendar"))
    days = dict.fromkeys(constants.holidays, False) | dict.fromkeys(constants.workdays, True)
    Holiday.objects.bulk_create(
        [Holiday(day=day, is_working=works, source=source) for day, works in sorted(days.items())],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["day"],
        update_fields=["is_working", "source"],
    )
    return len(days)
