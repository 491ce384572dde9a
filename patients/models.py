"""Stores patients, their identifiers, consents, contracts and access grants; rows are never deleted."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.encryption import EncryptedTextField
from accounts.ids import uuid7
from facilities.models import Facility, Region


class Gender(models.TextChoices):
    """Sex by the codes of GB/T 2261.1."""

    UNKNOWN = "0", _("Unknown")
    MALE = "1", _("Male")
    FEMALE = "2", _("Female")
    UNSTATED = "9", _("Not stated")


class IdentifierKind(models.TextChoices):
    """What sort of document or number names a person."""

    RESIDENT_ID = "resident_id", _("Resident identity card")
    PASSPORT = "passport", _("Passport")
    HK_MACAU_PERMIT = (
        "hk_macau_permit",
        _("Mainland travel permit for Hong Kong and Macau residents"),
    )
    TAIWAN_PERMIT = "taiwan_permit", _("Mainland travel permit for Taiwan residents")
    FOREIGN_PERMANENT = "foreign_permanent", _("Foreigner's permanent residence card")
    MILITARY = "military", _("Military identity card")
    BIRTH_CERTIFICATE = "birth_certificate", _("Medical certificate of birth")
    HEALTH_RECORD = "health_record", _("Health record number")
    INSURANCE = "insurance", _("Health insurance number")


class ConsentPurpose(models.TextChoices):
    """What a patient agrees to; each purpose is asked for separately (PIPL article 29)."""

    REFERRAL = "referral", _("Referral")
    DATA_SHARING = "data_sharing", _("Sharing of records")
    REGISTRATION = "registration", _("Registration at this facility")


class ConsentMethod(models.TextChoices):
    """How the patient said so."""

    PAPER = "paper", _("Signed on paper")
    SCREEN = "screen", _("Confirmed on a screen")
    VERBAL_EMERGENCY = "verbal_emergency", _("By word of mouth in an emergency")


class ConsentGivenBy(models.TextChoices):
    """Who said so; for a child below 14 or without capacity only a guardian can (PIPL article 31)."""

    SELF = "self", _("The patient")
    GUARDIAN = "guardian", _("A guardian")
    FAMILY = "family", _("A family member")


class ConsentRelation(models.TextChoices):
    """What a guardian or family member is to the patient."""

    PARENT = "parent", _("Father or mother")
    SPOUSE = "spouse", _("Husband or wife")
    CHILD = "child", _("Son or daughter")
    SIBLING = "sibling", _("Brother or sister")
    GRANDPARENT = "grandparent", _("Grandparent")
    APPOINTED = "appointed", _("Appointed guardian")
    OTHER = "other", _("Another relation")
    UNSTATED = "unstated", _("Relation not stated")


class AccessPurpose(models.TextChoices):
    """Why a facility may see a patient."""

    REGISTRATION = "registration", _("Registered here")
    CONTRACT = "contract", _("Family-doctor contract")
    REFERRAL = "referral", _("Referral")
    EXAMINATION = "examination", _("Examination ordered")
    CONSULTATION = "consultation", _("Advice before a referral")


class RevealReason(models.TextChoices):
    """Why somebody asks for full values; a word, since the audit trail takes no free text."""

    TREATMENT = "treatment", _("To treat the patient")
    CONTACT = "contact", _("To reach the patient or the family")
    PRINT = "print", _("To fill in a form")
    VERIFY = "verify", _("To make sure who the patient is")
    CORRECT = "correct", _("To correct the record")


class Patient(models.Model):
    """One person as one record; `merged_into` names the record that took its place.

    `version` rises with every change of the person's own data. `identity_conflict` marks a record
    whose document number another record bears under another name, for a human to settle; it is never
    shown to a facility, to which it would tell that the other record exists.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    registered_by = models.ForeignKey(Facility, models.PROTECT, related_name="+", db_index=False)
    name = EncryptedTextField(max_length=100)
    gender = models.CharField(_("Sex"), max_length=1, choices=Gender.choices)
    birth_date = models.DateField(_("Date of birth"))
    phone = EncryptedTextField(max_length=40, null=True)
    phone_index = models.BinaryField(max_length=32, null=True)
    address = EncryptedTextField(max_length=200, null=True)
    region = models.ForeignKey(Region, models.PROTECT, null=True, related_name="+")
    health_record_no = EncryptedTextField(max_length=40, null=True)
    guardian_name = EncryptedTextField(max_length=100, null=True)
    guardian_phone = EncryptedTextField(max_length=40, null=True)
    deceased = models.BooleanField(_("Deceased"), default=False)
    lacks_capacity = models.BooleanField(
        _("Needs a guardian to consent"), default=False, db_default=False
    )
    identity_conflict = models.BooleanField(default=False)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("Patient")
        verbose_name_plural = _("Patients")
        indexes: ClassVar = [
            models.Index(
                fields=["phone_index"],
                condition=Q(phone_index__isnull=False),
                name="patient_phone",
            ),
            models.Index(
                fields=["id"], condition=Q(identity_conflict=True), name="patient_in_conflict"
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(gender__in=Gender.values), name="patient_gender_known"
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                name="patient_not_merged_into_itself",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="patient_version_counts"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class NameIndex(models.Model):
    """The blind search tokens of a patient's name, in a table of their own without row security.

    Under row security PostgreSQL uses an index only for leakproof operators, and those of arrays are
    not: a GIN index on the patient's own row would never be used. This row holds keyed hashes and no
    personal data; every search joins it to the patients that the caller may see.
    """

    patient = models.OneToOneField(
        Patient, models.PROTECT, primary_key=True, related_name="name_index"
    )
    tokens = ArrayField(models.BigIntegerField())

    class Meta:
        verbose_name = _("Name index")
        verbose_name_plural = _("Name indexes")
        indexes: ClassVar = [GinIndex(fields=["tokens"], name="nameindex_tokens")]

    def __str__(self) -> str:
        return str(self.patient_id)


class Identifier(models.Model):
    """A document number of a patient, found only by its blind index.

    A number is unique within one patient, not in the table: a record made under another name with the
    same number must be possible without telling its maker that the number is known (see
    `Patient.identity_conflict`), and a global constraint would tell.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="identifiers", db_index=False)
    kind = models.CharField(_("Kind"), max_length=20, choices=IdentifierKind.choices)
    value = EncryptedTextField(max_length=40)
    value_index = models.BinaryField(max_length=32)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("Identifier")
        verbose_name_plural = _("Identifiers")
        indexes: ClassVar = [
            models.Index(fields=["value_index", "kind"], name="identifier_value"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["patient", "kind", "value_index"], name="identifier_once_a_patient"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=IdentifierKind.values), name="identifier_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Consent(models.Model):
    """What a patient agreed to or refused at one facility; a later row of a purpose replaces earlier ones.

    `risks_version` names the text of the risks that was told, `told_by` who told it, `witness` who heard
    a consent by word of mouth. `document` is the id of the scan or signature, kept with a referral.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="consents", db_index=False)
    facility = models.ForeignKey(Facility, models.PROTECT, related_name="+", db_index=False)
    purpose = models.CharField(_("Purpose"), max_length=20, choices=ConsentPurpose.choices)
    given = models.BooleanField(_("Given"))
    method = models.CharField(_("Method"), max_length=20, choices=ConsentMethod.choices)
    given_by = models.CharField(_("Given by"), max_length=10, choices=ConsentGivenBy.choices)
    guardian_name = EncryptedTextField(max_length=100, null=True)
    relation = models.CharField(
        _("Relation"),
        max_length=12,
        blank=True,
        choices=ConsentRelation.choices,
        default="",
        db_default="",
    )
    witness = EncryptedTextField(max_length=100, null=True)
    document = models.UUIDField(null=True)
    risks_version = models.CharField(max_length=20, blank=True, default="", db_default="")
    told_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    note = EncryptedTextField(max_length=500, null=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Consent")
        verbose_name_plural = _("Consents")
        indexes: ClassVar = [
            models.Index(
                fields=["patient", "facility", "purpose", "-recorded_at", "-id"],
                name="consent_latest",
            ),
            models.Index(
                fields=["withdrawn_at"],
                condition=Q(withdrawn_at__isnull=False),
                name="consent_withdrawn",
            ),
            models.Index(
                fields=["recorded_at"],
                condition=Q(given=False, purpose=ConsentPurpose.REFERRAL),
                name="consent_refused",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(purpose__in=ConsentPurpose.values), name="consent_purpose_known"
            ),
            models.CheckConstraint(
                condition=Q(method__in=ConsentMethod.values), name="consent_method_known"
            ),
            models.CheckConstraint(
                condition=Q(given_by__in=ConsentGivenBy.values), name="consent_given_by_known"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True)
                | Q(given=True, withdrawn_at__gte=F("recorded_at")),
                name="consent_withdrawn_after_given",
            ),
            models.CheckConstraint(
                condition=Q(relation__in=["", *ConsentRelation.values]),
                name="consent_relation_known",
            ),
            models.CheckConstraint(
                condition=~Q(given_by=ConsentGivenBy.SELF) | Q(relation=""),
                name="consent_own_word_without_relation",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class FamilyDoctorContract(models.Model):
    """A family-doctor contract, [starts, ends); a patient has one at a time with a facility."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="contracts")
    facility = models.ForeignKey(Facility, models.PROTECT, related_name="+")
    doctor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    starts = models.DateField(_("From"))
    ends = models.DateField(_("Until"), null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("Family-doctor contract")
        verbose_name_plural = _("Family-doctor contracts")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends__isnull=True) | Q(ends__gte=F("starts")),
                name="contract_ends_not_before_start",
            ),
            ExclusionConstraint(
                name="contract_one_at_a_time",
                expressions=[
                    ("patient", RangeOperators.EQUAL),
                    ("facility", RangeOperators.EQUAL),
                    (Func(F("starts"), F("ends"), function="daterange"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class AccessGrant(models.Model):
    """The right of one facility to see one patient, [starts, ends); the only source of that right.

    `reference` names what it rests on (a contract, a referral), and a grant is written once for each.
    Only the functions of migration 0003 end or reopen one. `granted_by` is the facility that gave it;
    null is the system.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="grants", db_index=False)
    facility = models.ForeignKey(Facility, models.PROTECT, related_name="+", db_index=False)
    purpose = models.CharField(_("Purpose"), max_length=20, choices=AccessPurpose.choices)
    reference = models.UUIDField(null=True)
    granted_by = models.ForeignKey(
        Facility, models.PROTECT, null=True, related_name="+", db_index=False
    )
    starts = models.DateTimeField(_("From"))
    ends = models.DateTimeField(_("Until"), null=True)

    class Meta:
        verbose_name = _("Access grant")
        verbose_name_plural = _("Access grants")
        indexes: ClassVar = [
            models.Index(fields=["facility", "patient"], name="accessgrant_facility"),
            models.Index(
                fields=["reference", "facility"],
                condition=Q(reference__isnull=False),
                name="accessgrant_reference",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["patient", "facility", "purpose", "reference"],
                nulls_distinct=False,
                name="accessgrant_once_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=AccessPurpose.values), name="accessgrant_purpose_known"
            ),
            models.CheckConstraint(
                condition=Q(ends__isnull=True) | Q(ends__gte=F("starts")),
                name="accessgrant_ends_not_before_start",
            ),
            models.CheckConstraint(
                condition=Q(purpose=AccessPurpose.REGISTRATION, reference__isnull=True)
                | (~Q(purpose=AccessPurpose.REGISTRATION) & Q(reference__isnull=False)),
                name="accessgrant_names_its_reason",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
