"""Actors of the audit tests."""

from uuid import UUID

from accounts.actors import Actor
from accounts.ids import uuid7
from accounts.permissions import Role


def doctor(facility: UUID | None = None) -> Actor:
    """A doctor of some facility."""
    return Actor.at_post(
        user_id=uuid7(), name="张三", facility_id=facility or uuid7(), role=Role.CLINIC_DOCTOR
    )


def place(by: Actor) -> UUID:
    """The facility, hence the chain, of an actor."""
    assert by.facility_id is not None
    return by.facility_id
