"""Stores what an emergency was sent without, and by when its sender has to write it down."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from referral.models.constraints import implies
from referral.models.legs import Referral


class Documentation(models.Model):
    """The parts of the slip that an emergency went without; `met_at` is when the last of them was written.

    Made by the submission, as the slip and the needs of the destination stood then: a need that is set
    later asks nothing of an emergency that has gone.
    """

    referral = models.OneToOneField(
        Referral, models.PROTECT, primary_key=True, related_name="documentation"
    )
    items = ArrayField(models.CharField(max_length=24))
    due_at = models.DateTimeField()
    met_at = models.DateTimeField(null=True)
    met_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )

    class Meta:
        verbose_name = _("Documentation of an emergency")
        verbose_name_plural = _("Documentation of emergencies")
        indexes: ClassVar = [
            models.Index(
                name="documentation_open", fields=["due_at"], condition=Q(met_at__isnull=True)
            )
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="documentation_asks_something", condition=Q(items__len__gt=0)
            ),
            implies(
                "documentation_met_by_somebody", Q(met_by__isnull=False), Q(met_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return str(self.referral_id)
