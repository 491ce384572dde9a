"""Stores of which withdrawn consents both ends of an open referral have been told."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from patients.models import Consent
from referral.models.legs import Referral


class ConsentAlert(models.Model):
    """One telling that the consent of an open leg is gone; the unique row makes it exactly one.

    `consent` is the answer by which it ended: one that was withdrawn, or a refusal.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.ForeignKey(Referral, models.PROTECT, db_index=False, related_name="+")
    consent = models.ForeignKey(Consent, models.PROTECT, db_index=False, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("Consent alert")
        verbose_name_plural = _("Consent alerts")
        constraints: ClassVar = [
            models.UniqueConstraint(name="consent_alert_once", fields=["referral", "consent"])
        ]

    def __str__(self) -> str:
        return str(self.id)
