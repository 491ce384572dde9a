"""The one place where the ranking asks for appointments."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from referral import availability
from referral.matching import data
from referral.matching.need import Need


def free(facility_ids: Sequence[UUID], need: Need) -> dict[UUID, datetime]:
    """Return the earliest free appointment of each facility that has one, in one statement."""
    found = availability.earliest(
        facility_ids,
        department_code=_subject(need),
        sender=need.sender,
        start=need.now,
        until=need.now + data.limits().horizon,
    )
    return {pk: opening.starts_at for pk, opening in found.items()}


def sessions(facility_ids: Sequence[UUID], need: Need) -> dict[UUID, datetime]:
    """Return the earliest session of each facility that has one, full or not, in one statement."""
    return availability.first_sessions(
        facility_ids,
        department_code=_subject(need),
        start=need.now,
        until=need.now + data.limits().horizon,
    )


def _subject(need: Need) -> str | None:
    return need.subjects[0] if need.subjects else None
