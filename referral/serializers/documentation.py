"""Checks what is written down after an emergency, and documents what is called for."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.rest import PageSerializer
from referral.serializers.completeness import WantOut
from referral.serializers.referrals import NarrativeSerializer, ReferralRowOut


class DocumentationSerializer(NarrativeSerializer):
    """Parts of the slip that an emergency went without."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a body that says nothing."""
        if not any(attrs.values()):
            raise serializers.ValidationError([_("Say at least one part of the slip.")])
        return attrs


class PartOut(serializers.Serializer[Any]):
    """A part of the slip."""

    item = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class CalledForOut(serializers.Serializer[Any]):
    """What is called for; the times are null where a leg went complete."""

    called_for = PartOut(many=True)
    due_at = serializers.DateTimeField(allow_null=True)
    met_at = serializers.DateTimeField(allow_null=True)
    overdue = serializers.BooleanField()
    missing = PartOut(many=True)


class DocumentationOut(CalledForOut):
    """What is called for, and what the destination would like beside it."""

    recommended = WantOut(many=True)


class AwaitedDocumentationOut(CalledForOut):
    """An emergency that has to be completed."""

    referral = ReferralRowOut()


class AwaitedDocumentationPageOut(PageSerializer):
    """A page of them, the longest waiting first."""

    results = AwaitedDocumentationOut(many=True)
