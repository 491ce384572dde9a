"""Tables of the outbox: subscriptions, messages, attempts, in-app notices and tasks for people."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.encryption import EncryptedTextField
from accounts.ids import uuid7


class ChannelKind(models.TextChoices):
    """How a message travels; `config.wiring.CHANNELS` names the class of each that has an endpoint."""

    IN_APP = "in_app", _("in the system")
    EMAIL = "email", _("e-mail")
    WEBHOOK = "webhook", _("webhook")


class Priority(models.IntegerChoices):
    """Lower goes first; everything up to URGENT is escalated after 15 minutes, the rest after a day."""

    EMERGENCY = 0, _("emergency")
    URGENT = 1, _("urgent")
    ROUTINE = 2, _("routine")


ESCALATE_URGENT = timedelta(minutes=15)
ESCALATE_ROUTINE = timedelta(hours=24)


class MessageState(models.TextChoices):
    """`dead` needs a person: nothing is sent until somebody asks for it again."""

    PENDING = "pending", _("to be delivered")
    DONE = "done", _("delivered")
    DEAD = "dead", _("given to a person")


class Subscription(models.Model):
    """An address to which a recipient wants its messages sent, besides the in-app notice.

    A removed subscription keeps its row for the history of deliveries, but
    neither address nor secrets. While `paused_until` lies ahead nothing is
    sent: the receiver did not answer, and must not hold up the others.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    recipient_id = models.UUIDField()
    channel = models.CharField(max_length=8, choices=ChannelKind.choices)
    address = EncryptedTextField(null=True)
    secret = EncryptedTextField(null=True)
    previous_secret = EncryptedTextField(null=True)
    previous_until = models.DateTimeField(null=True)
    topics = ArrayField(models.CharField(max_length=80))
    requires_ack = models.BooleanField(default=False)
    active = models.BooleanField(default=True)
    gone_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    created_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        indexes: ClassVar = [
            models.Index(
                fields=["recipient_id"],
                condition=models.Q(active=True),
                name="subscription_live",
            ),
            models.Index(fields=["recipient_id", "-created_at", "-id"], name="subscription_list"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(channel__in=[ChannelKind.EMAIL, ChannelKind.WEBHOOK]),
                name="subscription_has_address",
            ),
            models.CheckConstraint(
                condition=models.Q(active=False) | models.Q(removed_at=None),
                name="subscription_removed_is_inactive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.id}"


class OutboxMessage(models.Model):
    """One message to one endpoint; written with what it tells of, in one transaction.

    `lease_owner` names the claim that may settle a failure; success is final
    whoever reports it. `crashes` counts, in a row, claims that ended without a
    word (the worker died) and unexpected exceptions. `escalate_at` is null once a person
    has been told, or need not be.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event_id = models.UUIDField()
    topic = models.CharField(max_length=80)
    payload = models.JSONField()
    recipient_id = models.UUIDField()
    origin_id = models.UUIDField(null=True)
    channel = models.CharField(max_length=8, choices=ChannelKind.choices)
    subscription = models.ForeignKey(
        Subscription, null=True, on_delete=models.PROTECT, related_name="messages"
    )
    subject = models.UUIDField()
    sequence = models.BigIntegerField()
    priority = models.SmallIntegerField()
    state = models.CharField(
        max_length=8, choices=MessageState.choices, db_default=MessageState.PENDING
    )
    next_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True)
    lease_owner = models.UUIDField(null=True)
    attempts = models.PositiveIntegerField(db_default=0)
    crashes = models.PositiveSmallIntegerField(db_default=0)
    requires_ack = models.BooleanField(db_default=False)
    escalate_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True)
    acked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["event_id", "recipient_id", "subscription"],
                nulls_distinct=False,
                name="outbox_one_per_endpoint",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=MessageState.values), name="outbox_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(state=MessageState.DONE, done_at__isnull=False)
                | (~models.Q(state=MessageState.DONE) & models.Q(done_at=None)),
                name="outbox_done_at_iff_done",
            ),
            models.CheckConstraint(
                condition=models.Q(channel=ChannelKind.IN_APP, subscription=None)
                | (~models.Q(channel=ChannelKind.IN_APP) & models.Q(subscription__isnull=False)),
                name="outbox_endpoint_iff_remote",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["priority", "next_at"],
                condition=models.Q(state="pending"),
                name="outbox_pending",
            ),
            models.Index(
                fields=["escalate_at"],
                condition=models.Q(escalate_at__isnull=False),
                name="outbox_escalation",
            ),
            models.Index(
                fields=["subscription", "-created_at", "-id"],
                condition=models.Q(subscription__isnull=False),
                name="outbox_deliveries",
            ),
            models.Index(fields=["subject"], name="outbox_subject"),
            models.Index(
                fields=["subscription", "-created_at", "-id"],
                condition=models.Q(state="dead"),
                name="outbox_dead",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.id}"


class AttemptResult(models.TextChoices):
    """How one attempt ended."""

    DELIVERED = "delivered", _("delivered")
    FAILED = "failed", _("will be tried again")
    REFUSED = "refused", _("will not be tried again")


class Attempt(models.Model):
    """One try to deliver a message: append-only, without the answer's content.

    `number` is the message's count of attempts; `answer_hash` is the SHA-256
    of what was read of the answer (at most 64 KB).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message_id = models.UUIDField(db_index=True)
    number = models.PositiveIntegerField()
    at = models.DateTimeField(db_default=Now())
    result = models.CharField(max_length=10, choices=AttemptResult.choices)
    code = models.CharField(max_length=40, blank=True)
    status = models.PositiveSmallIntegerField(null=True)
    milliseconds = models.PositiveIntegerField()
    answer_length = models.PositiveIntegerField(null=True)
    answer_hash = models.BinaryField(max_length=32, null=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")

    def __str__(self) -> str:
        return f"{self.message_id} #{self.number} {self.result}"


class TaskReason(models.TextChoices):
    """Why a person is asked to look."""

    UNDELIVERED = "undelivered", _("Not delivered in time")
    UNACKNOWLEDGED = "unacknowledged", _("Delivered, but nobody has acknowledged it")
    ENDPOINT_GONE = "endpoint_gone", _("The receiving address says it no longer exists")
    REFUSED = "refused", _("The receiving address cannot be used")
    POISON = "poison", _("Sending it failed again and again inside this system")


class Side(models.TextChoices):
    """Which end of the message is asked."""

    RECIPIENT = "recipient", _("recipient")
    ORIGIN = "origin", _("sender")


class DeliveryTask(models.Model):
    """Work for a person at one end of a message that has not arrived; sending goes on meanwhile."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message = models.ForeignKey(OutboxMessage, on_delete=models.PROTECT, related_name="tasks")
    holder_id = models.UUIDField()
    side = models.CharField(max_length=10, choices=Side.choices)
    reason = models.CharField(max_length=16, choices=TaskReason.choices)
    opened_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True)
    closed_by = models.UUIDField(null=True)

    class Meta:
        verbose_name = _("delivery task")
        verbose_name_plural = _("delivery tasks")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["message", "holder_id"],
                condition=models.Q(closed_at=None),
                name="delivery_task_one_open",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["holder_id", "-opened_at", "-id"], name="delivery_task_list"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.message_id}"


class Notice(models.Model):
    """A message in the inbox of a recipient inside the system; one for each outbox row."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    outbox = models.OneToOneField(OutboxMessage, on_delete=models.PROTECT, related_name="notice")
    recipient_id = models.UUIDField()
    topic = models.CharField(max_length=80)
    payload = models.JSONField()
    subject = models.UUIDField()
    sequence = models.BigIntegerField()
    priority = models.SmallIntegerField()
    created_at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True)
    read_by = models.UUIDField(null=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        indexes: ClassVar = [
            models.Index(fields=["recipient_id", "-created_at", "-id"], name="notice_list"),
            models.Index(
                fields=["recipient_id", "-created_at", "-id"],
                condition=models.Q(read_at=None),
                name="notice_unread",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.id}"
