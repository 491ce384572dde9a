"""Stores who at a facility is responsible for a leg, where it is no longer whoever filed or received it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities.models import Facility
from referral.models.legs import Referral


class Assignment(models.Model):
    """The person at one end of a leg who answers for it, from `since` until somebody else does.

    Without a row it is whoever filed the leg at the sender, whoever received it at the receiver.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.ForeignKey(
        Referral, models.PROTECT, db_index=False, related_name="assignments"
    )
    facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="+"
    )
    since = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Assignment")
        verbose_name_plural = _("Assignments")
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="assignment_one_at_a_time",
                fields=["referral", "facility"],
                condition=Q(ended_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
