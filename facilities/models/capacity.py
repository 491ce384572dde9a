"""Stores how much a facility offers to referrals: pools of appointments, beds and shared equipment.

Limits only: what is taken of a pool is known above, by the bookings of referrals.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities.models.facility import Facility
from facilities.models.networks import Alliance
from facilities.models.services import Department
from facilities.vocabulary import CapabilityCode, DoctorGrade, PoolKind, Session

MOST_PLACES = 500
_PART = Q(kind=PoolKind.SLOT, department__isnull=False, capability="", alliance__isnull=True) & ~Q(
    doctor_grade=""
)
_BEDS = Q(
    kind=PoolKind.BED,
    department__isnull=False,
    capability="",
    alliance__isnull=True,
    doctor_grade="",
)
_SHARED = Q(kind=PoolKind.EQUIPMENT, alliance__isnull=False, doctor_grade="") & ~Q(capability="")


class Pool(models.Model):
    """The places of one session: of a doctor's grade in a department, of its beds, or of an equipment.

    The first `reserved_percent` of the places (rounded up) are for senders of primary care until
    `released_at`; then what they left is everybody's. Nobody outside books before `opens_at`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    kind = models.CharField(max_length=10, choices=PoolKind)
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    doctor_grade = models.CharField(max_length=20, blank=True, choices=DoctorGrade)
    capability = models.CharField(max_length=20, blank=True, choices=CapabilityCode)
    alliance = models.ForeignKey(
        Alliance,
        models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        help_text=_("To whose members idle equipment is offered."),
    )
    day = models.DateField()
    session = models.CharField(max_length=10, choices=Session)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    places = models.PositiveSmallIntegerField()
    reserved_percent = models.PositiveSmallIntegerField()
    opens_at = models.DateTimeField()
    released_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("Pool of places")
        verbose_name_plural = _("Pools of places")
        constraints: ClassVar = [
            models.CheckConstraint(name="pool_whole", condition=_PART | _BEDS | _SHARED),
            models.CheckConstraint(
                name="pool_grade_known",
                condition=Q(doctor_grade__in=["", *DoctorGrade.values]),
            ),
            models.CheckConstraint(
                name="pool_capability_known",
                condition=Q(capability__in=["", *CapabilityCode.values]),
            ),
            models.CheckConstraint(
                name="pool_session_known", condition=Q(session__in=Session.values)
            ),
            models.CheckConstraint(name="pool_places", condition=Q(places__lte=MOST_PLACES)),
            models.CheckConstraint(name="pool_reserved", condition=Q(reserved_percent__lte=100)),
            models.CheckConstraint(
                name="pool_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))
            ),
            models.CheckConstraint(
                name="pool_opens_before_start",
                condition=Q(opens_at__lte=F("starts_at"), released_at__lte=F("starts_at")),
            ),
            models.UniqueConstraint(
                name="pool_once",
                fields=[
                    "facility",
                    "starts_at",
                    "kind",
                    "department",
                    "doctor_grade",
                    "capability",
                    "alliance",
                ],
                nulls_distinct=False,
            ),
        ]
        indexes: ClassVar = [
            models.Index(name="pool_of_facility", fields=["facility", "starts_at", "id"]),
            models.Index(
                name="pool_of_department",
                fields=["department", "starts_at", "id"],
                condition=Q(kind=PoolKind.SLOT),
            ),
            models.Index(
                name="pool_of_equipment",
                fields=["alliance", "capability", "starts_at", "id"],
                condition=Q(kind=PoolKind.EQUIPMENT),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.starts_at:%Y-%m-%d %H:%M}"
