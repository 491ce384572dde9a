"""Takes in observations for the criteria, wherever they come from."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.rest import StrictSerializer, TextField
from referral.codes import OverrideReason, Visit
from referral.criteria import loading, observations

NOTE: Final = 1000
OVERRIDE: Final[tuple[str, ...]] = ("override_reason", "override_note")

OBSERVATIONS: Final = {
    "type": "object",
    "description": "By variable, as GET /criteria/ lists them. A measured value bears its unit.",
    "maxProperties": observations.MOST,
    "propertyNames": {"pattern": "^[a-z][a-z0-9_]*$"},
    "additionalProperties": {
        "type": "object",
        "properties": {
            "value": {"type": ["number", "boolean"]},
            "unit": {"type": "string", "maxLength": 30},
        },
        "required": ["value"],
        "additionalProperties": False,
    },
}


@extend_schema_field(OBSERVATIONS)
class ObservationsField(serializers.Field[Any, Any, Any, Any]):
    """Values with their units by variable, each checked against what rules know."""

    default_error_messages = {
        "shape": _(
            "Give each observation as an object with a value, and a unit if it is measured."
        ),
        "many": _("There are too many observations."),
    }

    def to_internal_value(self, data: Any) -> dict[str, dict[str, Any]]:
        """Return the observations as they were typed, once every one of them can be used."""
        if not isinstance(data, dict):
            self.fail("shape")
        if len(data) > observations.MOST:
            self.fail("many")
        shape = [str(self.error_messages["shape"])]
        wrong = {name: shape for name, each in data.items() if not _is_observation(each)}
        if wrong:
            raise serializers.ValidationError(wrong)
        try:
            observations.values(data, loading.book().variables)
        except observations.BadObservations as bad:
            raise serializers.ValidationError(bad.errors) from bad
        return {name: dict(each) for name, each in data.items()}

    def to_representation(self, value: Any) -> Any:
        """Return them as they are."""
        return value


def _is_observation(each: Any) -> bool:
    if not isinstance(each, dict) or not {"value"} <= set(each) <= {"value", "unit"}:
        return False
    unit = each.get("unit", "")
    return isinstance(unit, str) and len(unit) <= 30


class ObservedSerializer(StrictSerializer):
    """What was observed, and why the referral goes although the criteria say otherwise."""

    observations = ObservationsField()
    visit = serializers.ChoiceField(choices=Visit.choices, required=False)
    override_reason = serializers.ChoiceField(choices=OverrideReason.choices, required=False)
    override_note = TextField(max_length=NOTE, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for the code and the words of a reason together."""
        missing = [name for name in OVERRIDE if name not in attrs]
        if len(missing) == 1:
            raise serializers.ValidationError({missing[0]: [_("This is needed.")]})
        return attrs


class AssessedSerializer(ObservedSerializer):
    """What may be observed in the same breath as a filing; `assessment` gathers it, None for nothing."""

    observations = ObservationsField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Gather what belongs to the criteria; its other words need observations."""
        words = ("visit", *OVERRIDE)
        said = {name: attrs.pop(name) for name in words if name in attrs}
        observed = attrs.pop("observations", None)
        if said and observed is None:
            text = [_("This belongs to observations.")]
            raise serializers.ValidationError(dict.fromkeys(said, text))
        said = super().validate(said)
        return {**attrs, "assessment": None if observed is None else {"observed": observed, **said}}
