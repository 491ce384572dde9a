"""Reads whom to ring at an institution."""

from collections.abc import Iterable
from uuid import UUID

from facilities.models import Facility


def of(facility_ids: Iterable[UUID]) -> dict[UUID, Facility]:
    """Return the institutions with their names and telephones, by id, in one statement."""
    return Facility.objects.only("id", "name", "phone", "duty_phone").in_bulk(set(facility_ids))
