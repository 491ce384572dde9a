"""Stores the terms of physicians who are sent down to primary care, as institutions report them."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities.models import Facility
from insights.models.volumes import VolumeFile


class Title(models.TextChoices):
    """The professional title of a physician."""

    JUNIOR = "junior", _("Junior")
    INTERMEDIATE = "intermediate", _("Intermediate")
    ASSOCIATE_CHIEF = "associate_chief", _("Associate chief")
    CHIEF = "chief", _("Chief")


# 中级及以上.
COUNTED_TITLES = (Title.INTERMEDIATE, Title.ASSOCIATE_CHIEF, Title.CHIEF)


class Secondment(models.Model):
    """A term of one physician, known by the number that the sending institution gives its staff.

    Both days are counted. A correction is another row; the former stays with the time until which it was held.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.CharField(max_length=32)
    title = models.CharField(max_length=16, choices=Title)
    from_facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    to_facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    starts = models.DateField()
    ends = models.DateField()
    file = models.ForeignKey(VolumeFile, models.PROTECT, db_index=False, related_name="+")
    reported_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)
    superseded_by = models.ForeignKey(
        VolumeFile, models.PROTECT, db_index=False, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("Secondment")
        verbose_name_plural = _("Secondments")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(title__in=Title.values), name="secondment_title_known"
            ),
            models.CheckConstraint(condition=Q(ends__gte=F("starts")), name="secondment_has_days"),
            models.CheckConstraint(
                condition=~Q(to_facility=F("from_facility")), name="secondment_elsewhere"
            ),
            models.CheckConstraint(
                condition=Q(superseded_at__isnull=True, superseded_by__isnull=True)
                | Q(superseded_at__gte=F("reported_at"), superseded_by__isnull=False),
                name="secondment_superseded_by_whom",
            ),
            models.UniqueConstraint(
                fields=["from_facility", "person", "starts"],
                name="secondment_once",
                condition=Q(superseded_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
