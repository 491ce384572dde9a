"""Stores events of public health and the facilities designated for their patients."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities.models.dated import Dated
from facilities.models.facility import Facility, Region
from facilities.models.networks import Alliance


class PublicHealthEvent(Dated):
    """A declared event, in one region or one alliance: its diseases go to designated facilities only.

    `prefixes` are beginnings of ICD-10 codes without the dot; `area` is what the codes of the region's
    parts begin with. `ended_at` is when somebody ended it before its last day, at once.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("Name"), max_length=100)
    prefixes = ArrayField(
        models.CharField(max_length=6), verbose_name=_("Diagnosis codes (ICD-10)")
    )
    region = models.ForeignKey(
        Region,
        models.PROTECT,
        to_field="code",
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("Region"),
    )
    area = models.CharField(max_length=12, blank=True, editable=False)
    alliance = models.ForeignKey(
        Alliance,
        models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("Alliance"),
    )
    source = models.CharField(_("Source document"), max_length=200)
    declared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("Declared by"),
    )
    declared_at = models.DateTimeField(_("Declared"))
    ended_at = models.DateTimeField(_("Ended early"), null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("Ended by"),
    )

    class Meta:
        verbose_name = _("Public health event")
        verbose_name_plural = _("Public health events")
        constraints: ClassVar = [
            *Dated.Meta.constraints,
            models.CheckConstraint(
                condition=Q(region__isnull=False, alliance__isnull=True) & ~Q(area="")
                | Q(region__isnull=True, alliance__isnull=False, area=""),
                name="event_in_region_or_alliance",
            ),
            models.CheckConstraint(condition=Q(prefixes__len__gt=0), name="event_names_diseases"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="event_ended_by_somebody",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                F("starts"), condition=Q(ended_at__isnull=True), name="event_not_ended_early"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Designation(models.Model):
    """A facility that takes the patients of an event."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event = models.ForeignKey(
        PublicHealthEvent, models.PROTECT, db_index=False, related_name="designations"
    )
    facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")

    class Meta:
        verbose_name = _("Designated facility")
        verbose_name_plural = _("Designated facilities")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event", "facility"], name="designation_once")
        ]

    def __str__(self) -> str:
        return str(self.facility_id)
