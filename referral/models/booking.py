"""Stores what referrals have taken of the places that facilities offer: one seat of one pool each."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities.models import Facility, Pool
from referral.codes import ReleaseReason
from referral.models.constraints import iff
from referral.models.legs import Referral


class BookingState(models.TextChoices):
    """How firmly a seat is taken; a hold that has run out is free, whatever its row says."""

    HELD = "held", _("Held")
    BOOKED = "booked", _("Booked")
    RELEASED = "released", _("Released")


TAKEN = Q(released_at__isnull=True)


class Booking(models.Model):
    """A seat of a pool for one leg: held while it is filed, booked by its receiver, at last released.

    `from_primary` says that it counts against the share reserved for primary care.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.ForeignKey(Referral, models.PROTECT, db_index=False, related_name="bookings")
    pool = models.ForeignKey(Pool, models.PROTECT, db_index=False, related_name="+")
    facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    seat = models.PositiveSmallIntegerField()
    from_primary = models.BooleanField()
    state = models.CharField(max_length=10, choices=BookingState)
    held_until = models.DateTimeField(null=True)
    made_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)
    release_reason = models.CharField(max_length=20, blank=True, choices=ReleaseReason)

    class Meta:
        verbose_name = _("Booking")
        verbose_name_plural = _("Bookings")
        indexes: ClassVar = [
            models.Index(
                name="booking_holds", fields=["held_until"], condition=Q(state=BookingState.HELD)
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="booking_one_a_seat", fields=["pool", "seat"], condition=TAKEN
            ),
            models.UniqueConstraint(
                name="booking_one_a_referral", fields=["referral"], condition=TAKEN
            ),
            models.CheckConstraint(
                name="booking_state_known", condition=Q(state__in=BookingState.values)
            ),
            models.CheckConstraint(name="booking_seats_begin_at_1", condition=Q(seat__gte=1)),
            iff("booking_held_until", Q(state=BookingState.HELD), Q(held_until__isnull=False)),
            iff("booking_released", Q(state=BookingState.RELEASED), Q(released_at__isnull=False)),
            iff("booking_release_coded", Q(state=BookingState.RELEASED), ~Q(release_reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.seat}"
