"""The rows of bookings: reads, takes and releases a seat; whoever calls has locked and asked."""

from datetime import datetime
from functools import cache
from uuid import UUID

from django.db import connection

from accounts.actors import Actor
from accounts.ids import uuid7
from accounts.rows import Kept
from referral.models import Booking, BookingState, Referral
from referral.models.booking import TAKEN
from referral.policy import booking as policy
from referral.states import Urgency


def of(referral: Referral) -> Booking | None:
    """Return the seat that is kept for a leg, also where its hold has run out; None without one.

    Its row is locked, since the sweep may be about to release it.
    """
    return next(iter(_locked().ask([referral.pk])), None)


@cache
def _locked() -> Kept[Booking]:
    """Return the query of the one seat that a leg keeps, whose text is made once: every booking asks it."""
    leg = uuid7()
    rows = Booking.objects.filter(TAKEN, referral=leg).select_related("pool")
    return Kept(rows.select_for_update(of=("self",), no_key=True), [leg])


def is_live(booking: Booking, at: datetime) -> bool:
    """Say whether a seat is still kept: a hold that has run out is free though its row says held."""
    return booking.held_until is None or booking.held_until > at


def next_free(pool_id: UUID, *, primary: bool, at: datetime) -> int | None:
    """Return the lowest free seat of a locked pool for such a sender, None where all are taken.

    Holds that have run out are released on the way.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT referral_next_seat(%s, %s, %s)", [pool_id, primary, at])
        seat: int | None = cursor.fetchone()[0]
    return seat


def insert(booking: Booking, *, by: Actor) -> None:
    """Write a new booking in the name of the actor's facility."""
    booking.facility_id = by.place
    booking.save(force_insert=True)


def keep(booking: Booking, *, held_until: datetime | None) -> None:
    """Confirm a held seat, or with `held_until` hold it longer."""
    booking.state = BookingState.BOOKED if held_until is None else BookingState.HELD
    booking.held_until = held_until
    booking.save(update_fields=["state", "held_until"])


def prolong(referral: Referral, *, now: datetime) -> None:
    """Hold the seat of a leg that has just been sent while its receiver decides; a lapsed hold stays so.

    An emergency counts as accepted: its seat is booked at once. Its visit is not fixed by that, for the
    receiver has yet to acknowledge it.
    """
    kept = of(referral)
    if kept is not None and kept.state == BookingState.HELD and is_live(kept, now):
        decided = referral.urgency == Urgency.EMERGENCY
        ends = None if decided else policy.hold_ends(kept.pool, filing=False, at=now)
        keep(kept, held_until=ends)


def release(referral: Referral, reason: str, now: datetime) -> None:
    """Give back what a leg has taken, if anything, by one statement."""
    Booking.objects.filter(TAKEN, referral=referral).update(
        state=BookingState.RELEASED, held_until=None, released_at=now, release_reason=reason
    )
