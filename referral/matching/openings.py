"""The one place where the ranking asks for free appointments."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from facilities.vocabulary import Direction
from referral import availability
from referral.matching.rank import Need


def earliest(
    facility_ids: Sequence[UUID], need: Need, *, until: datetime
) -> dict[UUID, datetime] | None:
    """Return the earliest free appointment of each facility that has one, in one statement.

    An emergency asks for none, and a return is not booked: None says that appointments do not matter.
    """
    if need.is_emergency or need.direction == Direction.DOWN:
        return None
    subject = need.subjects[0] if need.subjects else None
    found = availability.earliest(
        facility_ids, department_code=subject, sender=need.sender, start=need.now, until=until
    )
    # Where nobody keeps appointments here, their absence says nothing about anybody.
    return {pk: opening.starts_at for pk, opening in found.items()} or None
