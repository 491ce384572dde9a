"""Stores what a return carries beside its slip: medicines, visits, warning signs, the long prescription."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities.models import Facility
from referral.codes_returns import (
    DrugClass,
    ExceptionGround,
    SignatureMethod,
    SignCode,
    SignedBy,
    VisitSide,
    WarningAction,
)
from referral.models.constraints import iff, implies
from referral.models.legs import Referral

# 《长期处方管理规范(试行)》: the data file has the same number, and a test holds both together.
MOST_DAYS = 84

# The rows of a leg are numbered from 0 in the order in which they were written; the unique constraint on
# (referral, position) is also the index by which they are read.


class Medicine(models.Model):
    """One medicine of a plan, for `days` days; on a leg upwards, one that the patient takes."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.ForeignKey(Referral, models.PROTECT, db_index=False, related_name="medicines")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(_("Generic name"), max_length=100)
    strength = models.CharField(_("Form and strength"), max_length=100, blank=True)
    dose = models.CharField(_("Dose"), max_length=60, blank=True)
    route = models.CharField(_("Route"), max_length=40, blank=True)
    frequency = models.CharField(_("Frequency"), max_length=60, blank=True)
    days = models.PositiveSmallIntegerField(_("Days"), null=True)
    drug_class = models.CharField(max_length=20, choices=DrugClass, default=DrugClass.ORDINARY)
    exception = models.CharField(max_length=20, blank=True, choices=ExceptionGround)
    exception_reason = models.CharField(max_length=200, blank=True)
    started_on = models.DateField(null=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("Medicine")
        verbose_name_plural = _("Medicines")
        constraints: ClassVar = [
            models.UniqueConstraint(name="medicine_one_a_place", fields=["referral", "position"]),
            models.CheckConstraint(name="medicine_named", condition=~Q(name="")),
            models.CheckConstraint(
                name="medicine_days",
                condition=Q(days__isnull=True) | Q(days__gte=1, days__lte=MOST_DAYS),
            ),
            models.CheckConstraint(
                name="medicine_class_known", condition=Q(drug_class__in=DrugClass.values)
            ),
            iff("medicine_exception_reasoned", ~Q(exception=""), ~Q(exception_reason="")),
            implies(
                "medicine_exception_antimicrobial",
                ~Q(exception=""),
                Q(drug_class=DrugClass.ANTIMICROBIAL),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class NextVisit(models.Model):
    """When the patient is to be seen again: on a day, or so many days after the return was sent."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.ForeignKey(
        Referral, models.PROTECT, db_index=False, related_name="next_visits"
    )
    position = models.PositiveSmallIntegerField()
    side = models.CharField(max_length=4, choices=VisitSide)
    due_on = models.DateField(null=True)
    due_in_days = models.PositiveSmallIntegerField(null=True)
    purpose = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("Next visit")
        verbose_name_plural = _("Next visits")
        constraints: ClassVar = [
            models.UniqueConstraint(name="next_visit_one_a_place", fields=["referral", "position"]),
            models.CheckConstraint(
                name="next_visit_side_known", condition=Q(side__in=VisitSide.values)
            ),
            iff("next_visit_one_way", Q(due_on__isnull=True), Q(due_in_days__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.id)


class WarningSign(models.Model):
    """What sends the patient back: a coded sign, whose threshold data holds, or one in words."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.ForeignKey(
        Referral, models.PROTECT, db_index=False, related_name="warning_signs"
    )
    position = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=24, blank=True, choices=SignCode)
    text = models.CharField(max_length=200, blank=True)
    action = models.CharField(max_length=12, choices=WarningAction)

    class Meta:
        verbose_name = _("Warning sign")
        verbose_name_plural = _("Warning signs")
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="warning_sign_one_a_place", fields=["referral", "position"]
            ),
            models.CheckConstraint(name="warning_sign_said", condition=~Q(code="", text="")),
            models.CheckConstraint(
                name="warning_sign_action_known", condition=Q(action__in=WarningAction.values)
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class LongPrescription(models.Model):
    """What more than four weeks need: five conditions, an assessment, and the patient's signature."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.OneToOneField(Referral, models.PROTECT, related_name="long_prescription")
    diagnosis_clear = models.BooleanField(default=False)
    regimen_stable = models.BooleanField(default=False)
    adherence_good = models.BooleanField(default=False)
    condition_controlled = models.BooleanField(default=False)
    long_term_needed = models.BooleanField(default=False)
    assessment = models.TextField(_("Assessment"), blank=True)
    assessed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    signature_method = models.CharField(max_length=12, blank=True, choices=SignatureMethod)
    signed_by = models.CharField(max_length=12, blank=True, choices=SignedBy)
    signed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Long prescription")
        verbose_name_plural = _("Long prescriptions")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="long_prescription_signature_whole",
                condition=Q(signature_method="", signed_by="", signed_at__isnull=True)
                | (~Q(signature_method="") & ~Q(signed_by="") & Q(signed_at__isnull=False)),
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class ReturnFeedback(models.Model):
    """What the community tells the hospital when it closes a return."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.OneToOneField(Referral, models.PROTECT, related_name="feedback")
    facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    text = models.TextField()
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    given_at = models.DateTimeField()

    class Meta:
        verbose_name = _("Feedback on a return")
        verbose_name_plural = _("Feedback on returns")
        constraints: ClassVar = [
            models.CheckConstraint(name="return_feedback_said", condition=~Q(text=""))
        ]

    def __str__(self) -> str:
        return str(self.id)
