"""Makes the tables of the directory, and the two extensions that their constraints and search need."""

import uuid

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.comparison
from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations, models

import accounts.ids
import facilities.codes


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        BtreeGistExtension(),
        TrigramExtension(),
        migrations.CreateModel(
            name="Facility",
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
                    "code",
                    models.CharField(
                        help_text="Own code: capital letters, digits and hyphens.",
                        max_length=32,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator("^[A-Z0-9][A-Z0-9-]{1,31}$")
                        ],
                        verbose_name="Code",
                    ),
                ),
                (
                    "uscc",
                    models.CharField(
                        blank=True,
                        help_text="Empty where the institution has none, and on every campus but the main one.",
                        max_length=18,
                        null=True,
                        unique=True,
                        validators=[facilities.codes.validate_uscc],
                        verbose_name="Unified social credit code",
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="Name")),
                (
                    "short_name",
                    models.CharField(blank=True, max_length=60, verbose_name="Short name"),
                ),
                ("pinyin", models.CharField(editable=False, max_length=600)),
                ("initials", models.CharField(editable=False, max_length=120)),
                (
                    "terms",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=2),
                        default=list,
                        editable=False,
                        size=None,
                    ),
                ),
                (
                    "category",
                    models.CharField(
                        max_length=4,
                        validators=[django.core.validators.RegexValidator("^[A-R][0-9]{3}$")],
                        verbose_name="Category (WS 218)",
                    ),
                ),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "Community centre"),
                            (1, "Level 1"),
                            (2, "Level 2"),
                            (3, "Level 3"),
                            (9, "No level"),
                        ],
                        default=9,
                        verbose_name="Level",
                    ),
                ),
                (
                    "grade",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "Grade A"), (2, "Grade B"), (3, "Grade C"), (9, "No grade")],
                        default=9,
                        verbose_name="Grade",
                    ),
                ),
                (
                    "tier",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "Village clinic or station"),
                            (1, "Township or community centre, level 1"),
                            (2, "County or level 2 hospital"),
                            (3, "City level 3 hospital"),
                            (4, "Province hospital or regional medical centre"),
                            (5, "National medical centre"),
                        ],
                        verbose_name="Tier",
                    ),
                ),
                (
                    "ownership",
                    models.CharField(
                        choices=[("public", "Public"), ("private", "Private")],
                        default="public",
                        max_length=10,
                        verbose_name="Ownership",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("treating", "Treats patients"),
                            (
                                "third_party_centre",
                                "Third-party centre (takes orders, never treats)",
                            ),
                        ],
                        default="treating",
                        max_length=20,
                        verbose_name="Kind",
                    ),
                ),
                ("campus_name", models.CharField(blank=True, max_length=60, verbose_name="Campus")),
                ("phone", models.CharField(blank=True, max_length=40, verbose_name="Telephone")),
                (
                    "duty_phone",
                    models.CharField(
                        blank=True, max_length=40, verbose_name="Telephone on duty, day and night"
                    ),
                ),
                ("address", models.CharField(blank=True, max_length=200, verbose_name="Address")),
                (
                    "latitude",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        max_digits=8,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(-90),
                            django.core.validators.MaxValueValidator(90),
                        ],
                        verbose_name="Latitude",
                    ),
                ),
                (
                    "longitude",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        max_digits=9,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(-180),
                            django.core.validators.MaxValueValidator(180),
                        ],
                        verbose_name="Longitude",
                    ),
                ),
                (
                    "profile",
                    models.TextField(
                        blank=True, max_length=2000, verbose_name="Function and scope"
                    ),
                ),
                (
                    "requires_internal_review",
                    models.BooleanField(
                        default=False, verbose_name="Referrals need an internal review"
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="Active")),
                (
                    "legal_person",
                    models.ForeignKey(
                        blank=True,
                        help_text="The main site, when this is one of its campuses.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="campuses",
                        to="facilities.facility",
                        verbose_name="Legal person",
                    ),
                ),
            ],
            options={
                "verbose_name": "Facility",
                "verbose_name_plural": "Facilities",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^[A-Z0-9][A-Z0-9-]{1,31}$")),
                        name="facility_code_well_formed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("uscc__isnull", True),
                            ("uscc__regex", "^[0-9A-HJ-NPQRTUWXY]{18}$"),
                            _connector="OR",
                        ),
                        name="facility_uscc_well_formed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("category__regex", "^[A-R][0-9]{3}$")),
                        name="facility_category_well_formed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ownership__in", ["public", "private"])),
                        name="facility_ownership_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["treating", "third_party_centre"])),
                        name="facility_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("legal_person__isnull", True),
                            models.Q(("legal_person", models.F("id")), _negated=True),
                            _connector="OR",
                        ),
                        name="facility_not_own_campus",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("latitude__isnull", True), ("longitude__isnull", True)),
                            models.Q(
                                ("latitude__isnull", False),
                                ("latitude__range", (-90, 90)),
                                ("longitude__isnull", False),
                                ("longitude__range", (-180, 180)),
                            ),
                            _connector="OR",
                        ),
                        name="facility_position_on_earth",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("level__in", [0, 1, 2, 3, 9])),
                        name="facility_level_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("grade__in", [1, 2, 3, 9])), name="facility_grade_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("tier__in", [0, 1, 2, 3, 4, 5])),
                        name="facility_tier_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("level__in", [1, 2, 3]), ("grade", 9), _connector="OR"),
                        name="facility_grade_needs_level",
                        violation_error_message="Only levels 1 to 3 have a grade.",
                    ),
                ],
                "indexes": [
                    models.Index(fields=["pinyin", "id"], name="facility_by_pinyin"),
                    models.Index(fields=["tier", "pinyin", "id"], name="facility_by_tier"),
                    models.Index(
                        fields=["initials"],
                        name="facility_initials_start",
                        opclasses=["varchar_pattern_ops"],
                    ),
                    models.Index(
                        fields=["pinyin"],
                        name="facility_pinyin_start",
                        opclasses=["varchar_pattern_ops"],
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["initials"],
                        name="facility_initials_part",
                        opclasses=["gin_trgm_ops"],
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["pinyin"], name="facility_pinyin_part", opclasses=["gin_trgm_ops"]
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["terms"], name="facility_terms"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Department",
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
                    "code",
                    models.CharField(
                        max_length=8,
                        validators=[
                            django.core.validators.RegexValidator("^[0-9]{2}(\\.[0-9]{2}){0,2}$")
                        ],
                        verbose_name="Treatment subject",
                    ),
                ),
                ("name", models.CharField(max_length=80, verbose_name="Name")),
                ("pinyin", models.CharField(editable=False, max_length=600)),
                ("initials", models.CharField(editable=False, max_length=120)),
                ("phone", models.CharField(blank=True, max_length=40, verbose_name="Telephone")),
                (
                    "accepts",
                    models.TextField(blank=True, max_length=2000, verbose_name="What it takes"),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="Active")),
                (
                    "facility",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="departments",
                        to="facilities.facility",
                        verbose_name="Facility",
                    ),
                ),
            ],
            options={
                "verbose_name": "Department",
                "verbose_name_plural": "Departments",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("facility", "code", "name"),
                        name="department_once_a_facility",
                        violation_error_message="The facility has this department already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^[0-9]{2}(\\.[0-9]{2}){0,2}$")),
                        name="department_code_well_formed",
                    ),
                    models.UniqueConstraint(
                        fields=("id", "facility"), name="department_id_and_facility"
                    ),
                ],
                "indexes": [
                    models.Index(fields=["facility", "code", "id"], name="department_of_facility"),
                    models.Index(
                        fields=["code", "facility"],
                        name="department_by_code",
                        opclasses=["varchar_pattern_ops", "uuid_ops"],
                    ),
                    models.Index(fields=["pinyin", "id"], name="department_by_pinyin"),
                    models.Index(
                        fields=["pinyin"],
                        name="department_pinyin_start",
                        opclasses=["varchar_pattern_ops"],
                    ),
                    models.Index(
                        fields=["initials"],
                        name="department_initials_start",
                        opclasses=["varchar_pattern_ops"],
                    ),
                    models.Index(
                        fields=["name"],
                        name="department_name_start",
                        opclasses=["varchar_pattern_ops"],
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Capability",
            fields=[
                ("starts", models.DateField(verbose_name="Starts")),
                (
                    "ends",
                    models.DateField(
                        blank=True, help_text="First day after.", null=True, verbose_name="Ends"
                    ),
                ),
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
                    "code",
                    models.CharField(
                        choices=[
                            ("pci", "Percutaneous coronary intervention (PCI)"),
                            ("chest_pain_centre", "Chest pain centre"),
                            ("thrombolysis", "Intravenous thrombolysis"),
                            ("thrombectomy", "Mechanical thrombectomy"),
                            ("stroke_centre", "Stroke centre"),
                            ("trauma_centre", "Trauma centre"),
                            ("ct", "Computed tomography (CT)"),
                            ("mri", "Magnetic resonance imaging (MRI)"),
                            ("ecg", "Electrocardiography (ECG)"),
                            ("ultrasound", "Ultrasound"),
                            ("endoscopy", "Endoscopy"),
                            ("laboratory", "Laboratory"),
                            ("pathology", "Pathology"),
                            ("dialysis", "Haemodialysis"),
                            ("kidney_biopsy", "Kidney biopsy"),
                            ("icu", "Intensive care"),
                            ("nicu", "Neonatal intensive care"),
                            ("cardiac_surgery", "Cardiac surgery"),
                            ("radiotherapy", "Radiotherapy"),
                            ("rehabilitation", "Rehabilitation"),
                            ("long_term_oxygen", "Long-term oxygen therapy"),
                            ("hospice", "Hospice care"),
                            ("tcm", "Traditional Chinese medicine"),
                        ],
                        max_length=20,
                        verbose_name="Capability",
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="capabilities",
                        to="facilities.department",
                        verbose_name="Department",
                    ),
                ),
                (
                    "facility",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="capabilities",
                        to="facilities.facility",
                        verbose_name="Facility",
                    ),
                ),
            ],
            options={
                "verbose_name": "Capability",
                "verbose_name_plural": "Capabilities",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends__isnull", True),
                            ("ends__gt", models.F("starts")),
                            _connector="OR",
                        ),
                        name="facilities_capability_ends_after_start",
                        violation_error_message="The end must lie after the start.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "code__in",
                                [
                                    "pci",
                                    "chest_pain_centre",
                                    "thrombolysis",
                                    "thrombectomy",
                                    "stroke_centre",
                                    "trauma_centre",
                                    "ct",
                                    "mri",
                                    "ecg",
                                    "ultrasound",
                                    "endoscopy",
                                    "laboratory",
                                    "pathology",
                                    "dialysis",
                                    "kidney_biopsy",
                                    "icu",
                                    "nicu",
                                    "cardiac_surgery",
                                    "radiotherapy",
                                    "rehabilitation",
                                    "long_term_oxygen",
                                    "hospice",
                                    "tcm",
                                ],
                            )
                        ),
                        name="capability_code_known",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("facility", "="),
                            ("code", "="),
                            (
                                django.db.models.functions.comparison.Coalesce(
                                    models.F("department"),
                                    models.Value(
                                        uuid.UUID("00000000-0000-0000-0000-000000000000"),
                                        output_field=models.UUIDField(),
                                    ),
                                ),
                                "=",
                            ),
                            (
                                models.Func(
                                    models.F("starts"), models.F("ends"), function="daterange"
                                ),
                                "&&",
                            ),
                        ],
                        name="capability_once",
                        violation_error_message="The capability exists already in this term.",
                    ),
                ],
                "indexes": [
                    models.Index(fields=["code", "facility"], name="capability_by_code"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Alliance",
            fields=[
                ("starts", models.DateField(verbose_name="Starts")),
                (
                    "ends",
                    models.DateField(
                        blank=True, help_text="First day after.", null=True, verbose_name="Ends"
                    ),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="Name")),
                (
                    "form",
                    models.CharField(
                        choices=[
                            ("city_group", "City medical group"),
                            ("county_community", "County medical community"),
                            ("specialty", "Specialty alliance"),
                            ("telemedicine", "Telemedicine network"),
                        ],
                        max_length=20,
                        verbose_name="Form",
                    ),
                ),
                (
                    "specialty",
                    models.CharField(
                        blank=True,
                        help_text="Code of the national list of treatment subjects; for specialty alliances.",
                        max_length=8,
                        null=True,
                        validators=[
                            django.core.validators.RegexValidator("^[0-9]{2}(\\.[0-9]{2}){0,2}$")
                        ],
                        verbose_name="Specialty",
                    ),
                ),
                (
                    "allows_lateral",
                    models.BooleanField(
                        default=False, verbose_name="Allows referrals between equal tiers"
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="facilities.alliance",
                        verbose_name="Part of",
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="led_alliances",
                        to="facilities.facility",
                        verbose_name="Lead",
                    ),
                ),
            ],
            options={
                "verbose_name": "Alliance",
                "verbose_name_plural": "Alliances",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends__isnull", True),
                            ("ends__gt", models.F("starts")),
                            _connector="OR",
                        ),
                        name="facilities_alliance_ends_after_start",
                        violation_error_message="The end must lie after the start.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "form__in",
                                ["city_group", "county_community", "specialty", "telemedicine"],
                            )
                        ),
                        name="alliance_form_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("form", "specialty"), ("specialty__isnull", False)),
                            models.Q(
                                models.Q(("form", "specialty"), _negated=True),
                                ("specialty__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="alliance_specialty_iff_its_form",
                        violation_error_message="A specialty alliance, and only one, names a specialty.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("specialty__isnull", True),
                            ("specialty__regex", "^[0-9]{2}(\\.[0-9]{2}){0,2}$"),
                            _connector="OR",
                        ),
                        name="alliance_specialty_well_formed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("parent__isnull", True),
                            models.Q(("parent", models.F("id")), _negated=True),
                            _connector="OR",
                        ),
                        name="alliance_not_own_parent",
                    ),
                    models.UniqueConstraint(fields=("id", "form"), name="alliance_id_and_form"),
                ],
                "indexes": [
                    models.Index(fields=["name", "id"], name="alliance_by_name"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Accreditation",
            fields=[
                ("starts", models.DateField(verbose_name="Starts")),
                (
                    "ends",
                    models.DateField(
                        blank=True, help_text="First day after.", null=True, verbose_name="Ends"
                    ),
                ),
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
                    "level",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "Community centre"),
                            (1, "Level 1"),
                            (2, "Level 2"),
                            (3, "Level 3"),
                            (9, "No level"),
                        ],
                        verbose_name="Level",
                    ),
                ),
                (
                    "grade",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "Grade A"), (2, "Grade B"), (3, "Grade C"), (9, "No grade")],
                        verbose_name="Grade",
                    ),
                ),
                (
                    "tier",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "Village clinic or station"),
                            (1, "Township or community centre, level 1"),
                            (2, "County or level 2 hospital"),
                            (3, "City level 3 hospital"),
                            (4, "Province hospital or regional medical centre"),
                            (5, "National medical centre"),
                        ],
                        verbose_name="Tier",
                    ),
                ),
                (
                    "facility",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accreditations",
                        to="facilities.facility",
                    ),
                ),
            ],
            options={
                "verbose_name": "Accreditation",
                "verbose_name_plural": "Accreditations",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends__isnull", True),
                            ("ends__gt", models.F("starts")),
                            _connector="OR",
                        ),
                        name="facilities_accreditation_ends_after_start",
                        violation_error_message="The end must lie after the start.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("facility", "="),
                            (
                                models.Func(
                                    models.F("starts"), models.F("ends"), function="daterange"
                                ),
                                "&&",
                            ),
                        ],
                        name="accreditation_one_at_a_time",
                        violation_error_message="Another accreditation holds in this term.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("level__in", [0, 1, 2, 3, 9])),
                        name="accreditation_level_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("grade__in", [1, 2, 3, 9])),
                        name="accreditation_grade_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("tier__in", [0, 1, 2, 3, 4, 5])),
                        name="accreditation_tier_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("level__in", [1, 2, 3]), ("grade", 9), _connector="OR"),
                        name="accreditation_grade_needs_level",
                        violation_error_message="Only levels 1 to 3 have a grade.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("starts", models.DateField(verbose_name="Starts")),
                (
                    "ends",
                    models.DateField(
                        blank=True, help_text="First day after.", null=True, verbose_name="Ends"
                    ),
                ),
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
                    "form",
                    models.CharField(
                        choices=[
                            ("city_group", "City medical group"),
                            ("county_community", "County medical community"),
                            ("specialty", "Specialty alliance"),
                            ("telemedicine", "Telemedicine network"),
                        ],
                        editable=False,
                        max_length=20,
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[("lead", "Lead"), ("member", "Member")],
                        default="member",
                        max_length=10,
                        verbose_name="Role",
                    ),
                ),
                (
                    "alliance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to="facilities.alliance",
                    ),
                ),
                (
                    "facility",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to="facilities.facility",
                        verbose_name="Facility",
                    ),
                ),
                (
                    "parent_facility",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: directly under the lead.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="facilities.facility",
                        verbose_name="Under",
                    ),
                ),
            ],
            options={
                "verbose_name": "Membership",
                "verbose_name_plural": "Memberships",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends__isnull", True),
                            ("ends__gt", models.F("starts")),
                            _connector="OR",
                        ),
                        name="facilities_membership_ends_after_start",
                        violation_error_message="The end must lie after the start.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["lead", "member"])),
                        name="membership_role_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("parent_facility__isnull", True),
                            models.Q(("parent_facility", models.F("facility")), _negated=True),
                            _connector="OR",
                        ),
                        name="membership_not_under_itself",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("role", "lead"), _negated=True),
                            ("parent_facility__isnull", True),
                            _connector="OR",
                        ),
                        name="membership_lead_is_on_top",
                        violation_error_message="The lead is under no other member.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("alliance", "="),
                            ("facility", "="),
                            (
                                models.Func(
                                    models.F("starts"), models.F("ends"), function="daterange"
                                ),
                                "&&",
                            ),
                        ],
                        name="membership_once_an_alliance",
                        violation_error_message="The facility is a member already in this term.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("role", "lead")),
                        expressions=[
                            ("alliance", "="),
                            (
                                models.Func(
                                    models.F("starts"), models.F("ends"), function="daterange"
                                ),
                                "&&",
                            ),
                        ],
                        name="membership_one_lead",
                        violation_error_message="The alliance has another lead in this term.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("form", "city_group")),
                        expressions=[
                            ("facility", "="),
                            (
                                models.Func(
                                    models.F("starts"), models.F("ends"), function="daterange"
                                ),
                                "&&",
                            ),
                        ],
                        name="membership_one_city_group",
                        violation_error_message="A facility belongs to one city medical group at a time.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("form", "county_community"), ("role", "member")),
                        expressions=[
                            ("facility", "="),
                            (
                                models.Func(
                                    models.F("starts"), models.F("ends"), function="daterange"
                                ),
                                "&&",
                            ),
                        ],
                        name="membership_one_county_community",
                        violation_error_message="A member belongs to one county medical community at a time.",
                    ),
                ],
                "indexes": [
                    models.Index(
                        fields=["facility", "starts"],
                        include=("alliance", "ends"),
                        name="membership_of_facility",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Region",
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
                ("code", models.CharField(max_length=12, unique=True, verbose_name="Code")),
                ("name", models.CharField(max_length=100, verbose_name="Name")),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("province", "Province"),
                            ("prefecture", "Prefecture"),
                            ("county", "County"),
                            ("township", "Township"),
                            ("village", "Village"),
                        ],
                        max_length=10,
                        verbose_name="Level",
                    ),
                ),
                ("revision", models.CharField(max_length=4, verbose_name="Last edition")),
                (
                    "ended",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="Ended in"
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="facilities.region",
                        to_field="code",
                    ),
                ),
            ],
            options={
                "verbose_name": "Region",
                "verbose_name_plural": "Regions",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^[0-9]{6}([0-9]{3}){0,2}$")),
                        name="region_code_6_9_or_12_digits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "level__in",
                                ["province", "prefecture", "county", "township", "village"],
                            )
                        ),
                        name="region_level_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("parent__isnull", True),
                            models.Q(("parent", models.F("code")), _negated=True),
                            _connector="OR",
                        ),
                        name="region_not_own_parent",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="facility",
            name="region",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="facilities.region",
                to_field="code",
                verbose_name="Region",
            ),
        ),
        migrations.CreateModel(
            name="Relation",
            fields=[
                ("starts", models.DateField(verbose_name="Starts")),
                (
                    "ends",
                    models.DateField(
                        blank=True, help_text="First day after.", null=True, verbose_name="Ends"
                    ),
                ),
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
                            ("trusteeship", "Trusteeship"),
                            ("counterpart", "Counterpart support"),
                            ("regional_centre", "Regional medical centre project"),
                            ("third_party", "Third-party service"),
                        ],
                        max_length=20,
                        verbose_name="Kind",
                    ),
                ),
                (
                    "from_facility",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="relations_given",
                        to="facilities.facility",
                        verbose_name="Giver",
                    ),
                ),
                (
                    "to_facility",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="relations_received",
                        to="facilities.facility",
                        verbose_name="Receiver",
                    ),
                ),
            ],
            options={
                "verbose_name": "Relation",
                "verbose_name_plural": "Relations",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends__isnull", True),
                            ("ends__gt", models.F("starts")),
                            _connector="OR",
                        ),
                        name="facilities_relation_ends_after_start",
                        violation_error_message="The end must lie after the start.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                ["trusteeship", "counterpart", "regional_centre", "third_party"],
                            )
                        ),
                        name="relation_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("from_facility", models.F("to_facility")), _negated=True
                        ),
                        name="relation_of_two_facilities",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("kind", "="),
                            ("from_facility", "="),
                            ("to_facility", "="),
                            (
                                models.Func(
                                    models.F("starts"), models.F("ends"), function="daterange"
                                ),
                                "&&",
                            ),
                        ],
                        name="relation_once_a_pair",
                        violation_error_message="This relation exists already in this term.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("kind", "trusteeship")),
                        expressions=[
                            ("to_facility", "="),
                            (
                                models.Func(
                                    models.F("starts"), models.F("ends"), function="daterange"
                                ),
                                "&&",
                            ),
                        ],
                        name="relation_one_trustee",
                        violation_error_message="A facility has one trustee at a time.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StaffPost",
            fields=[
                ("starts", models.DateField(verbose_name="Starts")),
                (
                    "ends",
                    models.DateField(
                        blank=True, help_text="First day after.", null=True, verbose_name="Ends"
                    ),
                ),
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
                    "role",
                    models.CharField(
                        choices=[
                            ("clinic_doctor", "Clinic doctor"),
                            ("clinic_manager", "Clinic manager"),
                            ("hospital_doctor", "Hospital doctor"),
                            ("referral_office", "Referral office"),
                            ("alliance_manager", "Alliance manager"),
                            ("integrator", "System integrator"),
                            ("auditor", "Auditor"),
                            ("system_admin", "System administrator"),
                        ],
                        max_length=20,
                        verbose_name="Role",
                    ),
                ),
                (
                    "title",
                    models.CharField(blank=True, max_length=40, verbose_name="Professional title"),
                ),
                (
                    "department",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="posts",
                        to="facilities.department",
                        verbose_name="Department",
                    ),
                ),
                (
                    "facility",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="posts",
                        to="facilities.facility",
                        verbose_name="Facility",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="posts",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="User",
                    ),
                ),
            ],
            options={
                "verbose_name": "Staff post",
                "verbose_name_plural": "Staff posts",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends__isnull", True),
                            ("ends__gt", models.F("starts")),
                            _connector="OR",
                        ),
                        name="facilities_staffpost_ends_after_start",
                        violation_error_message="The end must lie after the start.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "role__in",
                                [
                                    "clinic_doctor",
                                    "clinic_manager",
                                    "hospital_doctor",
                                    "referral_office",
                                    "alliance_manager",
                                    "integrator",
                                    "auditor",
                                    "system_admin",
                                ],
                            )
                        ),
                        name="post_role_known",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("user", "="),
                            ("facility", "="),
                            ("role", "="),
                            (
                                django.db.models.functions.comparison.Coalesce(
                                    models.F("department"),
                                    models.Value(
                                        uuid.UUID("00000000-0000-0000-0000-000000000000"),
                                        output_field=models.UUIDField(),
                                    ),
                                ),
                                "=",
                            ),
                            (
                                models.Func(
                                    models.F("starts"), models.F("ends"), function="daterange"
                                ),
                                "&&",
                            ),
                        ],
                        name="post_once",
                        violation_error_message="The person holds this post already in this term.",
                    ),
                ],
                "indexes": [
                    models.Index(fields=["user", "starts", "id"], name="post_of_user"),
                    models.Index(fields=["facility", "role"], name="post_at_facility"),
                ],
            },
        ),
    ]
