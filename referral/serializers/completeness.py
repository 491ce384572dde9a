"""Checks and documents the check before sending, the needs of destinations, and a new start."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.rest import StrictSerializer, TextField
from facilities.serializers.directory import NamedOut
from referral.codes import Item, NeedLevel
from referral.completeness import ON_THE_SLIP, STRENGTH
from referral.serializers.referrals import ReferralOut, SlipSerializer
from referral.states import Status

NOTE = 200


class CheckSerializer(SlipSerializer):
    """The words of a slip that need not be stored; with a patient, other referrals are looked at too."""

    patient = serializers.UUIDField(required=False, allow_null=True)


class NeedSerializer(StrictSerializer):
    """One thing a destination wants."""

    item = serializers.ChoiceField(choices=Item.choices)
    level = serializers.ChoiceField(choices=NeedLevel.choices)
    note = TextField(max_length=NOTE, required=False, allow_blank=True)


class NeedsSerializer(StrictSerializer):
    """Everything a facility wants for one department, one specialty, or with every referral."""

    department = serializers.UUIDField(required=False, allow_null=True, source="department_id")
    specialty = TextField(
        max_length=20,
        required=False,
        allow_blank=True,
        help_text="A code of diagnosis and treatment subjects; all departments that bear it.",
    )
    needs = serializers.ListField(child=NeedSerializer(), max_length=len(Item))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse an item named twice, a result that would have to be proven, two places at once."""
        items = [need["item"] for need in attrs["needs"]]
        if len(set(items)) < len(items):
            raise serializers.ValidationError({"needs": [_("An item is named twice.")]})
        if attrs.get("department_id") and attrs.get("specialty"):
            text = _("Name a department or a specialty, not both.")
            raise serializers.ValidationError({"specialty": [text]})
        hard = {need["item"] for need in attrs["needs"] if need["level"] == NeedLevel.HARD}
        if hard - ON_THE_SLIP:
            text = _("Only a field of the slip can be insisted on; want the others.")
            raise serializers.ValidationError({"needs": [text]})
        return attrs


class NeedOut(serializers.Serializer[Any]):
    """A need in force."""

    item = serializers.ChoiceField(choices=Item.choices)
    label = serializers.CharField()  # type: ignore[assignment]
    level = serializers.ChoiceField(choices=NeedLevel.choices)
    note = serializers.CharField()
    department = NamedOut(allow_null=True)
    specialty = serializers.CharField()
    set_at = serializers.DateTimeField()


class NeedsOut(serializers.Serializer[Any]):
    """The needs of a facility."""

    results = NeedOut(many=True)


class WantOut(serializers.Serializer[Any]):
    """Something that is missing, and why it is wanted."""

    item = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    why = serializers.ChoiceField(choices=STRENGTH)
    reason = serializers.CharField(help_text="For people.")
    note = serializers.CharField()
    asked = serializers.IntegerField(help_text="How many of the last `returns` returns asked.")
    returns = serializers.IntegerField()


class OtherOut(serializers.Serializer[Any]):
    """Another referral of the same illness that the caller may see."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.choices)


class WarningsOut(serializers.Serializer[Any]):
    """Other referrals of the same patient, illness and direction."""

    open = OtherOut(many=True)
    recent = OtherOut(many=True)


class CompletenessOut(serializers.Serializer[Any]):
    """How complete a referral is for its destination."""

    score = serializers.IntegerField(min_value=0, max_value=100)
    blocking = WantOut(many=True)
    recommended = WantOut(many=True)
    warnings = WarningsOut()


class ResentOut(ReferralOut):
    """The new draft, with what the receiver missed in the one before."""

    missing = serializers.ListField(child=serializers.ChoiceField(choices=Item.choices))
