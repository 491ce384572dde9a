"""Shapes of delegations and staff: what the REST door takes and gives."""

from rest_framework import serializers

from accounts.permissions import Role
from accounts.rest import PageSerializer, StrictSerializer, TextField
from facilities.serializers.directory import DOCUMENT, NamedOut


class DelegationSerializer(StrictSerializer):
    """Who acts for whom, and from which day to which."""

    principal = serializers.UUIDField(
        source="principal_id", required=False, help_text="The caller, unless given."
    )
    deputy = serializers.UUIDField(source="deputy_id")
    starts = serializers.DateField()
    ends = serializers.DateField(help_text="First day after.")
    reason = TextField(max_length=200)


class DelegationOut(DOCUMENT):
    """A delegation at the caller's facility."""

    id = serializers.UUIDField()
    facility = serializers.UUIDField()
    principal = NamedOut()
    deputy = NamedOut()
    starts = serializers.DateField()
    ends = serializers.DateField(help_text="First day after.")
    reason = serializers.CharField()
    granted_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True, help_text="Taken back.")
    in_force = serializers.BooleanField()


class DelegationPageOut(PageSerializer):
    """A page of delegations."""

    results = DelegationOut(many=True)


class ColleagueOut(DOCUMENT):
    """A post in force at the caller's facility."""

    id = serializers.UUIDField(help_text="Of the person.")
    name = serializers.CharField()
    role = serializers.ChoiceField(Role.choices)
    department = NamedOut(allow_null=True)
    title = serializers.CharField()


class ColleaguePageOut(PageSerializer):
    """A page of colleagues."""

    results = ColleagueOut(many=True)
