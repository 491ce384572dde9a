"""Loads the regions that ship with the product."""

import csv
from typing import Final

from django.db import transaction

from facilities.catalogue import REFERENCE
from facilities.models import Region

BATCH: Final = 1_000


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
