"""Stores why a sender chose a destination that the plain rules do not offer."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from referral.codes import SkipReason
from referral.models.legs import Referral


class RouteChoice(models.Model):
    """The reason for skipping a tier, or for a facility outside the network (`outside`); one a referral."""

    referral = models.OneToOneField(
        Referral, models.PROTECT, primary_key=True, related_name="route_choice"
    )
    skip_reason = models.CharField(max_length=24, choices=SkipReason)
    note = models.TextField(blank=True)
    outside = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("Choice of route")
        verbose_name_plural = _("Choices of route")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="route_choice_reason_known", condition=Q(skip_reason__in=SkipReason.values)
            ),
            models.CheckConstraint(
                name="route_choice_other_is_explained",
                condition=~Q(skip_reason=SkipReason.OTHER) | ~Q(note=""),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
