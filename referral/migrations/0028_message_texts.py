"""Adds the words in which alliances send their messages; they tell of no patient."""

from typing import ClassVar

import django.contrib.postgres.constraints
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.ids


class Migration(migrations.Migration):
    """One new table."""

    dependencies: ClassVar = [
        ("facilities", "0012_trials"),
        ("referral", "0026_criterion_settings"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="MessageText",
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
                ("code", models.CharField(max_length=8)),
                ("zh", models.CharField(blank=True, max_length=300, verbose_name="In Chinese")),
                ("en", models.CharField(blank=True, max_length=300, verbose_name="In English")),
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
                "verbose_name": "Message of an alliance",
                "verbose_name_plural": "Messages of alliances",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends__isnull", True),
                            ("ends__gte", models.F("starts")),
                            _connector="OR",
                        ),
                        name="referral_messagetext_ends_from_start_on",
                        violation_error_message="The end may not lie before the start.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("zh", ""), ("en", "")),
                            models.Q(
                                models.Q(("zh", ""), _negated=True),
                                models.Q(("en", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="message_text_both_or_none",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("alliance", "="),
                            ("code", "="),
                            (
                                models.Func(
                                    models.F("starts"), models.F("ends"), function="daterange"
                                ),
                                "&&",
                            ),
                        ],
                        name="message_text_never_twice",
                        violation_error_message="Other words of this message hold in this term.",
                    ),
                ],
            },
        ),
    ]
