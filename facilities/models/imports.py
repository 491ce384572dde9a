"""Stores the file of an import between its trial and the press that carries it out."""

from typing import ClassVar, Final

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities.models.facility import Facility

# A page waits for the answer: larger files are imported at a terminal (docs/operations.md).
MOST_BYTES: Final = 2 * 1024 * 1024


class Trial(models.Model):
    """A file that was tried, for one person at one post, until it is carried out or its time is over.

    `digest` is the SHA-256 of `content`; `counts` are those that were shown, by sheet: made, changed, as
    before. When the file was imported its content goes, and the row stays for whoever presses twice.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="+"
    )
    facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    content = models.BinaryField()
    digest = models.BinaryField(max_length=32)
    counts = models.JSONField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Trial of an import")
        verbose_name_plural = _("Trials of imports")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("made_at")), name="trial_ends_after_start"
            ),
            models.UniqueConstraint(fields=["owner"], name="trial_one_a_person"),
        ]

    def __str__(self) -> str:
        return str(self.id)
