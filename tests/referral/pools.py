"""Makes pools and bookings for tests, by the rows themselves."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.ids import uuid7
from facilities.models import Department, Facility, Pool
from facilities.vocabulary import DoctorGrade, PoolKind, Session
from referral.models import Booking, Referral
from tests.facilities.factories import make_department
from tests.factories import as_system


def ahead(days: float = 1, *, hour: int = 8) -> datetime:
    """Return a full hour some days ahead, by the clock of the country."""
    day = timezone.localtime() + timedelta(days=days)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0)


def department_of(facility: Facility, code: str = "03.04") -> Department:
    """Return the facility's department of this subject, made when it is not there."""
    found = Department.objects.filter(facility=facility, code=code).first()
    return found or make_department(facility, code, f"科室{code}")


def make_pool(
    facility: Facility, *, code: str = "03.04", starts_at: datetime | None = None, **fields: Any
) -> Pool:
    """Return a new pool: a morning of an ordinary clinic, open since yesterday, nothing reserved."""
    start = starts_at or ahead()
    kind = fields.get("kind", PoolKind.SLOT)
    values: dict[str, Any] = {
        "kind": kind,
        "department": None if kind == PoolKind.EQUIPMENT else department_of(facility, code),
        "doctor_grade": DoctorGrade.ORDINARY if kind == PoolKind.SLOT else "",
        "day": timezone.localdate(start),
        "session": Session.MORNING,
        "starts_at": start,
        "ends_at": start + timedelta(hours=4),
        "places": 1,
        "reserved_percent": 0,
        "opens_at": timezone.now() - timedelta(days=1),
        "released_at": start,
        **fields,
    }
    return Pool.objects.create(facility=facility, **values)


def take(pool: Pool, referral: Referral, **fields: Any) -> Booking:
    """Write a booking of the next seat for a leg, as a sender of primary care unless said otherwise."""
    as_system()
    known = Booking.objects.filter(pool=pool, released_at__isnull=True).count()
    values: dict[str, Any] = {
        "id": uuid7(),
        "seat": known + 1,
        "from_primary": True,
        "state": "booked",
        "facility_id": referral.from_facility_id,
        "made_at": timezone.now(),
        **fields,
    }
    return Booking.objects.create(referral=referral, pool=pool, **values)
