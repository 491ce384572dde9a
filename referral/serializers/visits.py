"""Checks what the receiver says when it accepts, and how it fixes a visit."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.rest import StrictSerializer, TextField

NOTE = 1000


class NoteSerializer(StrictSerializer):
    """A move with an optional note."""

    note = TextField(max_length=NOTE, required=False, allow_blank=True)


VISIT = ("scheduled_for", "pool_id", "bed_id")


class AcceptSerializer(NoteSerializer):
    """Accept; with a time, or a seat of a session or a bed pool, the visit is fixed in the same step.

    Where none is given, the seat that the sender holds is booked, if any, and its time is the visit.
    """

    scheduled_for = serializers.DateTimeField(required=False)
    pool = serializers.UUIDField(
        required=False, source="pool_id", help_text=_("A session, which gives the time.")
    )
    bed = serializers.UUIDField(
        required=False, source="bed_id", help_text=_("Beds of a day, which give the time.")
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse two answers to one question."""
        given = [name.removesuffix("_id") for name in VISIT if name in attrs]
        if len(given) > 1:
            text = [_("Give a time, a session or a bed, and only one of them.")]
            raise serializers.ValidationError(dict.fromkeys(given, text))
        return attrs


class ScheduleSerializer(AcceptSerializer):
    """Fix the visit or admission: by a time, a session or a bed."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for one of them."""
        if not any(name in attrs for name in VISIT):
            raise serializers.ValidationError({"scheduled_for": [_("This is needed.")]})
        return super().validate(attrs)
