"""Checks what is asked of the indicators, and documents the answers for OpenAPI."""

from typing import Any

from rest_framework import serializers

from accounts.rest import PageQuery, PageSerializer, StrictSerializer
from facilities.vocabulary import REGION_PATTERN
from insights.asking import DIMS, PERIOD_PATTERN, PERIODS
from insights.indicators import Kind, Side
from insights.models import Standing
from insights.values import Why

DOCUMENT = serializers.Serializer[Any]
# Named in settings.py for the OpenAPI document.
ASKED_SIDES = [(each.value, each.value) for each in (Side.SENT, Side.RECEIVED)]
SIDES = [(each.value, each.value) for each in Side]
# What an alliance states in words is no number.
STATEMENT = "statement"
KINDS = [*((each.value, each.value) for each in Kind), (STATEMENT, STATEMENT)]
NOT_STATED = "not-stated"
REASONS = [*((each.value, each.value) for each in Why), (NOT_STATED, NOT_STATED)]


class ScopeQuery(StrictSerializer):
    """Whose numbers, and over which days."""

    alliance = serializers.UUIDField(required=False)
    facility = serializers.UUIDField(required=False)
    region = serializers.RegexField(
        REGION_PATTERN,
        max_length=6,
        required=False,
        help_text="A health authority: its own by default, or one below; 000000 is the nation.",
    )
    side = serializers.ChoiceField(
        ASKED_SIDES,
        required=False,
        help_text="Of a facility or region: what it sends or receives; by default the indicator's own side.",
    )
    period = serializers.RegexField(
        PERIOD_PATTERN,
        max_length=10,
        required=False,
        help_text="2026, 2026-Q3, 2026-09, 2026-W38 or 2026-09-15; this month by default.",
    )
    first = serializers.DateField(required=False, help_text="Instead of a period: the first day.")
    last = serializers.DateField(required=False, help_text="The last day, counted.")


class IndicatorQuery(ScopeQuery):
    """And by what."""

    by = serializers.ChoiceField([*DIMS, PERIODS], required=False)


class RowsQuery(PageQuery, ScopeQuery):
    """And which part of the number."""

    part = serializers.ChoiceField(["numerator", "denominator"], default="numerator")
    by = serializers.ChoiceField(list(DIMS), required=False)
    value = serializers.CharField(max_length=36, required=False, help_text="A value of `by`.")


class TargetSerializer(DOCUMENT):
    """What is to be reached."""

    at_least = serializers.FloatField(allow_null=True)
    at_most = serializers.FloatField(allow_null=True)
    source = serializers.CharField()  # type: ignore[assignment]


class DefinitionSerializer(DOCUMENT):
    """What an indicator is."""

    code = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(KINDS)
    unit = serializers.CharField(allow_blank=True)
    formula = serializers.CharField()
    counts = serializers.ListField(
        child=serializers.CharField(), help_text="Measures above the line."
    )
    divided_by = serializers.ListField(
        child=serializers.CharField(), help_text="Measures or imported figures (volume:KIND) below."
    )
    counts_over = serializers.ListField(
        child=serializers.CharField(), help_text="Where what is above is an average: over what."
    )
    divided_by_over = serializers.ListField(
        child=serializers.CharField(), help_text="The same of what is below."
    )
    counted_on = serializers.CharField()
    side = serializers.ChoiceField(SIDES)
    source = serializers.CharField()  # type: ignore[assignment]
    verified = serializers.BooleanField(help_text="False: shown with 待核对.")
    target = TargetSerializer(allow_null=True)


class DefinitionListSerializer(DOCUMENT):
    """All of them."""

    results = DefinitionSerializer(many=True)


class MissingSerializer(DOCUMENT):
    """A figure that was not reported."""

    subject = serializers.CharField(help_text="Id of an institution, code of a region.")
    month = serializers.DateField()


class NumberSerializer(DOCUMENT):
    """A value with both its terms; without a value `reason` says why, and `missing` who has not reported."""

    value = serializers.FloatField(allow_null=True)
    numerator = serializers.FloatField(allow_null=True)
    denominator = serializers.FloatField(allow_null=True)
    n = serializers.FloatField(allow_null=True)
    reason = serializers.ChoiceField(REASONS, allow_null=True)
    missing = MissingSerializer(many=True, help_text="The first of them for each figure.")


class PeriodSerializer(DOCUMENT):
    """The days that a number is about, both counted."""

    name = serializers.CharField()
    first = serializers.DateField()
    last = serializers.DateField()


class PartSerializer(NumberSerializer):
    """One part of a breakdown."""

    key = serializers.CharField(allow_blank=True)
    label = serializers.CharField()  # type: ignore[assignment]


class ComparedSerializer(NumberSerializer):
    """The number of another period."""

    period = PeriodSerializer()


class StatementSerializer(DOCUMENT):
    """What an alliance states of a year, with its evidence."""

    year = serializers.IntegerField()
    standing = serializers.ChoiceField(Standing.choices)
    evidence = serializers.CharField()
    stated_by = serializers.CharField()
    stated_at = serializers.DateTimeField()


class IndicatorSerializer(DefinitionSerializer, NumberSerializer):
    """An indicator with its value."""

    period = PeriodSerializer()
    before = ComparedSerializer()
    year_before = ComparedSerializer()
    reached = serializers.BooleanField(allow_null=True)
    breakdown = PartSerializer(many=True)
    as_of = serializers.DateTimeField(allow_null=True, help_text="Counted up to then.")
    statement = StatementSerializer(
        allow_null=True, help_text="Of the kind statement; of numbers null."
    )


class RowSerializer(DOCUMENT):
    """A referral behind a number."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    status = serializers.CharField()
    day = serializers.DateField(help_text="The day on which it counts.")


class RowsSerializer(PageSerializer):
    """A page of them."""

    results = RowSerializer(many=True)
