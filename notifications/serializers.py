"""Forms of the API of notifications: what may come in, and documents of what goes out."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.rest import PageQuery, PageSerializer, StrictSerializer, TextField
from notifications.models import AttemptResult, ChannelKind, MessageState, Side, TaskReason

DOCUMENT = serializers.Serializer[Any]
REMOTE_CHOICES = [(each.value, each.label) for each in (ChannelKind.EMAIL, ChannelKind.WEBHOOK)]


class SubscriptionForm(StrictSerializer):
    """A new subscription: exactly one of `url` (webhook) and `email`."""

    url = TextField(max_length=2000, required=False)
    email = TextField(max_length=254, required=False)
    topics = serializers.ListField(
        child=TextField(max_length=80), min_length=1, max_length=50, default=["*"]
    )
    requires_ack = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One address."""
        if ("url" in attrs) == ("email" in attrs):
            raise serializers.ValidationError({"url": [_("Give either url or email.")]})
        return attrs


class AlterForm(StrictSerializer):
    """What may be changed of a subscription."""

    topics = serializers.ListField(
        child=TextField(max_length=80), min_length=1, max_length=50, required=False
    )
    requires_ack = serializers.BooleanField(required=False)
    active = serializers.BooleanField(required=False)


class RedeliverForm(StrictSerializer):
    """Exactly one of a delivery's id and a time."""

    delivery = serializers.UUIDField(required=False)
    since = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two."""
        if ("delivery" in attrs) == ("since" in attrs):
            raise serializers.ValidationError({"delivery": [_("Give either delivery or since.")]})
        return attrs


class EmptyForm(StrictSerializer):
    """A body without fields."""


class NoticeQuery(PageQuery):
    """Which notices."""

    unread = serializers.BooleanField(required=False, allow_null=True, default=None)


class TaskQuery(PageQuery):
    """Which tasks."""

    open = serializers.BooleanField(required=False, default=None)


class SubscriptionSerializer(DOCUMENT):
    """A subscription."""

    id = serializers.UUIDField()
    channel = serializers.ChoiceField(REMOTE_CHOICES)
    url = serializers.CharField(allow_null=True)
    email = serializers.CharField(allow_null=True)
    topics = serializers.ListField(child=serializers.CharField())
    requires_ack = serializers.BooleanField(help_text="2xx is not enough: POST /acks/ is awaited.")
    active = serializers.BooleanField()
    gone_at = serializers.DateTimeField(allow_null=True, help_text="When it answered 410.")
    paused_until = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class SecretSerializer(SubscriptionSerializer):
    """A subscription with its secret, which is shown this one time."""

    secret = serializers.CharField(
        allow_null=True, help_text="Null for e-mail, and when a request is replayed."
    )


class SubscriptionPageSerializer(PageSerializer):
    """A page of subscriptions."""

    results = SubscriptionSerializer(many=True)


class AttemptSerializer(DOCUMENT):
    """One try to deliver."""

    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    result = serializers.ChoiceField(AttemptResult.choices)
    code = serializers.CharField()
    status = serializers.IntegerField(allow_null=True)
    milliseconds = serializers.IntegerField()
    answer_length = serializers.IntegerField(allow_null=True)


class DeliverySerializer(DOCUMENT):
    """A message to one endpoint; its id is the webhook-id of each try."""

    id = serializers.UUIDField()
    event_id = serializers.UUIDField()
    topic = serializers.CharField()
    subject = serializers.UUIDField()
    sequence = serializers.IntegerField()
    state = serializers.ChoiceField(MessageState.choices)
    attempts = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    next_at = serializers.DateTimeField(allow_null=True)
    done_at = serializers.DateTimeField(allow_null=True)
    acked_at = serializers.DateTimeField(allow_null=True)
    last_attempt = AttemptSerializer(allow_null=True)


class DeliveryPageSerializer(PageSerializer):
    """A page of deliveries."""

    results = DeliverySerializer(many=True)


class RedeliveredSerializer(DOCUMENT):
    """How many messages are due again."""

    queued = serializers.IntegerField()


class NoticeSerializer(DOCUMENT):
    """A message in the inbox of the caller's facility."""

    id = serializers.UUIDField()
    message_id = serializers.UUIDField()
    topic = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]
    subject = serializers.UUIDField()
    sequence = serializers.IntegerField()
    priority = serializers.IntegerField(help_text="Lower is more urgent.")
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class NoticePageSerializer(PageSerializer):
    """A page of notices."""

    results = NoticeSerializer(many=True)


class AckSerializer(DOCUMENT):
    """A receipt."""

    id = serializers.UUIDField()
    acked_at = serializers.DateTimeField()


class DeliveryTaskSerializer(DOCUMENT):
    """Work for a person about a message that did not arrive."""

    id = serializers.UUIDField()
    message_id = serializers.UUIDField()
    topic = serializers.CharField()
    subject = serializers.UUIDField()
    channel = serializers.ChoiceField(ChannelKind.choices)
    side = serializers.ChoiceField(Side.choices)
    reason = serializers.ChoiceField(TaskReason.choices)
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)


class DeliveryTaskPageSerializer(PageSerializer):
    """A page of tasks."""

    results = DeliveryTaskSerializer(many=True)
