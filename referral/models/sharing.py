"""Stores what both ends write beside the moves of a leg: messages, follow-ups, documents."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities.models import Facility
from referral.codes import FollowUpMethod
from referral.codes_returns import Adherence
from referral.models.constraints import iff, implies
from referral.models.legs import Referral


class FollowUp(models.Model):
    """One contact after a return: planned for `due_on`, done once `done_at` is set.

    `observations` maps names of data/follow_up.toml to `{"value", "unit"}`; `met_signs` are ids of warning
    signs of the same referral. A contact that is done does not change any more.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.ForeignKey(Referral, models.PROTECT, related_name="follow_ups")
    facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    due_on = models.DateField()
    done_at = models.DateTimeField(null=True)
    method = models.CharField(max_length=10, blank=True, choices=FollowUpMethod)
    findings = models.TextField(blank=True)
    purpose = models.CharField(max_length=200, blank=True, db_default="")
    observations = models.JSONField(default=dict, db_default={})
    adherence = models.CharField(max_length=12, blank=True, choices=Adherence, db_default="")
    symptoms = models.CharField(max_length=400, blank=True, db_default="")
    met_signs = ArrayField(models.UUIDField(), default=list, db_default=[])
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("Follow-up")
        verbose_name_plural = _("Follow-ups")
        indexes: ClassVar = [
            models.Index(
                name="follow_up_of_a_facility",
                fields=["facility", "due_on", "id"],
                condition=Q(done_at__isnull=True),
            ),
            models.Index(
                name="follow_up_due",
                fields=["due_on", "id"],
                condition=Q(done_at__isnull=True),
            ),
        ]
        constraints: ClassVar = [
            iff("follow_up_method_iff_done", Q(done_at__isnull=False), ~Q(method="")),
            implies(
                "follow_up_empty_until_done",
                Q(done_at__isnull=True),
                Q(observations={}, adherence="", symptoms="", met_signs=[]),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Message(models.Model):
    """A line between the two clinicians of a referral; read once `read_at` is set."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.ForeignKey(Referral, models.PROTECT, related_name="messages")
    facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    text = models.TextField()
    sent_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    read_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )

    class Meta:
        verbose_name = _("Message")
        verbose_name_plural = _("Messages")
        constraints: ClassVar = [
            implies(
                "message_reader_only_if_read",
                Q(read_by__isnull=False),
                Q(read_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class StoredDocument(models.Model):
    """What is kept of a checked document (referral.documents), whatever it hangs on."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=60)
    size = models.PositiveIntegerField()
    sha256 = models.BinaryField(max_length=32)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    uploaded_at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.id)


class Attachment(StoredDocument):
    """A document of a referral, stored under a name of ours outside the web root."""

    referral = models.ForeignKey(Referral, models.PROTECT, related_name="attachments")

    class Meta:
        verbose_name = _("Attachment")
        verbose_name_plural = _("Attachments")
