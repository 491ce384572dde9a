"""Stores what alliances state of themselves, year by year."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities.models import Alliance


class Standing(models.TextChoices):
    """How far it has come, in the alliance's own judgement."""

    DONE = "done", _("In place")
    PARTLY = "partly", _("Partly in place")
    NOT_YET = "not_yet", _("Not in place yet")


class Statement(models.Model):
    """A statement of one year; what corrects it is another row, and the former stays with the time of its end."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    alliance = models.ForeignKey(Alliance, models.PROTECT, db_index=False, related_name="+")
    code = models.CharField(max_length=40)
    year = models.PositiveSmallIntegerField()
    standing = models.CharField(max_length=10, choices=Standing)
    evidence = models.TextField()
    stated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="+"
    )
    # The colleague for whom a deputy stated it.
    stated_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, null=True, related_name="+"
    )
    stated_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Yearly statement")
        verbose_name_plural = _("Yearly statements")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(standing__in=Standing.values), name="statement_standing_known"
            ),
            models.CheckConstraint(condition=~Q(evidence=""), name="statement_has_evidence"),
            models.CheckConstraint(
                condition=Q(superseded_at__isnull=True) | Q(superseded_at__gte=F("stated_at")),
                name="statement_superseded_later",
            ),
            models.UniqueConstraint(
                fields=["alliance", "year", "code"],
                name="statement_once",
                condition=Q(superseded_at__isnull=True),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["alliance", "year", "-stated_at"], name="statement_of_year")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.year}"
