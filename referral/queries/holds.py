"""Counts the seats that are held, one counter after another where the count decides."""

from datetime import datetime
from typing import Final

from django.db import connection

from accounts.actors import Actor
from referral.models import Booking, BookingState, Referral
from referral.states import PREPARING

# A lock of its own kind; drafts hold seats in different sessions, so no pool's lock covers the count.
_ALONE: Final = "SELECT pg_advisory_xact_lock(hashtextextended(%s::text, 20260521))"


def held_by_drafts(by: Actor, *, but: Referral, at: datetime) -> int:
    """Count the seats that drafts of the actor's facility hold, but for one of them.

    From here to the commit nobody else of the facility counts, so two cannot both be the last.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ALONE, [by.facility_id])
    held = Booking.objects.filter(
        facility=by.facility_id, state=BookingState.HELD, held_until__gt=at
    )
    drafts = held.filter(referral__status__in=sorted(PREPARING))
    return drafts.exclude(referral=but).count()
