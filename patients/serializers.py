"""Checks the forms that patients' endpoints take, and documents their answers for OpenAPI."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.rest import PageQuery, PageSerializer, StrictSerializer, TextField
from facilities.serializers.directory import NamedOut
from patients import risks
from patients.models import (
    ConsentGivenBy,
    ConsentMethod,
    ConsentPurpose,
    ConsentRelation,
    Gender,
    IdentifierKind,
    RevealReason,
)

DOCUMENT = serializers.Serializer[Any]
MAX_IDENTIFIERS = 10


def _criteria() -> dict[str, serializers.Field[Any, Any, Any, Any]]:
    return {
        "identifier": TextField(
            max_length=40,
            required=False,
            help_text="A whole document number of any kind; better in the body than in a URL.",
        ),
        "phone": TextField(max_length=40, required=False, help_text="A whole telephone number."),
        "name": TextField(
            max_length=50,
            min_length=1,
            required=False,
            help_text="The beginning in characters, pinyin or initials (two letters at least).",
        ),
    }


class PatientQuery(PageQuery):
    """What to search for; everything given must match, nothing given lists the newest."""

    identifier = _criteria()["identifier"]
    phone = _criteria()["phone"]
    name = _criteria()["name"]


class SearchIn(StrictSerializer):
    """The same criteria in the body, where no log and no history keeps them."""

    identifier = _criteria()["identifier"]
    phone = _criteria()["phone"]
    name = _criteria()["name"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for at least one criterion; the list of all is at GET."""
        if not attrs:
            raise serializers.ValidationError(_("Give at least one of identifier, phone and name."))
        return attrs


class IdentifierIn(StrictSerializer):
    """A document number as typed."""

    kind = serializers.ChoiceField(IdentifierKind.choices)
    value = TextField(max_length=40)


class GuardianIn(StrictSerializer):
    """Who answers for a child or somebody without capacity."""

    name = TextField(max_length=50, required=False, allow_null=True)
    phone = TextField(max_length=40, required=False, allow_null=True)


class AnswerIn(StrictSerializer):
    """What was answered, how and by whom."""

    given = serializers.BooleanField()
    method = serializers.ChoiceField(ConsentMethod.choices)
    given_by = serializers.ChoiceField(ConsentGivenBy.choices)
    guardian_name = TextField(max_length=50, required=False, allow_null=True)
    relation = serializers.ChoiceField(
        ConsentRelation.choices, required=False, help_text="Of a guardian or family member."
    )
    witness = TextField(
        max_length=50, required=False, allow_null=True, help_text="Of a consent by word of mouth."
    )
    told_by = serializers.UUIDField(
        required=False, allow_null=True, help_text="Who told the risks; the caller unless given."
    )
    risks_version = serializers.ChoiceField(
        risks.VERSIONS, required=False, help_text="The text that was told; the newest unless given."
    )
    note = TextField(max_length=200, required=False, allow_null=True)


class RegistrationConsentIn(AnswerIn):
    """The consent of a registration; the same answer may cover further purposes that were asked for."""

    purposes = serializers.ListField(
        child=serializers.ChoiceField(ConsentPurpose.choices),
        min_length=1,
        max_length=len(ConsentPurpose),
        required=False,
        help_text="Registration alone unless given; `referral` may be asked for at the same time.",
    )


class ConsentIn(AnswerIn):
    """An answer to one purpose."""

    purpose = serializers.ChoiceField(ConsentPurpose.choices)


class _ParticularsIn(StrictSerializer):
    """What registration and correction have in common."""

    phone = TextField(max_length=40, required=False, allow_null=True)
    address = TextField(max_length=200, required=False, allow_null=True)
    region = serializers.RegexField(
        r"^([0-9]{6}|[0-9]{9}|[0-9]{12})\Z",
        max_length=12,
        required=False,
        allow_null=True,
        help_text="Region code (GB/T 2260).",
    )
    guardian = GuardianIn(required=False, allow_null=True)
    identifiers = serializers.ListField(
        child=IdentifierIn(), required=False, max_length=MAX_IDENTIFIERS
    )


class PatientIn(_ParticularsIn):
    """A person to register; a resident ID fills in date of birth and sex."""

    name = TextField(max_length=50)
    gender = serializers.ChoiceField(Gender.choices, required=False)
    birth_date = serializers.DateField(required=False)
    consent = RegistrationConsentIn(
        required=False,
        allow_null=True,
        help_text="Needed for everybody whom your facility does not see yet.",
    )


