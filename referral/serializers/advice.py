"""Checks what the API takes in for advice and read marks, and documents what it gives out."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from accounts.rest import PageQuery, PageSerializer, StrictSerializer, TextField
from facilities.serializers.directory import NamedOut
from referral.models import AdviceState
from referral.policy.advice import MOVES
from referral.serializers.referrals import LONG, PersonOut, SlipSerializer
from referral.serializers.visits import NOTE

MAX_ASKED = 200


class AdviceQuery(PageQuery):
    """The filters of the list of requests for advice."""

    box = serializers.ChoiceField(choices=["inbox", "sent"], required=False)
    state = serializers.ChoiceField(choices=AdviceState.choices, required=False)


class AskSerializer(StrictSerializer):
    """A question about a patient to another facility of the alliance."""

    patient = serializers.UUIDField()
    to_facility = serializers.UUIDField(source="to_facility_id")
    to_department = serializers.UUIDField(required=False, source="to_department_id")
    diagnosis = TextField(max_length=LONG, required=False, allow_blank=True)
    question = TextField(max_length=LONG)


class AnswerSerializer(StrictSerializer):
    """The answer."""

    answer = TextField(max_length=LONG // 2)


class CloseSerializer(StrictSerializer):
    """An end with an optional note."""

    note = TextField(max_length=NOTE, required=False, allow_blank=True)


class ConvertSerializer(SlipSerializer):
    """The draft that comes of it; what is given here replaces what is prefilled."""


class AdviceOut(serializers.Serializer[Any]):
    """A request for advice."""

    id = serializers.UUIDField()
    patient = PersonOut(allow_null=True)
    from_facility = NamedOut()
    to_facility = NamedOut()
    to_department = NamedOut(allow_null=True)
    state = serializers.ChoiceField(choices=AdviceState.choices)
    diagnosis = serializers.CharField()
    question = serializers.CharField()
    answer = serializers.CharField()
    note = serializers.CharField()
    asked_by = serializers.CharField(allow_null=True)
    answered_by = serializers.CharField(allow_null=True)
    asked_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    referral = serializers.UUIDField(
        allow_null=True, help_text="The draft that came of it, for the side that asked."
    )
    allowed_actions = serializers.ListField(child=serializers.ChoiceField(choices=list(MOVES)))


class AdvicePageOut(PageSerializer):
    """A page of requests for advice."""

    results = AdviceOut(many=True)


class ReadSerializer(StrictSerializer):
    """The newest message that was read; it and all before it are marked."""

    up_to = serializers.UUIDField()


class ReadOut(serializers.Serializer[Any]):
    """How many messages were marked, and how many of the other side are left."""

    marked = serializers.IntegerField()
    unread = serializers.IntegerField()


class RevokedOut(serializers.Serializer[Any]):
    """How many codes for the patient were in force and are no more."""

    revoked = serializers.IntegerField()


class UnreadQuery(StrictSerializer):
    """The referrals of a page, by commas."""

    referrals = serializers.CharField(
        max_length=37 * MAX_ASKED, help_text="Ids by commas, at most 200."
    )

    def validate_referrals(self, value: str) -> list[UUID]:
        """Return the ids; names none that is no UUID."""
        field = serializers.UUIDField()
        return [field.run_validation(each) for each in value.split(",")[: MAX_ASKED + 1]]


class UnreadRowOut(serializers.Serializer[Any]):
    """A referral with messages that this side has not read."""

    referral = serializers.UUIDField()
    unread = serializers.IntegerField()


class UnreadOut(serializers.Serializer[Any]):
    """Only referrals with unread messages are named."""

    results = UnreadRowOut(many=True)
