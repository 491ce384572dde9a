"""Stores facts: what each leg and each planned contact amounts to for counting, and what changed."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from facilities.vocabulary import Direction
from referral.codes import DeclineReason
from referral.states import Urgency


class ChangeKind(models.IntegerChoices):
    """What was changed, and so which legs may have become another fact."""

    LEG = 0, _("Referral")
    PATIENT = 1, _("Patient")
    FACILITY = 2, _("Facility")
    ALLIANCE = 3, _("Alliance")


class Change(models.Model):
    """Something that changed below: written by triggers in its transaction, taken when it is counted."""

    id = models.BigAutoField(primary_key=True)
    kind = models.SmallIntegerField(choices=ChangeKind)
    subject = models.UUIDField()

    class Meta:
        verbose_name = _("Change to count")
        verbose_name_plural = _("Changes to count")

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class LegFact(models.Model):
    """One submitted leg as it is counted; days are local ones, and what is null has not happened or is not known.

    It is a function of the leg's rows and of the time: it turns into another by itself at `changes_at`.
    """

    id = models.UUIDField(primary_key=True)
    patient = models.UUIDField()
    alliance = models.UUIDField(null=True)
    from_facility = models.UUIDField()
    to_facility = models.UUIDField()
    from_department = models.UUIDField(null=True)
    to_department = models.UUIDField(null=True)
    filed_by = models.UUIDField(null=True)
    received_by = models.UUIDField(null=True)
    from_region = models.CharField(max_length=6)
    to_region = models.CharField(max_length=6)
    direction = models.CharField(max_length=10, choices=Direction)
    from_tier = models.SmallIntegerField()
    to_tier = models.SmallIntegerField()
    urgency = models.SmallIntegerField(choices=Urgency)
    disease = models.CharField(max_length=3)
    inpatient = models.BooleanField()
    wish = models.BooleanField()
    cancelled = models.BooleanField()
    accepted = models.BooleanField()
    declined = models.BooleanField()
    redirected = models.BooleanField()
    expired = models.BooleanField()
    late = models.BooleanField()
    returned = models.BooleanField()
    followed = models.BooleanField()
    closed = models.BooleanField()
    outside = models.BooleanField(null=True)
    decline_reason = models.CharField(max_length=32, blank=True, choices=DeclineReason)
    submitted_on = models.DateField()
    decided_on = models.DateField(null=True)
    arrived_on = models.DateField(null=True)
    completed_on = models.DateField(null=True)
    # Whole minutes from submission to decision, from decision to arrival, from arrival to completion.
    answer_minutes = models.IntegerField(null=True)
    arrival_minutes = models.IntegerField(null=True)
    treatment_minutes = models.IntegerField(null=True)
    changes_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Counted referral")
        verbose_name_plural = _("Counted referrals")
        indexes: ClassVar = [
            models.Index(name="legfact_alliance", fields=["alliance", "submitted_on"]),
            models.Index(name="legfact_sender", fields=["from_facility", "submitted_on"]),
            models.Index(name="legfact_receiver", fields=["to_facility", "submitted_on"]),
            models.Index(
                name="legfact_turns", fields=["changes_at"], condition=Q(changes_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class FollowUpFact(models.Model):
    """One planned contact of a counted leg whose day has come; `in_time` says that it was done by that day."""

    id = models.UUIDField(primary_key=True)
    leg = models.ForeignKey(LegFact, models.PROTECT, db_constraint=False, related_name="follow_ups")
    due_on = models.DateField()
    in_time = models.BooleanField()

    class Meta:
        verbose_name = _("Counted follow-up")
        verbose_name_plural = _("Counted follow-ups")

    def __str__(self) -> str:
        return str(self.id)


class Reading(models.Model):
    """How far the counting has come; one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    counted_at = models.DateTimeField()
    rebuilt_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("State of the counting")
        verbose_name_plural = _("States of the counting")
        constraints: ClassVar = [models.CheckConstraint(name="reading_one_row", condition=Q(id=1))]

    def __str__(self) -> str:
        return str(self.counted_at)
