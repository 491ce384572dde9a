"""Checks the consent of a referral, and documents what still waits for one."""

from typing import Any

from rest_framework import serializers

from accounts.rest import PageQuery, PageSerializer
from patients.serializers import AnswerIn
from referral.serializers.referrals import ReferralRowOut


class ReferralConsentSerializer(AnswerIn):
    """What the patient, or somebody for him, answered to this referral."""

    document = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text="A document of this referral: the scan of the paper, the image of the signature.",
    )


class AwaitedQuery(PageQuery):
    """Which emergencies to list."""

    overdue = serializers.BooleanField(required=False, help_text="Only those past their time.")


class AwaitedOut(serializers.Serializer[Any]):
    """An emergency whose consent must still be recorded."""

    referral = ReferralRowOut()
    due_at = serializers.DateTimeField()
    overdue = serializers.BooleanField()


class AwaitedPageOut(PageSerializer):
    """A page of them, the longest waiting first."""

    results = AwaitedOut(many=True)
