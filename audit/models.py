"""Tables of the audit trail: the events of every chain and the head of each chain."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7

SYSTEM_CHAIN = uuid.UUID(int=0)


class Kind(models.TextChoices):
    """What sort of thing happened."""

    ACCESS = "access", _("looked at")
    CHANGE = "change", _("changed")


class Result(models.TextChoices):
    """How it ended."""

    OK = "ok", _("done")
    REFUSED = "refused", _("refused")


class Event(models.Model):
    """One line of the trail.

    Written by one INSERT of `audit.record`; the trigger `audit_chain` fills
    `seq`, `at`, `prev_hash` and `hash` under the lock of the chain's head, so
    that the order of `seq` is the order of the chain. Nobody updates or
    deletes: the application role has no right to, and a trigger refuses.
    There are no foreign keys, so that nothing audited is ever held back by
    its trail and the trail outlives it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    chain = models.UUIDField()
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    actor_id = models.UUIDField(null=True)
    actor_role = models.CharField(max_length=32, blank=True)
    facility_id = models.UUIDField(null=True)
    what = models.CharField(max_length=80)
    patient_ids = ArrayField(models.UUIDField(), default=list)
    referral_ids = ArrayField(models.UUIDField(), default=list)
    result = models.CharField(max_length=8, choices=Result.choices, default=Result.OK)
    detail = models.JSONField(default=dict)
    prev_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        # Each month's part has a unique constraint of its own on chain and seq (migration 0005).
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(kind__in=Kind.values), name="audit_event_kind_known"
            ),
            models.CheckConstraint(
                condition=models.Q(result__in=Result.values), name="audit_event_result_known"
            ),
        ]
        indexes: ClassVar = [
            GinIndex(fields=["patient_ids", "referral_ids"], name="audit_event_whom"),
            models.Index(fields=["actor_id", "-at"], name="audit_event_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.chain}:{self.seq} {self.what}"


class AccessEvents(models.Manager["AccessEvent"]):
    """Only the events in which somebody looked."""

    def get_queryset(self) -> models.QuerySet[AccessEvent]:
        """Only accesses."""
        return super().get_queryset().filter(kind=Kind.ACCESS)


class ChangeEvents(models.Manager["ChangeEvent"]):
    """Only the events in which somebody changed something."""

    def get_queryset(self) -> models.QuerySet[ChangeEvent]:
        """Only changes."""
        return super().get_queryset().filter(kind=Kind.CHANGE)


class AccessEvent(Event):
    """Somebody looked at something; the same table, one chain with the changes."""

    objects: ClassVar[AccessEvents] = AccessEvents()

    class Meta:
        proxy = True
        verbose_name = _("access event")
        verbose_name_plural = _("access events")


class ChangeEvent(Event):
    """Somebody changed something; the same table, one chain with the accesses."""

    objects: ClassVar[ChangeEvents] = ChangeEvents()

    class Meta:
        proxy = True
        verbose_name = _("change event")
        verbose_name_plural = _("change events")


class ChainHead(models.Model):
    """The last sequence number and hash of one chain; only the trigger writes it."""

    chain = models.UUIDField(primary_key=True)
    seq = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        verbose_name = _("head of a chain")
        verbose_name_plural = _("heads of chains")

    def __str__(self) -> str:
        return f"{self.chain}:{self.seq}"


class ChainCut(models.Model):
    """The last event of a chain that went with its month; the chain begins behind it. Only the owner writes it.

    It is kept whole: its hash is what the next event repeats, and covers its time, so that nobody can pass a recent
    deletion off as age.
    """

    chain = models.UUIDField(primary_key=True)
    seq = models.BigIntegerField()
    id = models.UUIDField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=8)
    actor_id = models.UUIDField(null=True)
    actor_role = models.CharField(max_length=32, blank=True)
    facility_id = models.UUIDField(null=True)
    what = models.CharField(max_length=80)
    patient_ids = ArrayField(models.UUIDField())
    referral_ids = ArrayField(models.UUIDField())
    result = models.CharField(max_length=8)
    detail = models.JSONField()
    prev_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        verbose_name = _("cut of a chain")
        verbose_name_plural = _("cuts of chains")

    def __str__(self) -> str:
        return f"{self.chain}:{self.seq}"


class Verification(models.Model):
    """How a chain was found when it was last re-computed: up to which event at least, with how many findings."""

    chain = models.UUIDField(primary_key=True)
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    findings = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("verification of a chain")
        verbose_name_plural = _("verifications of chains")

    def __str__(self) -> str:
        return f"{self.chain}:{self.seq} {self.findings}"
