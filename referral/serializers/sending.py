"""Checks what a sender says beside the move that takes a referral to its receiver."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.rest import StrictSerializer, TextField
from referral.codes import DuplicateDecision, Item

REASON = 1000


class DuplicateSerializer(StrictSerializer):
    """What to do about a referral of the same patient and illness that is open already."""

    decision = serializers.ChoiceField(choices=DuplicateDecision.choices)
    reason = TextField(max_length=REASON, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask why, where a second referral is sent beside the first."""
        if attrs["decision"] == DuplicateDecision.OVERRIDE and "reason" not in attrs:
            text = _("Say why a second referral is needed.")
            raise serializers.ValidationError({"reason": [text]})
        return attrs


class SendSerializer(StrictSerializer):
    """A move that takes a referral to its receiver."""

    duplicate = DuplicateSerializer(
        required=False, help_text="The answer to a refusal `duplicate-open-referral`."
    )


class MissingSerializer(StrictSerializer):
    """What a receiver misses, in code words from which the check before sending learns."""

    missing = serializers.ListField(
        child=serializers.ChoiceField(choices=Item.choices), required=False, max_length=len(Item)
    )
