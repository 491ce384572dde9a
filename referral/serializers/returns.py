"""Checks what follow-ups measure, and documents what the API gives out of returned patients."""

import math
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.rest import PageQuery, PageSerializer, StrictSerializer, TextField
from facilities.serializers.directory import NamedOut
from referral import observations
from referral.codes import FollowUpMethod
from referral.codes_returns import Adherence, SignCode
from referral.serializers.plans import MOST_ROWS
from referral.serializers.referrals import LONG, PersonOut, ReferralRowOut

DUE = ("today", "week", "overdue")
STATES = ("waiting", "following", "overdue", "ended")


class NumberField(serializers.FloatField):
    """A finite number, which is neither a text nor true or false."""

    def to_internal_value(self, data: Any) -> float:
        """Return the number."""
        if not isinstance(data, int | float) or isinstance(data, bool) or not math.isfinite(data):
            self.fail("invalid")
        return super().to_internal_value(data)


class UnitField(serializers.CharField):
    """The one unit in which a quantity is taken; another is refused and not converted."""

    def __init__(self, unit: str, **options: Any) -> None:
        """Remember the unit."""
        super().__init__(help_text=f"Always {unit}.", **options)
        self.unit = unit

    def to_internal_value(self, data: Any) -> str:
        """Return the unit."""
        if super().to_internal_value(data) != self.unit:
            raise serializers.ValidationError([_("The unit is %(unit)s.") % {"unit": self.unit}])
        return self.unit


def _measured(name: str, quantity: observations.Quantity) -> type[StrictSerializer]:
    """Return the form of one measurement: its value within plausible bounds, and its unit."""
    fields = {
        "value": NumberField(min_value=quantity.least, max_value=quantity.most),
        "unit": UnitField(quantity.unit),
        "__doc__": f"A value of {name}, in {quantity.unit}.",
    }
    return type(f"{name.title()}Serializer", (StrictSerializer,), fields)


_QUANTITIES = {
    name: _measured(name, quantity)(required=False)
    for name, quantity in observations.quantities().items()
}


class _Measurements(StrictSerializer):
    """What was measured, by name, each with its unit."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for a whole blood pressure, the upper value above the lower."""
        given = {name: attrs[name]["value"] for name in attrs}
        wrong = observations.pressure_errors(given)
        if wrong:
            raise serializers.ValidationError({name: [text] for name, text in wrong.items()})
        return attrs


MeasurementsSerializer = type("MeasurementsSerializer", (_Measurements,), dict(_QUANTITIES))
MeasurementsSerializer.__doc__ = _Measurements.__doc__


class FollowUpSerializer(StrictSerializer):
    """A contact: planned with `due_on`, recorded with `method`, `findings` and what was measured."""

    due_on = serializers.DateField(required=False)
    purpose = TextField(max_length=200, required=False, allow_blank=True)
    method = serializers.ChoiceField(choices=FollowUpMethod.choices, required=False)
    findings = TextField(max_length=LONG, required=False)
    observations = MeasurementsSerializer(required=False)
    adherence = serializers.ChoiceField(choices=Adherence.choices, required=False)
    symptoms = TextField(max_length=400, required=False, allow_blank=True)
    warning_signs = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        max_length=MOST_ROWS,
        help_text="Warning signs of the return that are met; coded ones are found by what was measured.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for a day, or for what was done."""
        done = bool(attrs.keys() - {"due_on", "purpose"})
        needed = ("method", "findings") if done else ("due_on",)
        missing = [name for name in needed if name not in attrs]
        if missing:
            raise serializers.ValidationError({key: [_("This is needed.")] for key in missing})
        if done and "purpose" in attrs:
            text = [_("A purpose is planned, not recorded.")]
            raise serializers.ValidationError({"purpose": text})
        return attrs


class FollowUpQuery(PageQuery):
    """Which contacts of the facility: those due today, within a week, or overdue; all unless said."""

    due = serializers.ChoiceField(choices=DUE, required=False)


class ReturnedQuery(PageQuery):
    """Which returned patients: not come yet, followed, with a late contact, or ended; all unless said."""

    state = serializers.ChoiceField(choices=STATES, required=False)


# What the API gives out, for the OpenAPI document; referral/representations/returns.py makes it.


class FollowUpOut(serializers.Serializer[Any]):
    """A follow-up with what was measured; `signs_shown` are the codes that the measurements show."""

    id = serializers.UUIDField()
    facility = NamedOut()
    due_on = serializers.DateField()
    done_at = serializers.DateTimeField(allow_null=True)
    method = serializers.CharField()
    findings = serializers.CharField()
    recorded_by = serializers.CharField(allow_null=True)
    purpose = serializers.CharField()
    observations = MeasurementsSerializer()
    adherence = serializers.CharField()
    symptoms = serializers.CharField()
    met_signs = serializers.ListField(child=serializers.UUIDField())
    signs_shown = serializers.ListField(child=serializers.ChoiceField(choices=SignCode.choices))


class FollowUpWrittenOut(FollowUpOut):
    """A follow-up that was just written; `way_up` leads up again where a warning sign is met."""

    way_up = serializers.CharField(allow_null=True)


class FollowUpPageOut(PageSerializer):
    """A page of follow-ups."""

    results = FollowUpOut(many=True)


class DueOut(serializers.Serializer[Any]):
    """A contact that the facility still has to make."""

    id = serializers.UUIDField()
    due_on = serializers.DateField()
    overdue = serializers.BooleanField()
    purpose = serializers.CharField()
    referral = serializers.UUIDField()
    number = serializers.CharField()
    diagnosis = serializers.CharField()
    patient = PersonOut(allow_null=True)
    from_facility = NamedOut()


class DuePageOut(PageSerializer):
    """A page of contacts to make."""

    results = DueOut(many=True)


class DueCountsOut(serializers.Serializer[Any]):
    """How many contacts the facility has to make."""

    today = serializers.IntegerField()
    week = serializers.IntegerField()
    overdue = serializers.IntegerField()
    open = serializers.IntegerField()


class LastContactOut(serializers.Serializer[Any]):
    """The last contact that was recorded."""

    done_at = serializers.DateTimeField()
    method = serializers.CharField()
    observations = MeasurementsSerializer()
    adherence = serializers.CharField()
    met_signs = serializers.ListField(child=serializers.UUIDField())


class StandingOut(serializers.Serializer[Any]):
    """How far the follow-up of a return has come."""

    planned = serializers.IntegerField()
    done = serializers.IntegerField()
    overdue = serializers.IntegerField()
    next_due_on = serializers.DateField(allow_null=True)
    last = LastContactOut(allow_null=True)
    feedback = serializers.CharField(allow_null=True)


class ReturnedOut(ReferralRowOut):
    """A returned patient with how the follow-up stands."""

    follow_up = StandingOut()


class ReturnedPageOut(PageSerializer):
    """A page of returned patients."""

    results = ReturnedOut(many=True)
