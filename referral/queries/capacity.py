"""Reads what a facility offers and what referrals have taken of it, for whoever plans it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, F, IntegerField, QuerySet, Sum, Value
from django.db.models.functions import Cast, Ceil

from facilities.models import Pool
from facilities.vocabulary import CapabilityCode, PoolKind
from referral import availability
from referral.models import Booking, Referral
from referral.models.booking import TAKEN

WEEK: Final = timedelta(days=7)
# Of one department or equipment in a week: three grades of doctors in two sessions a day are 42.
MOST_SESSIONS: Final = 200
MOST_BOOKED: Final = 100


@dataclass(frozen=True, slots=True)
class Offered:
    """What a department, or an equipment, offers in a week, in places; `free` counts for primary care."""

    key: str
    name: Any
    sessions: int
    places: int
    free: int
    reserved: int

    @property
    def taken(self) -> int:
        """Return how many places referrals hold."""
        return self.places - self.free


def _of(facility_id: UUID, kind: str, monday: date) -> QuerySet[Pool]:
    return Pool.objects.filter(
        facility=facility_id, kind=kind, day__gte=monday, day__lt=monday + WEEK
    )


def week(facility_id: UUID, kind: str, monday: date, *, at: datetime) -> list[Offered]:
    """Return what each department or equipment offers in the week from `monday` on; one statement.

    `free` are the places that nobody has taken, the reserved ones among them.
    """
    shared = kind == PoolKind.EQUIPMENT
    by = ("capability",) if shared else ("department_id", "department__name")
    share = Cast(Ceil(F("places") * F("reserved_percent") / Value(100.0)), IntegerField())
    counted = availability.counted(_of(facility_id, kind, monday), primary=True, at=at)
    rows = counted.values(*by).annotate(
        sessions=Count("id"), offered=Sum("places"), left=Sum("free"), kept=Sum(share)
    )
    return [
        Offered(
            key=str(row[by[0]]),
            name=CapabilityCode(row["capability"]).label if shared else row["department__name"],
            sessions=row["sessions"],
            places=row["offered"],
            free=row["left"],
            reserved=row["kept"],
        )
        for row in rows.order_by(*by[::-1])
    ]


def sessions(
    facility_id: UUID, kind: str, key: str, monday: date, *, at: datetime
) -> Sequence[Pool]:
    """Return the sessions of one department or equipment in a week, counted, the earliest first."""
    field = "capability" if kind == PoolKind.EQUIPMENT else "department"
    rows = _of(facility_id, kind, monday).filter(**{field: key})
    counted = availability.counted(rows.select_related("alliance"), primary=True, at=at)
    return list(counted.order_by("starts_at", "id")[:MOST_SESSIONS])


def session(facility_id: UUID, pool_id: UUID, *, at: datetime) -> Any | None:
    """Return one session of a facility, counted; None for any other."""
    rows = Pool.objects.filter(facility=facility_id, pk=pool_id)
    whole = rows.select_related("department", "alliance")
    return availability.counted(whole, primary=True, at=at).first()


def taking(pool_id: UUID) -> list[Referral]:
    """Return the referrals that hold a place of a session, as far as the actor may see them."""
    held = Booking.objects.filter(TAKEN, pool=pool_id).order_by("seat")
    return [row.referral for row in held.select_related("referral")[:MOST_BOOKED]]
