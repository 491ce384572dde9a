"""Stores advice before a referral (远程会诊): a question to a specialist, the answer, and what came of it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities.models import Department, Facility
from patients.models import Patient
from referral.models.constraints import iff, implies
from referral.models.legs import Referral


class AdviceState(models.TextChoices):
    """Where a request for advice stands; the last four are ends, the very last one without anybody's move."""

    ASKED = "asked", _("Asked")
    ANSWERED = "answered", _("Answered")
    CONVERTED = "converted", _("Became a referral")
    AVOIDED = "avoided", _("Referral avoided")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    NO_CONSENT = "no_consent", _("Ended: the patient took the consent back")


ADVICE_OPEN = (AdviceState.ASKED, AdviceState.ANSWERED)
ADVICE_ENDS = (
    AdviceState.CONVERTED,
    AdviceState.AVOIDED,
    AdviceState.WITHDRAWN,
    AdviceState.NO_CONSENT,
)


class AdviceRequest(models.Model):
    """One question of one facility to another about one patient; while it is open the other sees the patient."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, db_index=False, related_name="+")
    from_facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    to_facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    to_department = models.ForeignKey(
        Department, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    state = models.CharField(max_length=10, choices=AdviceState, default=AdviceState.ASKED)
    diagnosis = models.TextField(_("Diagnosis or first impression"), blank=True)
    question = models.TextField(_("Question"))
    answer = models.TextField(_("Answer"), blank=True)
    note = models.TextField(_("Note"), blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    referral = models.OneToOneField(Referral, models.PROTECT, null=True, related_name="advice")

    class Meta:
        verbose_name = _("Request for advice")
        verbose_name_plural = _("Requests for advice")
        indexes: ClassVar = [
            models.Index(name="advice_inbox", fields=["to_facility", "-asked_at", "-id"]),
            models.Index(name="advice_sent", fields=["from_facility", "-asked_at", "-id"]),
            models.Index(
                name="advice_open", fields=["patient"], condition=Q(state__in=ADVICE_OPEN)
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="advice_state_known", condition=Q(state__in=AdviceState.values)
            ),
            models.CheckConstraint(
                name="advice_ends_differ", condition=~Q(to_facility=F("from_facility"))
            ),
            iff("advice_answer_has_its_time", ~Q(answer=""), Q(answered_at__isnull=False)),
            implies(
                "advice_answered",
                Q(state__in=[AdviceState.ANSWERED, AdviceState.AVOIDED]),
                Q(answered_at__isnull=False),
            ),
            implies(
                "advice_unanswered",
                Q(state__in=[AdviceState.ASKED, AdviceState.WITHDRAWN]),
                Q(answered_at__isnull=True),
            ),
            iff(
                "advice_ended_iff_at_an_end",
                Q(state__in=ADVICE_ENDS),
                Q(ended_at__isnull=False),
            ),
            iff(
                "advice_referral_iff_converted",
                Q(state=AdviceState.CONVERTED),
                Q(referral__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
