"""Shapes of events of public health: what the REST door takes and gives."""

from rest_framework import serializers

from accounts.rest import PageQuery, PageSerializer, StrictSerializer, TextField
from facilities.serializers.directory import DOCUMENT, CodedSerializer, NamedOut
from facilities.vocabulary import DIAGNOSIS_PREFIX, REGION_PATTERN


class EventQuery(PageQuery):
    """Which events."""

    on = serializers.DateField(required=False, help_text="In force on this day.")


class EventSerializer(StrictSerializer):
    """An event: its diseases, one region or one alliance, its term and the designated facilities."""

    name = TextField(max_length=100)
    prefixes = serializers.ListField(
        child=serializers.RegexField(DIAGNOSIS_PREFIX, max_length=7),
        min_length=1,
        max_length=50,
        help_text="Beginnings of ICD-10 codes, as J10 or U07.1.",
    )
    region = serializers.RegexField(REGION_PATTERN, max_length=12, required=False)
    alliance = serializers.UUIDField(required=False, source="alliance_id")
    starts = serializers.DateField()
    ends = serializers.DateField(required=False, help_text="First day after.")
    facilities = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=200, source="facility_ids"
    )
    source = TextField(  # type: ignore[assignment]
        max_length=200, help_text="The document that orders it, with its number."
    )


class EventOut(DOCUMENT):
    """An event of public health."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    prefixes = serializers.ListField(child=serializers.CharField())
    region = CodedSerializer(allow_null=True)
    alliance = NamedOut(allow_null=True)
    starts = serializers.DateField()
    ends = serializers.DateField(allow_null=True, help_text="First day after.")
    facilities = NamedOut(many=True)
    source = serializers.CharField()  # type: ignore[assignment]
    declared_by = serializers.CharField()
    declared_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True, help_text="Ended early.")
    in_force = serializers.BooleanField()


class EventPageOut(PageSerializer):
    """A page of events."""

    results = EventOut(many=True)
