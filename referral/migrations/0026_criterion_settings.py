"""Adds what alliances set of the criteria for themselves; it tells of no patient."""

from typing import ClassVar

import django.contrib.postgres.constraints
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.ids


class Migration(migrations.Migration):
    """One new table."""

    dependencies: ClassVar = [
        ("facilities", "0010_one_administration"),
        ("referral", "0027_patient_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="CriterionSetting",
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
                ("rule", models.CharField(max_length=12)),
                ("edition", models.DateField()),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("standard", "As in the document"),
                            ("own", "With thresholds or follow-up of our own"),
                            ("off", "Switched off here"),
                        ],
                        max_length=10,
                    ),
                ),
                ("thresholds", models.JSONField(default=dict)),
                ("follow_up_days", models.PositiveSmallIntegerField(null=True)),
                ("reason", models.CharField(max_length=500, verbose_name="Reason")),
                ("source", models.CharField(max_length=200, verbose_name="Source")),
                ("created_at", models.DateTimeField()),
                (
                    "alliance",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="facilities.alliance",
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "Criterion of an alliance",
                "verbose_name_plural": "Criteria of alliances",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends__isnull", True),
                            ("ends__gte", models.F("starts")),
                            _connector="OR",
                        ),
                        name="referral_criterionsetting_ends_from_start_on",
                        violation_error_message="The end may not lie before the start.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("mode__in", ["standard", "own", "off"])),
                        name="criterion_mode_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("mode", "own"),
                                models.Q(
                                    models.Q(("thresholds", {}), _negated=True),
                                    ("follow_up_days__isnull", False),
                                    _connector="OR",
                                ),
                            ),
                            models.Q(
                                models.Q(("mode", "own"), _negated=True),
                                models.Q(
                                    models.Q(("thresholds", {}), _negated=True),
                                    ("follow_up_days__isnull", False),
                                    _connector="OR",
                                    _negated=True,
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="criterion_own_says_what",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("follow_up_days__isnull", True),
                            ("follow_up_days__range", (1, 366)),
                            _connector="OR",
                        ),
                        name="criterion_follow_up_in_a_year",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reason", ""), _negated=True),
                            models.Q(("source", ""), _negated=True),
                        ),
                        name="criterion_explained",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("alliance", "="),
                            ("rule", "="),
                            (
                                models.Func(
                                    models.F("starts"), models.F("ends"), function="daterange"
                                ),
                                "&&",
                            ),
                        ],
                        name="criterion_never_twice",
                        violation_error_message="Another setting of this criterion holds in this term.",
                    ),
                ],
            },
        ),
    ]
