"""Shows events of public health with their designated facilities."""

from datetime import date

from facilities.models import PublicHealthEvent
from facilities.representations.directory import Shown, named


def event(row: PublicHealthEvent, on: date) -> Shown:
    """Return an event as it stands on a day; its area, author and designations must be loaded."""
    region = row.region
    return {
        "id": row.pk,
        "name": row.name,
        "prefixes": row.prefixes,
        "region": region and {"code": region.code, "name": region.name},
        "alliance": named(row.alliance),
        "starts": row.starts,
        "ends": row.ends,
        "facilities": [named(each.facility) for each in row.designations.all()],
        "source": row.source,
        "declared_by": row.declared_by.full_name,
        "declared_at": row.declared_at,
        "ended_at": row.ended_at,
        "in_force": row.ended_at is None and row.is_in_force(on),
    }
