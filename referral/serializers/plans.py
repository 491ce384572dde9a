"""Checks what a leg carries beside its slip, and documents what the API gives out of it."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.rest import StrictSerializer, TextField
from referral.codes_returns import (
    DrugClass,
    ExceptionGround,
    SignatureMethod,
    SignCode,
    SignedBy,
    VisitSide,
    WarningAction,
)

MOST_ROWS = 50
MOST_DAYS = 366


class MedicineSerializer(StrictSerializer):
    """One medicine; its class is the listed one unless stated, its days may not be more than 84."""

    name = TextField(max_length=100, help_text="The generic name.")
    strength = TextField(max_length=100, required=False, allow_blank=True)
    dose = TextField(max_length=60, required=False, allow_blank=True)
    route = TextField(max_length=40, required=False, allow_blank=True)
    frequency = TextField(max_length=60, required=False, allow_blank=True)
    days = serializers.IntegerField(
        min_value=1, max_value=MOST_DAYS, required=False, allow_null=True
    )
    drug_class = serializers.ChoiceField(choices=DrugClass.choices, required=False)
    exception = serializers.ChoiceField(
        choices=ExceptionGround.choices,
        required=False,
        help_text="Why an antimicrobial is prescribed for more than four weeks.",
    )
    exception_reason = TextField(max_length=200, required=False)
    started_on = serializers.DateField(required=False, allow_null=True)
    note = TextField(max_length=200, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for the reason of an exception, and for the exception of a reason."""
        pair = ("exception", "exception_reason")
        missing = [name for name in pair if not attrs.get(name)]
        if len(missing) == 1:
            raise serializers.ValidationError({missing[0]: [_("This is needed.")]})
        return attrs


class NextVisitSerializer(StrictSerializer):
    """The next visit: on a day, or so many days after the return is sent."""

    side = serializers.ChoiceField(choices=VisitSide.choices)
    due_on = serializers.DateField(required=False)
    due_in_days = serializers.IntegerField(min_value=0, max_value=MOST_DAYS, required=False)
    purpose = TextField(max_length=200, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for one of the two ways to say when."""
        if ("due_on" in attrs) == ("due_in_days" in attrs):
            text = [_("Give either the day or the number of days.")]
            raise serializers.ValidationError({"due_on": text})
        return attrs


class WarningSignSerializer(StrictSerializer):
    """A warning sign, coded or in words, and what the patient does then."""

    code = serializers.ChoiceField(choices=SignCode.choices, required=False)
    text = TextField(max_length=200, required=False)
    action = serializers.ChoiceField(choices=WarningAction.choices)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for the sign itself."""
        if "code" not in attrs and "text" not in attrs:
            raise serializers.ValidationError({"code": [_("This is needed.")]})
        return attrs


class LongPrescriptionSerializer(StrictSerializer):
    """What more than four weeks need; a draft may lack some of it, a return that is sent may not."""

    diagnosis_clear = serializers.BooleanField(default=False)
    regimen_stable = serializers.BooleanField(default=False)
    adherence_good = serializers.BooleanField(default=False)
    condition_controlled = serializers.BooleanField(default=False)
    long_term_needed = serializers.BooleanField(default=False)
    assessment = TextField(max_length=2000, required=False, allow_blank=True)
    signature_method = serializers.ChoiceField(choices=SignatureMethod.choices, required=False)
    signed_by = serializers.ChoiceField(choices=SignedBy.choices, required=False)
    signed_at = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for a whole signature: how, by whom and when, or none."""
        parts = ("signature_method", "signed_by", "signed_at")
        missing = [name for name in parts if name not in attrs]
        if 0 < len(missing) < len(parts):
            raise serializers.ValidationError({name: [_("This is needed.")] for name in missing})
        return attrs


class CarriedFields(StrictSerializer):
    """The parts of a plan; each that is given replaces the whole of what was there."""

    medicines = MedicineSerializer(many=True, required=False, max_length=MOST_ROWS)  # type: ignore[call-arg]
    next_visits = NextVisitSerializer(many=True, required=False, max_length=MOST_ROWS)  # type: ignore[call-arg]
    warning_signs = WarningSignSerializer(many=True, required=False, max_length=MOST_ROWS)  # type: ignore[call-arg]
    long_prescription = LongPrescriptionSerializer(required=False, allow_null=True)


# What the API gives out, for the OpenAPI document; referral/representations/returns.py makes it.


class MedicineOut(serializers.Serializer[Any]):
    """A medicine; `listed_class` is the class that its name is listed under, if any."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    strength = serializers.CharField()
    dose = serializers.CharField()
    route = serializers.CharField()
    frequency = serializers.CharField()
    days = serializers.IntegerField(allow_null=True)
    drug_class = serializers.ChoiceField(choices=DrugClass.choices)
    listed_class = serializers.ChoiceField(choices=DrugClass.choices, allow_null=True)
    exception = serializers.CharField()
    exception_reason = serializers.CharField()
    started_on = serializers.DateField(allow_null=True)
    note = serializers.CharField()


class NextVisitOut(serializers.Serializer[Any]):
    """A next visit."""

    id = serializers.UUIDField()
    side = serializers.ChoiceField(choices=VisitSide.choices)
    due_on = serializers.DateField(allow_null=True)
    due_in_days = serializers.IntegerField(allow_null=True)
    purpose = serializers.CharField()


class WarningSignOut(serializers.Serializer[Any]):
    """A warning sign."""

    id = serializers.UUIDField()
    code = serializers.CharField()
    text = serializers.CharField()
    action = serializers.ChoiceField(choices=WarningAction.choices)


class LongPrescriptionOut(serializers.Serializer[Any]):
    """A long prescription."""

    diagnosis_clear = serializers.BooleanField()
    regimen_stable = serializers.BooleanField()
    adherence_good = serializers.BooleanField()
    condition_controlled = serializers.BooleanField()
    long_term_needed = serializers.BooleanField()
    assessment = serializers.CharField()
    assessed_by = serializers.CharField(allow_null=True)
    signature_method = serializers.CharField()
    signed_by = serializers.CharField()
    signed_at = serializers.DateTimeField(allow_null=True)


class FeedbackOut(serializers.Serializer[Any]):
    """What the community told the hospital at the end."""

    text = serializers.CharField()
    given_by = serializers.CharField(allow_null=True)
    given_at = serializers.DateTimeField()


class WarningOut(serializers.Serializer[Any]):
    """Something that a doctor should look at again; nothing is refused for it."""

    code = serializers.CharField()
    field = serializers.CharField()
    detail = serializers.CharField()


class PlanOut(serializers.Serializer[Any]):
    """What a leg carries; left out where a move answers of a leg upwards."""

    medicines = MedicineOut(many=True, required=False)
    next_visits = NextVisitOut(many=True, required=False)
    warning_signs = WarningSignOut(many=True, required=False)
    long_prescription = LongPrescriptionOut(allow_null=True, required=False)
    feedback = FeedbackOut(allow_null=True, required=False)
    warnings = WarningOut(many=True, required=False)
