"""Makes the tables of patients, their documents, consents, contracts and access grants."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import accounts.encryption
import accounts.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("facilities", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Patient",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", accounts.encryption.EncryptedTextField(max_length=100)),
                (
                    "gender",
                    models.CharField(
                        choices=[
                            ("0", "Unknown"),
                            ("1", "Male"),
                            ("2", "Female"),
                            ("9", "Not stated"),
                        ],
                        max_length=1,
                        verbose_name="Sex",
                    ),
                ),
                ("birth_date", models.DateField(verbose_name="Date of birth")),
                ("phone", accounts.encryption.EncryptedTextField(max_length=40, null=True)),
                ("phone_index", models.BinaryField(max_length=32, null=True)),
                ("address", accounts.encryption.EncryptedTextField(max_length=200, null=True)),
                (
                    "health_record_no",
                    accounts.encryption.EncryptedTextField(max_length=40, null=True),
                ),
                (
                    "guardian_name",
                    accounts.encryption.EncryptedTextField(max_length=100, null=True),
                ),
                (
                    "guardian_phone",
                    accounts.encryption.EncryptedTextField(max_length=40, null=True),
                ),
                ("deceased", models.BooleanField(default=False, verbose_name="Deceased")),
                ("identity_conflict", models.BooleanField(default=False)),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "merged_into",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="patients.patient",
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="facilities.region",
                    ),
                ),
                (
                    "registered_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="facilities.facility",
                    ),
                ),
            ],
            options={
                "verbose_name": "Patient",
                "verbose_name_plural": "Patients",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("gender__in", ["0", "1", "2", "9"])),
                        name="patient_gender_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("merged_into__isnull", True),
                            models.Q(("merged_into", models.F("id")), _negated=True),
                            _connector="OR",
                        ),
                        name="patient_not_merged_into_itself",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("version__gte", 1)), name="patient_version_counts"
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("phone_index__isnull", False)),
                        fields=["phone_index"],
                        name="patient_phone",
                    ),
                    models.Index(
                        condition=models.Q(("identity_conflict", True)),
                        fields=["id"],
                        name="patient_in_conflict",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Identifier",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("resident_id", "Resident identity card"),
                            ("passport", "Passport"),
                            (
                                "hk_macau_permit",
                                "Mainland travel permit for Hong Kong and Macau residents",
                            ),
                            ("taiwan_permit", "Mainland travel permit for Taiwan residents"),
                            ("foreign_permanent", "Foreigner's permanent residence card"),
                            ("military", "Military identity card"),
                            ("birth_certificate", "Medical certificate of birth"),
                            ("health_record", "Health record number"),
                            ("insurance", "Health insurance number"),
                        ],
                        max_length=20,
                        verbose_name="Kind",
                    ),
                ),
                ("value", accounts.encryption.EncryptedTextField(max_length=40)),
                ("value_index", models.BinaryField(max_length=32)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "patient",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="identifiers",
                        to="patients.patient",
                    ),
                ),
            ],
            options={
                "verbose_name": "Identifier",
                "verbose_name_plural": "Identifiers",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("patient", "kind", "value_index"), name="identifier_once_a_patient"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "resident_id",
                                    "passport",
                                    "hk_macau_permit",
                                    "taiwan_permit",
                                    "foreign_permanent",
                                    "military",
                                    "birth_certificate",
                                    "health_record",
                                    "insurance",
                                ],
                            )
                        ),
                        name="identifier_kind_known",
                    ),
                ],
                "indexes": [
                    models.Index(fields=["value_index", "kind"], name="identifier_value"),
                ],
            },
        ),
        migrations.CreateModel(
            name="FamilyDoctorContract",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("starts", models.DateField(verbose_name="From")),
                ("ends", models.DateField(null=True, verbose_name="Until")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "doctor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "facility",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="facilities.facility",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contracts",
                        to="patients.patient",
                    ),
                ),
            ],
            options={
                "verbose_name": "Family-doctor contract",
                "verbose_name_plural": "Family-doctor contracts",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends__isnull", True),
                            ("ends__gte", models.F("starts")),
                            _connector="OR",
                        ),
                        name="contract_ends_not_before_start",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("patient", "="),
                            ("facility", "="),
                            (
                                models.Func(
                                    models.F("starts"), models.F("ends"), function="daterange"
                                ),
                                "&&",
                            ),
                        ],
                        name="contract_one_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("referral", "Referral"),
                            ("data_sharing", "Sharing of records"),
                            ("registration", "Registration at this facility"),
                        ],
                        max_length=20,
                        verbose_name="Purpose",
                    ),
                ),
                ("given", models.BooleanField(verbose_name="Given")),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("paper", "Signed on paper"),
                            ("screen", "Confirmed on a screen"),
                            ("verbal_emergency", "By word of mouth in an emergency"),
                        ],
                        max_length=20,
                        verbose_name="Method",
                    ),
                ),
                (
                    "given_by",
                    models.CharField(
                        choices=[
                            ("self", "The patient"),
                            ("guardian", "A guardian"),
                            ("family", "A family member"),
                        ],
                        max_length=10,
                        verbose_name="Given by",
                    ),
                ),
                (
                    "guardian_name",
                    accounts.encryption.EncryptedTextField(max_length=100, null=True),
                ),
                ("note", accounts.encryption.EncryptedTextField(max_length=500, null=True)),
                ("recorded_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "facility",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="facilities.facility",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consents",
                        to="patients.patient",
                    ),
                ),
            ],
            options={
                "verbose_name": "Consent",
                "verbose_name_plural": "Consents",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("purpose__in", ["referral", "data_sharing", "registration"])
                        ),
                        name="consent_purpose_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("method__in", ["paper", "screen", "verbal_emergency"])),
                        name="consent_method_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("given_by__in", ["self", "guardian", "family"])),
                        name="consent_given_by_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("withdrawn_at__isnull", True),
                            models.Q(
                                ("given", True), ("withdrawn_at__gte", models.F("recorded_at"))
                            ),
                            _connector="OR",
                        ),
                        name="consent_withdrawn_after_given",
                    ),
                ],
                "indexes": [
                    models.Index(
                        fields=["patient", "facility", "purpose", "-recorded_at", "-id"],
                        name="consent_latest",
                    ),
                    models.Index(
                        condition=models.Q(("withdrawn_at__isnull", False)),
                        fields=["withdrawn_at"],
                        name="consent_withdrawn",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AccessGrant",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("registration", "Registered here"),
                            ("contract", "Family-doctor contract"),
                            ("referral", "Referral"),
                        ],
                        max_length=20,
                        verbose_name="Purpose",
                    ),
                ),
                ("reference", models.UUIDField(null=True)),
                ("starts", models.DateTimeField(verbose_name="From")),
                ("ends", models.DateTimeField(null=True, verbose_name="Until")),
                (
                    "facility",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="facilities.facility",
                    ),
                ),
                (
                    "granted_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="facilities.facility",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="grants",
                        to="patients.patient",
                    ),
                ),
            ],
            options={
                "verbose_name": "Access grant",
                "verbose_name_plural": "Access grants",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("patient", "facility", "purpose", "reference"),
                        name="accessgrant_once_a_reason",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("purpose__in", ["registration", "contract", "referral"])
                        ),
                        name="accessgrant_purpose_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends__isnull", True),
                            ("ends__gte", models.F("starts")),
                            _connector="OR",
                        ),
                        name="accessgrant_ends_not_before_start",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("purpose", "registration"), ("reference__isnull", True)),
                            models.Q(
                                models.Q(("purpose", "registration"), _negated=True),
                                ("reference__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="accessgrant_names_its_reason",
                    ),
                ],
                "indexes": [
                    models.Index(fields=["facility", "patient"], name="accessgrant_facility"),
                    models.Index(
                        condition=models.Q(("reference__isnull", False)),
                        fields=["reference", "facility"],
                        name="accessgrant_reference",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NameIndex",
            fields=[
                (
                    "patient",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="name_index",
                        serialize=False,
                        to="patients.patient",
                    ),
                ),
                (
                    "tokens",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None
                    ),
                ),
            ],
            options={
                "verbose_name": "Name index",
                "verbose_name_plural": "Name indexes",
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["tokens"], name="nameindex_tokens"
                    )
                ],
            },
        ),
    ]