class PatientPatch(_ParticularsIn):
    """Corrections; `identifiers` are added, everything else replaces, null empties."""

    name = TextField(max_length=50, required=False)
    gender = serializers.ChoiceField(Gender.choices, required=False)
    birth_date = serializers.DateField(required=False)
    deceased = serializers.BooleanField(required=False)
    lacks_capacity = serializers.BooleanField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a correction of nothing."""
        if not attrs:
            raise serializers.ValidationError(_("There is nothing to change."))
        return attrs


class RevealIn(StrictSerializer):
    """Why full values are needed."""

    reason = serializers.ChoiceField(RevealReason.choices)


class ContractIn(StrictSerializer):
    """A family-doctor contract with the caller's facility, [starts, ends)."""

    starts = serializers.DateField()
    ends = serializers.DateField(required=False, allow_null=True, help_text="First day after.")
    doctor = serializers.UUIDField(required=False, allow_null=True)


class ContractEndIn(StrictSerializer):
    """The day on which a contract ends; today unless given."""

    ends = serializers.DateField(required=False, help_text="First day after.")


class EmptyIn(StrictSerializer):
    """A request without particulars."""


class RegionOut(DOCUMENT):
    """A region."""

    code = serializers.CharField()
    name = serializers.CharField()


class GuardianOut(DOCUMENT):
    """A guardian, masked."""

    name = serializers.CharField(allow_null=True)
    phone = serializers.CharField(allow_null=True)


class SaidIdentifierOut(DOCUMENT):
    """A document number, masked."""

    kind = serializers.ChoiceField(IdentifierKind.choices)
    value = serializers.CharField()


class IdentifierOut(SaidIdentifierOut):
    """A document number of a record."""

    id = serializers.UUIDField()


class _PersonOut(DOCUMENT):
    id = serializers.UUIDField()
    name = serializers.CharField(help_text="Masked: 张*.")
    gender = serializers.ChoiceField(Gender.choices)
    birth_year = serializers.IntegerField()
    phone = serializers.CharField(allow_null=True, help_text="Masked: 138****5678.")
    address = serializers.CharField(allow_null=True, help_text="To the street or village.")
    region = RegionOut(allow_null=True)
    health_record_no = serializers.CharField(allow_null=True)
    guardian = GuardianOut(allow_null=True)


class PatientOut(_PersonOut):
    """A patient, masked."""

    age = serializers.IntegerField()
    deceased = serializers.BooleanField()
    lacks_capacity = serializers.BooleanField()
    identifiers = IdentifierOut(many=True)
    registered_by = serializers.UUIDField()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class GivenConsentOut(DOCUMENT):
    """The consent that came with a registration."""

    purposes = serializers.ListField(child=serializers.ChoiceField(ConsentPurpose.choices))
    given = serializers.BooleanField()
    method = serializers.ChoiceField(ConsentMethod.choices)
    given_by = serializers.ChoiceField(ConsentGivenBy.choices)


class RegisteredOut(_PersonOut):
    """What was said at registration, masked, and the id under which the person is found."""

    identifiers = SaidIdentifierOut(many=True)
    consent = GivenConsentOut()


class PatientPageOut(PageSerializer):
    """A page of patients."""

    results = PatientOut(many=True)


class RevealedOut(DOCUMENT):
    """A patient in full."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    gender = serializers.ChoiceField(Gender.choices)
    birth_date = serializers.DateField()
    phone = serializers.CharField(allow_null=True)
    address = serializers.CharField(allow_null=True)
    region = RegionOut(allow_null=True)
    health_record_no = serializers.CharField(allow_null=True)
    guardian = GuardianOut(allow_null=True)
    identifiers = IdentifierOut(many=True)


class ConsentOut(DOCUMENT):
    """A consent."""

    id = serializers.UUIDField()
    purpose = serializers.ChoiceField(ConsentPurpose.choices)
    given = serializers.BooleanField()
    method = serializers.ChoiceField(ConsentMethod.choices)
    given_by = serializers.ChoiceField(ConsentGivenBy.choices)
    guardian_name = serializers.CharField(allow_null=True)
    relation = serializers.ChoiceField([*ConsentRelation.choices, ("", "")])
    witness = serializers.CharField(allow_null=True, help_text="Masked.")
    document = serializers.UUIDField(allow_null=True)
    risks_version = serializers.CharField()
    told_by = NamedOut(allow_null=True)
    note = serializers.CharField(allow_null=True)
    facility = NamedOut()
    recorded_by = NamedOut(allow_null=True)
    recorded_at = serializers.DateTimeField()
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    live = serializers.BooleanField()


class ConsentPageOut(PageSerializer):
    """A page of consents, the newest first."""

    results = ConsentOut(many=True)


class ContractOut(DOCUMENT):
    """A family-doctor contract."""

    id = serializers.UUIDField()
    facility = NamedOut()
    doctor = NamedOut(allow_null=True)
    starts = serializers.DateField()
    ends = serializers.DateField(allow_null=True)
    in_force = serializers.BooleanField()


class ContractPageOut(PageSerializer):
    """A page of contracts, the newest first."""

    results = ContractOut(many=True)
