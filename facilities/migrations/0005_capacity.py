"""Pools of appointments, beds and shared equipment: limits, of which referrals take."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import accounts.ids

# A pool's department is its facility's own, and its day is that of its start, by the clock of the country.
HELD_TRUE = """
ALTER TABLE facilities_pool ADD CONSTRAINT pool_department_at_facility
    FOREIGN KEY (department_id, facility_id) REFERENCES facilities_department (id, facility_id)
    ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE facilities_pool ADD CONSTRAINT pool_day_of_its_start
    CHECK (day = (starts_at AT TIME ZONE 'Asia/Shanghai')::date);
"""
BACK = """
ALTER TABLE facilities_pool DROP CONSTRAINT pool_day_of_its_start;
ALTER TABLE facilities_pool DROP CONSTRAINT pool_department_at_facility;
"""


class Migration(migrations.Migration):
    """One table for three kinds of pool, since they are counted alike."""

    dependencies: ClassVar = [("facilities", "0004_calendar")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="Pool",
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
                            ("slot", "Appointments"),
                            ("bed", "Beds"),
                            ("equipment", "Examinations on shared equipment"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "doctor_grade",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("ordinary", "Ordinary clinic"),
                            ("associate_chief", "Associate chief physician"),
                            ("chief", "Chief physician"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "capability",
                    models.CharField(
                        blank=True,
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
                    ),
                ),
                ("day", models.DateField()),
                (
                    "session",
                    models.CharField(
                        choices=[
                            ("morning", "Morning"),
                            ("afternoon", "Afternoon"),
                            ("evening", "Evening"),
                            ("whole_day", "Whole day"),
                        ],
                        max_length=10,
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("places", models.PositiveSmallIntegerField()),
                ("reserved_percent", models.PositiveSmallIntegerField()),
                ("opens_at", models.DateTimeField()),
                ("released_at", models.DateTimeField()),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "alliance",
                    models.ForeignKey(
                        db_index=False,
                        help_text="To whose members idle equipment is offered.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="facilities.alliance",
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="facilities.department",
                    ),
                ),
                (
                    "facility",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="facilities.facility",
                    ),
                ),
            ],
            options={
                "verbose_name": "Pool of places",
                "verbose_name_plural": "Pools of places",
                "indexes": [
                    models.Index(fields=["facility", "starts_at", "id"], name="pool_of_facility"),
                    models.Index(
                        condition=models.Q(("kind", "equipment")),
                        fields=["alliance", "capability", "starts_at", "id"],
                        name="pool_of_equipment",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("alliance__isnull", True),
                                ("capability", ""),
                                ("department__isnull", False),
                                ("kind", "slot"),
                                models.Q(("doctor_grade", ""), _negated=True),
                            ),
                            models.Q(
                                ("alliance__isnull", True),
                                ("capability", ""),
                                ("department__isnull", False),
                                ("doctor_grade", ""),
                                ("kind", "bed"),
                            ),
                            models.Q(
                                ("alliance__isnull", False),
                                ("doctor_grade", ""),
                                ("kind", "equipment"),
                                models.Q(("capability", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="pool_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("doctor_grade__in", ["", "ordinary", "associate_chief", "chief"])
                        ),
                        name="pool_grade_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "capability__in",
                                [
                                    "",
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
                        name="pool_capability_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("session__in", ["morning", "afternoon", "evening", "whole_day"])
                        ),
                        name="pool_session_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("places__lte", 500)), name="pool_places"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reserved_percent__lte", 100)), name="pool_reserved"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                        name="pool_ends_after_start",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("opens_at__lte", models.F("starts_at")),
                            ("released_at__lte", models.F("starts_at")),
                        ),
                        name="pool_opens_before_start",
                    ),
                    models.UniqueConstraint(
                        fields=(
                            "facility",
                            "starts_at",
                            "kind",
                            "department",
                            "doctor_grade",
                            "capability",
                            "alliance",
                        ),
                        name="pool_once",
                        nulls_distinct=False,
                    ),
                ],
            },
        ),
        migrations.RunSQL(HELD_TRUE, BACK),
    ]
