"""Checks what comes in: a serializer that refuses unknown fields instead of ignoring them."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

# What a field is in JSON, where DRF would also take 7 for a UUID and 0.0 for false.
JSON_TYPES: Final[tuple[tuple[type[serializers.Field[Any, Any, Any, Any]], type], ...]] = (
    (serializers.BooleanField, bool),
    (serializers.UUIDField, str),
    (serializers.CharField, str),
    (serializers.ChoiceField, str),
    (serializers.DateField, str),
    (serializers.DateTimeField, str),
    (serializers.IntegerField, int),
    # Exact as it is written: a number of JSON may have been rounded on its way.
    (serializers.DecimalField, str),
)


def _is_mistyped(field: Any, value: object) -> bool:
    """Say whether a JSON value is of another type than the field; null is judged by the field itself."""
    kind = next((kind for each, kind in JSON_TYPES if isinstance(field, each)), None)
    if kind is None or value is None:
        return False
    return type(value) is not kind


class StrictSerializer(serializers.Serializer[Any]):
    """A plain serializer that names each unknown field as an error.

    It serves bodies and query parameters alike; a query may not repeat a parameter. With `json` in its
    context it also takes no type for another.
    """

    def to_internal_value(self, data: Any) -> Any:
        """Validate, after refusing fields that this form does not have."""
        if isinstance(data, Mapping):
            unknown = [key for key in data if key not in self.fields]
            if unknown:
                text = [_("There is no such field.")]
                raise serializers.ValidationError({str(key): text for key in unknown})
            read_only = [key for key in data if self.fields[key].read_only]
            if read_only:
                text = [_("This field cannot be written.")]
                raise serializers.ValidationError(dict.fromkeys(read_only, text))
            self._refuse_mistyped(data)
        return super().to_internal_value(data)

    def _refuse_mistyped(self, data: Mapping[str, Any]) -> None:
        if not self.context.get("json"):
            return
        wrong = [key for key, value in data.items() if _is_mistyped(self.fields[key], value)]
        if wrong:
            text = [_("The value is of the wrong type.")]
            raise serializers.ValidationError(dict.fromkeys(wrong, text))


class EmptySerializer(StrictSerializer):
    """A request that needs no words."""


class TextField(serializers.CharField):
    """A text of a form: trimmed, without control characters, of limited length."""

    default_error_messages = {"control": _("The text contains a control character.")}

    def to_internal_value(self, data: Any) -> str:
        """Refuse anything but a string, and control characters other than line breaks and tabs."""
        if not isinstance(data, str):
            self.fail("invalid")
        text = super().to_internal_value(data)
        if any(ord(char) < 32 and char not in "\n\r\t" for char in text):
            self.fail("control")
        try:
            text.encode()
        except UnicodeEncodeError:
            self.fail("invalid")
        return text


class ProblemSerializer(serializers.Serializer[Any]):
    """Documents RFC 9457 problem details with this API's stable code."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable, for machines.")
    detail = serializers.CharField(help_text="For people, in the language of the request.")
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="Texts by field.",
    )


class PageSerializer(serializers.Serializer[Any]):
    """Documents a page of a list; `next` and `previous` are URLs or null, and nothing is counted."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
