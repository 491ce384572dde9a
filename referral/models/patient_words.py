"""Stores what a patient said by the link: that a visit suits, and how it went; the system alone writes it."""

from datetime import timedelta
from typing import ClassVar, Final

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities.models import Facility
from referral.codes_returns import HideReason
from referral.models.legs import Referral
from referral.models.links import Link

BEST: Final = 5
LINE: Final = 200
# Own assumption: the days in which somebody still remembers, and the report of the result has come too.
CHANGEABLE: Final = timedelta(days=14)


class VisitConfirmation(models.Model):
    """A patient's word that he will come to the visit that was fixed at this version of the leg."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.ForeignKey(Referral, models.PROTECT, db_index=False, related_name="+")
    version = models.PositiveIntegerField()
    visit = models.DateTimeField()
    link = models.ForeignKey(Link, models.PROTECT, db_index=False, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("Confirmation of a visit")
        verbose_name_plural = _("Confirmations of visits")
        constraints: ClassVar = [
            # Also the index by which those of a referral are found.
            models.UniqueConstraint(
                name="visit_confirmed_once_a_version", fields=["referral", "version"]
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class PatientFeedback(models.Model):
    """What a patient says of a leg afterwards: one to five, and a line for the managers of both ends.

    The ends stand here too, so that each finds what was said of it newest first.
    """

    referral = models.OneToOneField(
        Referral, models.PROTECT, primary_key=True, related_name="patient_feedback"
    )
    from_facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    to_facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    score = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=LINE, blank=True)
    link = models.ForeignKey(Link, models.PROTECT, db_index=False, related_name="+")
    given_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("Feedback of a patient")
        verbose_name_plural = _("Feedback of patients")
        indexes: ClassVar = [
            models.Index(
                name="patient_feedback_sent", fields=["from_facility", "-given_at", "referral"]
            ),
            models.Index(
                name="patient_feedback_received", fields=["to_facility", "-given_at", "referral"]
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="patient_feedback_score", condition=Q(score__gte=1, score__lte=BEST)
            ),
            models.CheckConstraint(
                name="patient_feedback_one_line",
                condition=~Q(text__contains="\n") & ~Q(text__contains="\r"),
            ),
            models.CheckConstraint(
                name="patient_feedback_in_time",
                condition=Q(changed_at__gte=F("given_at"))
                & Q(changed_at__lt=F("given_at") + CHANGEABLE),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class HiddenFeedback(models.Model):
    """That a line of a patient is not shown to staff any more, and why; the line itself stays.

    It is about the line as it stood at `said_at`: what the patient says instead is shown again.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.ForeignKey(Referral, models.PROTECT, db_index=False, related_name="+")
    said_at = models.DateTimeField()
    reason = models.CharField(max_length=20, choices=HideReason)
    facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("Hidden feedback of a patient")
        verbose_name_plural = _("Hidden feedback of patients")
        constraints: ClassVar = [
            # Also the index by which the page of a list finds them.
            models.UniqueConstraint(name="feedback_hidden_once", fields=["referral", "said_at"]),
            models.CheckConstraint(
                name="feedback_hidden_reason", condition=Q(reason__in=HideReason.values)
            ),
            models.CheckConstraint(
                name="feedback_hidden_afterwards", condition=Q(at__gte=F("said_at"))
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
