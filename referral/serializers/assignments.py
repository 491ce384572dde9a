"""Shapes of who answers for which open leg."""

from typing import Any

from rest_framework import serializers

from accounts.rest import PageQuery, PageSerializer, StrictSerializer
from facilities.serializers.directory import NamedOut
from referral.serializers.referrals import URGENCIES
from referral.states import Status

AT_ONCE = 200


class AssignmentQuery(PageQuery):
    """Which open legs of the caller's facility."""

    orphaned = serializers.BooleanField(
        default=False, help_text="Only those of people who no longer hold a live post here."
    )
    user = serializers.UUIDField(required=False, help_text="Only those of one person.")


class AssignSerializer(StrictSerializer):
    """Which legs, and who answers for them from now on."""

    referrals = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=AT_ONCE
    )
    user = serializers.UUIDField(source="user_id")


class AssignmentOut(serializers.Serializer[Any]):
    """An open leg and who answers for it at the caller's facility; nothing of the patient."""

    referral = serializers.UUIDField()
    number = serializers.CharField()
    side = serializers.ChoiceField(choices=[("sender", "Sender"), ("receiver", "Receiver")])
    status = serializers.ChoiceField(choices=Status.choices)
    urgency = serializers.ChoiceField(choices=URGENCIES)
    responsible = NamedOut(allow_null=True)
    since = serializers.DateTimeField(
        allow_null=True, help_text="Null: the person filed or received it."
    )


class AssignmentPageOut(PageSerializer):
    """A page of open legs."""

    results = AssignmentOut(many=True)


class AssignedOut(serializers.Serializer[Any]):
    """How many legs have another person now."""

    assigned = serializers.IntegerField()
