"""Checks what is asked about destinations, and documents the answers."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.rest import StrictSerializer, TextField
from facilities.serializers.directory import NamedOut
from facilities.vocabulary import CapabilityCode, Direction
from referral.codes import SkipReason
from referral.serializers.referrals import UrgencyField
from referral.states import Urgency

MOST: Final = 50
MOST_CRITERIA: Final = 200
WAYS: Final = [each for each in Direction.choices if each[0] != Direction.LATERAL]


class CriterionSerializer(serializers.Serializer[Any]):
    """A result of `/criteria/evaluate/`, taken as it came: what else it says is not read here."""

    outcome = TextField(max_length=40)
    capability = TextField(max_length=40, required=False, allow_null=True, allow_blank=True)

    def validate_capability(self, value: str | None) -> str:
        """Return the code of a capability, empty for none."""
        code = (value or "").lower()
        if code and code not in CapabilityCode.values:
            raise serializers.ValidationError(_("There is no such capability."))
        return code


class DestinationsSerializer(StrictSerializer):
    """For whom a destination is looked for: everything may be left out but is better said."""

    patient = serializers.UUIDField(
        required=False, help_text="Lets the district and the family doctor count."
    )
    diagnosis = TextField(
        max_length=20, required=False, allow_blank=True, help_text="ICD-10, with or without point."
    )
    diagnosis_text = TextField(
        max_length=500,
        required=False,
        allow_blank=True,
        help_text="The words of the diagnosis: an emergency without a code is known by them.",
    )
    urgency = UrgencyField(required=False)
    capability = serializers.ChoiceField(choices=CapabilityCode.choices, required=False)
    criteria = serializers.ListField(
        child=CriterionSerializer(),
        required=False,
        max_length=MOST_CRITERIA,
        help_text="Results of `/criteria/evaluate/`; what rules that are met need counts.",
    )
    direction = serializers.ChoiceField(choices=WAYS, required=False)
    skip_reason = serializers.ChoiceField(
        choices=SkipReason.choices,
        required=False,
        help_text="With a reason, facilities beyond the next step are offered too.",
    )
    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=10)


class ReasonOut(serializers.Serializer[Any]):
    """What speaks for or against a destination."""

    code = serializers.CharField(help_text="Stable, for machines.")
    speaks_for = serializers.BooleanField()
    parameters = serializers.DictField(help_text="Codes, names, numbers, times of the sentence.")
    text = serializers.CharField()


class DestinationOut(serializers.Serializer[Any]):
    """A destination with its reasons, the weightiest first."""

    facility = NamedOut()
    short_name = serializers.CharField()
    campus_name = serializers.CharField()
    tier = serializers.IntegerField()
    phone = serializers.CharField()
    duty_phone = serializers.CharField()
    department = NamedOut(allow_null=True)
    alliance = NamedOut(
        allow_null=True,
        help_text="Null for who is designated by an event of public health and shares none.",
    )
    alliance_form = serializers.CharField(help_text="Empty where no alliance is shared.")
    score = serializers.FloatField(help_text="0 to 1.")
    skips_step = serializers.BooleanField()
    needs_reason = serializers.BooleanField(help_text="True: a submission must give `skip_reason`.")
    lacks = serializers.ListField(child=serializers.CharField())
    distance_km = serializers.FloatField(allow_null=True)
    earliest_slot = serializers.DateTimeField(allow_null=True)
    reasons = ReasonOut(many=True)


class BindingEventOut(serializers.Serializer[Any]):
    """An event of public health that binds the sender: only these facilities take the diagnosis."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    source = serializers.CharField(help_text="The document that orders it.")  # type: ignore[assignment]
    facilities = NamedOut(many=True)


class DestinationsOut(serializers.Serializer[Any]):
    """Where the patient can go, the best first; `status` says whether people have checked the weights."""

    direction = serializers.CharField()
    urgency = serializers.ChoiceField(choices=[(u.name.lower(), u.label) for u in Urgency])
    capabilities = serializers.ListField(child=serializers.CharField())
    subjects = serializers.ListField(child=serializers.CharField())
    status = serializers.CharField(help_text="`verified` or `unverified`.")
    events = BindingEventOut(
        many=True, help_text="Why only these are offered, or none; empty where no event binds."
    )
    results = DestinationOut(many=True)


class OutsideLinkOut(serializers.Serializer[Any]):
    """A new secret address; null in the repetition of an answer."""

    referral = serializers.UUIDField()
    outside_link = serializers.CharField(allow_null=True)
