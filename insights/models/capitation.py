"""Stores what an alliance has agreed of capitation: the rate, whose rosters it is for, since when, by whose word."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities.models import Alliance, Facility
from facilities.models.dated import Planned, never_twice
from insights.capitation import LATEST_COUNTING_DAY


class CapitationAgreement(Planned):
    """Yuan a member a year in one alliance for a term of months; never edited, a new one ends or replaces it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    alliance = models.ForeignKey(Alliance, models.PROTECT, db_index=False, related_name="+")
    rate = models.DecimalField(_("Yuan a member a year"), max_digits=9, decimal_places=2)
    counting_day = models.PositiveSmallIntegerField(_("Counting day"))
    source = models.CharField(_("Source"), max_length=200)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    # The colleague for whom a deputy set it.
    set_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    set_at = models.DateTimeField()

    class Meta:
        verbose_name = _("Agreement of capitation")
        verbose_name_plural = _("Agreements of capitation")
        constraints: ClassVar = [
            *Planned.Meta.constraints,
            models.CheckConstraint(name="agreement_rate_positive", condition=Q(rate__gt=0)),
            models.CheckConstraint(
                name="agreement_counting_day",
                condition=Q(counting_day__range=(1, LATEST_COUNTING_DAY)),
            ),
            models.CheckConstraint(
                name="agreement_by_months",
                condition=Q(starts__day=1) & (Q(ends__isnull=True) | Q(ends__day=1)),
            ),
            never_twice(
                "agreement_one_at_a_time",
                "alliance",
                message=_("Another agreement holds in this term."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rate} {self.starts}"


class CapitationCommunity(models.Model):
    """A community whose roster an agreement is for."""

    pk = models.CompositePrimaryKey("agreement", "facility")
    agreement = models.ForeignKey(
        CapitationAgreement, models.PROTECT, db_index=False, related_name="communities"
    )
    facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")

    class Meta:
        verbose_name = _("Community of an agreement")
        verbose_name_plural = _("Communities of agreements")

    def __str__(self) -> str:
        return str(self.facility_id)
