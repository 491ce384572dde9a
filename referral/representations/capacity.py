"""Makes plain dictionaries of sessions and seats for the API; nothing here tells of a patient."""

from dataclasses import asdict
from typing import Any

from facilities.capacity import Reservation
from facilities.models import Pool
from facilities.representations.directory import named
from referral.models import Booking


def session(row: Pool) -> dict[str, Any]:
    """Return a session, without what is free of it."""
    return {
        "id": row.pk,
        "facility": row.facility_id,
        "kind": row.kind,
        "department": named(row.department),
        "doctor_grade": row.doctor_grade,
        "capability": row.capability,
        "alliance": row.alliance_id,
        "session": row.session,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "places": row.places,
        "reserved_percent": row.reserved_percent,
        "opens_at": row.opens_at,
        "released_at": row.released_at,
        "version": row.version,
    }


def pool(row: Pool, free: int) -> dict[str, Any]:
    """Return a session with the places that the reader could take."""
    return {**session(row), "free": free}


def booking(row: Booking) -> dict[str, Any]:
    """Return a seat; `row.pool` should be loaded with its department."""
    return {
        "pool": session(row.pool),
        "seat": row.seat,
        "state": row.state,
        "held_until": row.held_until,
    }


def reservation(found: Reservation) -> dict[str, Any]:
    """Return what is reserved for primary care, and whether that is enough."""
    return {**asdict(found), "meets": found.meets}
