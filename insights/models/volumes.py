"""Stores figures that referrals cannot give, and the files by which they were reported."""

from typing import ClassVar, Final

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities.models import Facility, Region

DIGITS: Final = 19
DECIMALS: Final = 4


class FileKind(models.TextChoices):
    """What a file holds."""

    VOLUMES = "volumes", _("Monthly figures")
    SECONDMENTS = "secondments", _("Terms of physicians sent to primary care")


class FileState(models.TextChoices):
    """How far an import is."""

    WAITING = "waiting", _("Waits to be read")
    TRIED = "tried", _("Tried, without a mistake")
    REFUSED = "refused", _("With mistakes; nothing was imported")
    IMPORTED = "imported", _("Imported")


class VolumeFile(models.Model):
    """A file of figures: sent by a person at a post, tried, and imported or not.

    `is_trial` says that nothing more than a trial is asked for. `outcome` holds what was found: counts, the
    first mistakes and changes; `shown` is the digest of all changes of the trial, so that exactly these are
    imported. The content goes when it is not needed any more. One that is imported stays: figures name it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="+"
    )
    facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    # The colleague for whom a deputy sent it, with whose rights it is read.
    for_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, null=True, related_name="+"
    )
    kind = models.CharField(
        max_length=12, choices=FileKind, default=FileKind.VOLUMES, db_default=FileKind.VOLUMES
    )
    name = models.CharField(max_length=120)
    content = models.BinaryField()
    digest = models.BinaryField(max_length=32)
    state = models.CharField(max_length=10, choices=FileState)
    is_trial = models.BooleanField()
    rows_read = models.PositiveIntegerField(default=0)
    outcome = models.JSONField(default=dict)
    shown = models.BinaryField(max_length=32, default=b"")
    sent_at = models.DateTimeField()
    # A worker has it in hand until then; who dies leaves it to the next, `tries` times at most.
    leased_until = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    imported_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("File of figures")
        verbose_name_plural = _("Files of figures")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind__in=FileKind.values), name="volume_file_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=FileState.values), name="volume_file_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state=FileState.IMPORTED, imported_at__isnull=False)
                | (~Q(state=FileState.IMPORTED) & Q(imported_at__isnull=True)),
                name="volume_file_imported_when",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner", "-sent_at", "-id"], name="volume_file_of_owner"),
            models.Index(
                fields=["sent_at"],
                name="volume_file_waiting",
                condition=Q(state=FileState.WAITING),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Volume(models.Model):
    """One figure of an institution or a region for one month, as it was reported.

    A correction is another row; the former stays with the time until which it was held. What nobody reported
    has no row, and 0 is a figure.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    facility = models.ForeignKey(
        Facility, models.PROTECT, db_index=False, null=True, related_name="+"
    )
    region = models.ForeignKey(
        Region, models.PROTECT, db_index=False, null=True, to_field="code", related_name="+"
    )
    kind = models.CharField(max_length=40)
    month = models.DateField()
    value = models.DecimalField(max_digits=DIGITS, decimal_places=DECIMALS)
    file = models.ForeignKey(VolumeFile, models.PROTECT, db_index=False, related_name="+")
    reported_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)
    superseded_by = models.ForeignKey(
        VolumeFile, models.PROTECT, db_index=False, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("Reported figure")
        verbose_name_plural = _("Reported figures")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(facility__isnull=False, region__isnull=True)
                | Q(facility__isnull=True, region__isnull=False),
                name="volume_of_one_subject",
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="volume_month_by_first_day"),
            models.CheckConstraint(condition=Q(value__gte=0), name="volume_not_negative"),
            models.CheckConstraint(
                condition=Q(superseded_at__isnull=True, superseded_by__isnull=True)
                | Q(superseded_at__gte=F("reported_at"), superseded_by__isnull=False),
                name="volume_superseded_by_whom",
            ),
            # One figure is in force; these serve every sum, too.
            models.UniqueConstraint(
                fields=["facility", "kind", "month"],
                name="volume_of_facility_once",
                condition=Q(superseded_at__isnull=True, facility__isnull=False),
                include=["value"],
            ),
            models.UniqueConstraint(
                fields=["region", "kind", "month"],
                name="volume_of_region_once",
                condition=Q(superseded_at__isnull=True, region__isnull=False),
                include=["value"],
            ),
        ]
        indexes: ClassVar = [
            # The history of one figure, what was superseded included.
            models.Index(
                fields=["facility", "kind", "month"],
                name="volume_history_facility",
                condition=Q(superseded_at__isnull=False, facility__isnull=False),
            ),
            models.Index(
                fields=["region", "kind", "month"],
                name="volume_history_region",
                condition=Q(superseded_at__isnull=False, region__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.month}"
