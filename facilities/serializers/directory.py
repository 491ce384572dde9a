"""Checks the directory's query parameters, and documents its answers for OpenAPI."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.rest import PageQuery, PageSerializer, StrictSerializer, TextField
from facilities.vocabulary import (
    REGION_PATTERN,
    SPECIALTY_PATTERN,
    AllianceForm,
    CapabilityCode,
    Direction,
    FacilityKind,
    Grade,
    Level,
    MembershipRole,
    Ownership,
    RelationKind,
    Tier,
)

DOCUMENT = serializers.Serializer[Any]


class FacilityQuery(PageQuery):
    """Filters of the directory; together they narrow."""

    alliance = serializers.UUIDField(required=False, help_text="Members of this alliance today.")
    tier = serializers.ChoiceField(Tier.choices, required=False)
    region = serializers.RegexField(
        REGION_PATTERN, max_length=12, required=False, help_text="Region code, with its parts."
    )
    specialty = serializers.RegexField(
        SPECIALTY_PATTERN, max_length=8, required=False, help_text="Treatment subject, as 03.04."
    )
    capability = serializers.ChoiceField(CapabilityCode.choices, required=False)
    text = TextField(max_length=60, required=False, help_text="Name, pinyin, initials or code.")


class AllianceQuery(PageQuery):
    """Filters of the alliances."""

    form = serializers.ChoiceField(AllianceForm.choices, required=False)
    facility = serializers.UUIDField(required=False, help_text="Alliances of this member.")
    text = TextField(max_length=60, required=False, help_text="Part of the name.")
    on = serializers.DateField(required=False, help_text="In force on this day; today by default.")


class DayQuery(StrictSerializer):
    """The day that an answer is about."""

    on = serializers.DateField(required=False, help_text="The day asked about; today by default.")


class CodedSerializer(DOCUMENT):
    """A code with its name."""

    code = serializers.CharField()
    name = serializers.CharField()


class CategorySerializer(CodedSerializer):
    """A WS 218 category."""

    verified = serializers.BooleanField(help_text="False: shown with 待核对.")


class NamedOut(DOCUMENT):
    """A thing with its name."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class SharedAllianceSerializer(NamedOut):
    """The tightest alliance of two facilities."""

    form = serializers.ChoiceField(AllianceForm.choices)


class FacilityRelationSerializer(DOCUMENT):
    """What a facility is to the caller's."""

    direction = serializers.ChoiceField(
        [("same", "Same"), *Direction.choices],
        help_text="Of a referral from the caller's facility.",
    )
    alliance = SharedAllianceSerializer(allow_null=True)
    allows_lateral = serializers.BooleanField()
    same_legal_person = serializers.BooleanField()
    bonds = serializers.ListField(child=serializers.ChoiceField(RelationKind.choices))


class FacilitySerializer(DOCUMENT):
    """An entry of the directory."""

    id = serializers.UUIDField()
    code = serializers.CharField()
    uscc = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    short_name = serializers.CharField()
    legal_person = serializers.UUIDField(allow_null=True)
    campus_name = serializers.CharField()
    region = CodedSerializer()
    category = CategorySerializer()
    level = serializers.ChoiceField(Level.choices)
    grade = serializers.ChoiceField(Grade.choices)
    tier = serializers.ChoiceField(Tier.choices)
    ownership = serializers.ChoiceField(Ownership.choices)
    kind = serializers.ChoiceField(FacilityKind.choices)
    phone = serializers.CharField()
    duty_phone = serializers.CharField()
    address = serializers.CharField()
    latitude = serializers.FloatField(allow_null=True)
    longitude = serializers.FloatField(allow_null=True)
    profile = serializers.CharField()
    requires_internal_review = serializers.BooleanField()
    is_active = serializers.BooleanField()
    capabilities = CodedSerializer(many=True)
    relation = FacilityRelationSerializer(allow_null=True)


class FacilityPageSerializer(PageSerializer):
    """A page of the directory."""

    results = FacilitySerializer(many=True)


class DepartmentSerializer(DOCUMENT):
    """A department of a facility."""

    id = serializers.UUIDField()
    facility = serializers.UUIDField()
    code = serializers.CharField()
    subject = serializers.CharField(help_text="Name in the national list.")
    name = serializers.CharField()
    phone = serializers.CharField()
    accepts = serializers.CharField()
    capabilities = CodedSerializer(many=True)


class DepartmentPageSerializer(PageSerializer):
    """A page of departments."""

    results = DepartmentSerializer(many=True)


class AllianceSerializer(DOCUMENT):
    """An alliance."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    form = serializers.ChoiceField(AllianceForm.choices)
    specialty = serializers.CharField(allow_null=True)
    allows_lateral = serializers.BooleanField()
    lead = NamedOut()
    parent = serializers.UUIDField(allow_null=True)  # type: ignore[assignment]
    starts = serializers.DateField()
    ends = serializers.DateField(allow_null=True, help_text="First day after.")


class AlliancePageSerializer(PageSerializer):
    """A page of alliances."""

    results = AllianceSerializer(many=True)


class MemberFacilitySerializer(NamedOut):
    """A member's facility."""

    code = serializers.CharField()


class AllianceMemberSerializer(DOCUMENT):
    """A member of an alliance, with the members under it."""

    facility = MemberFacilitySerializer()
    tier = serializers.ChoiceField(Tier.choices)
    role = serializers.ChoiceField(MembershipRole.choices)
    children = serializers.SerializerMethodField()

    @extend_schema_field(
        {"type": "array", "items": {"$ref": "#/components/schemas/AllianceMember"}}
    )
    def get_children(self, node: Any) -> list[Any]:
        """Document the tree; the answer itself is made by `representations`."""
        return list(node["children"])


class AllianceTreeSerializer(AllianceSerializer):
    """An alliance with its members on a day."""

    on = serializers.DateField()
    members = AllianceMemberSerializer(many=True)
