"""Stores the files of numbers that somebody asked for: what is wanted, how far it is, and for an hour the file."""

from typing import ClassVar, Final

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities.models import Facility

WHOLE: Final = 100


class ExportKind(models.TextChoices):
    """What is wanted."""

    INDICATORS = "indicators", _("All indicators")
    BREAKDOWN = "breakdown", _("Parts of an indicator")
    ROWS = "rows", _("Referrals behind a number")
    EVALUATION = "evaluation", _("Yearly evaluation")


class ExportForm(models.TextChoices):
    """As what."""

    CSV = "csv", "CSV"
    XLSX = "xlsx", "XLSX"
    PDF = "pdf", "PDF"


class ExportState(models.TextChoices):
    """How far it is."""

    WAITING = "waiting", _("Waits for its turn")
    RUNNING = "running", _("Is being made")
    DONE = "done", _("Ready")
    FAILED = "failed", _("Could not be made")
    EXPIRED = "expired", _("Not kept any more")


class Export(models.Model):
    """One file: asked for by a person at a post, made by a worker, and fetched by nobody else.

    `question` holds the words that were asked, its period named in full. The content is encrypted, and goes
    with the ids of those whom its rows are about when `expires_at` has come; whoever fetches it is recorded
    with them.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="+"
    )
    facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    # The colleague for whom a deputy asked, with whose rights it is made.
    for_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, null=True, related_name="+"
    )
    kind = models.CharField(max_length=10, choices=ExportKind)
    form = models.CharField(max_length=4, choices=ExportForm)
    question = models.JSONField()
    language = models.CharField(max_length=10)
    state = models.CharField(max_length=10, choices=ExportState)
    # In hundredths.
    progress = models.PositiveSmallIntegerField(default=0)
    # Why it could not be made.
    code = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=120, blank=True)
    lines = models.PositiveIntegerField(default=0)
    content = models.BinaryField(default=b"")
    patients = ArrayField(models.UUIDField(), default=list)
    referrals = ArrayField(models.UUIDField(), default=list)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    # A worker has it in hand until then; who dies leaves it to the next, `tries` times at most.
    leased_until = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("File of numbers")
        verbose_name_plural = _("Files of numbers")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=ExportState.values), name="export_state_known"
            ),
            models.CheckConstraint(condition=Q(progress__lte=WHOLE), name="export_progress"),
            models.CheckConstraint(
                condition=(
                    Q(state=ExportState.DONE) & ~Q(content=b"") & Q(expires_at__isnull=False)
                )
                | (~Q(state=ExportState.DONE) & Q(content=b"") & Q(patients=[]) & Q(referrals=[])),
                name="export_content_while_done",
            ),
            models.CheckConstraint(
                condition=(Q(state=ExportState.FAILED) & ~Q(code=""))
                | (~Q(state=ExportState.FAILED) & Q(code="")),
                name="export_failed_why",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner", "-asked_at", "-id"], name="export_of_owner"),
            models.Index(
                fields=["asked_at"],
                name="export_waiting",
                condition=Q(state__in=[ExportState.WAITING, ExportState.RUNNING]),
            ),
            models.Index(
                fields=["expires_at"], name="export_kept", condition=Q(state=ExportState.DONE)
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_open(self) -> bool:
        """Say whether somebody still has to make it."""
        return self.state in {ExportState.WAITING, ExportState.RUNNING}

    @property
    def context(self) -> str:
        """Return to what the encryption of the content is bound."""
        return f"insights_export.content:{self.pk}"
