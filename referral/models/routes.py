"""Stores why a sender chose an unusual destination, and how soon each destination answers."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from facilities.models import Facility
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


class AnswerTime(models.Model):
    """How long a facility lately took to decide, measured now and then over its own referrals.

    Of nobody in particular, so without row-level security; emergencies, which count as accepted, are
    left out. `median_seconds` is None where nothing was answered.
    """

    facility = models.OneToOneField(
        Facility, models.PROTECT, primary_key=True, related_name="answer_time"
    )
    median_seconds = models.FloatField(null=True)
    answered = models.PositiveIntegerField()
    measured_at = models.DateTimeField()

    class Meta:
        verbose_name = _("Time of answering")
        verbose_name_plural = _("Times of answering")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="answer_time_iff_answered",
                condition=Q(answered=0, median_seconds__isnull=True)
                | Q(answered__gt=0, median_seconds__isnull=False, median_seconds__gte=0),
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)
