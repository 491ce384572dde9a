"""Adds limits and automatic steps of an alliance, the clock of a leg and the reminders sent for it."""

from typing import ClassVar

import django.contrib.postgres.constraints
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.ids

# A clock and a reminder are read with their leg. Either side moves the clock by its own verbs; reminders
# are the system's alone. Nobody deletes.
SECURITY = """
ALTER TABLE referral_legclock ENABLE ROW LEVEL SECURITY;
ALTER TABLE referral_legclock FORCE ROW LEVEL SECURITY;
CREATE POLICY clock_seen ON referral_legclock FOR SELECT USING (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id));
CREATE POLICY clock_begun ON referral_legclock FOR INSERT WITH CHECK (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id
               AND (SELECT scope_facility()) IN (r.from_facility_id, r.to_facility_id)));
CREATE POLICY clock_moved ON referral_legclock FOR UPDATE USING (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id
               AND (SELECT scope_facility()) IN (r.from_facility_id, r.to_facility_id)));
ALTER TABLE referral_reminder ENABLE ROW LEVEL SECURITY;
ALTER TABLE referral_reminder FORCE ROW LEVEL SECURITY;
CREATE POLICY reminder_seen ON referral_reminder FOR SELECT USING (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id));
CREATE POLICY reminder_sent ON referral_reminder FOR INSERT WITH CHECK ((SELECT scope_is_system()));
"""

SECURITY_BACK = """
DROP POLICY reminder_sent ON referral_reminder;
DROP POLICY reminder_seen ON referral_reminder;
ALTER TABLE referral_reminder NO FORCE ROW LEVEL SECURITY;
ALTER TABLE referral_reminder DISABLE ROW LEVEL SECURITY;
DROP POLICY clock_moved ON referral_legclock;
DROP POLICY clock_begun ON referral_legclock;
DROP POLICY clock_seen ON referral_legclock;
ALTER TABLE referral_legclock NO FORCE ROW LEVEL SECURITY;
ALTER TABLE referral_legclock DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    """Four new tables; the two that tell of a leg fail closed."""

    dependencies: ClassVar = [
        ("facilities", "0004_calendar"),
        ("referral", "0005_outside"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations: ClassVar = [
        migrations.CreateModel(
            name="LegClock",
            fields=[
                (
                    "referral",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="clock",
                        serialize=False,
                        to="referral.referral",
                    ),
                ),
                ("paused_at", models.DateTimeField(null=True)),
                ("calendar_from", models.DateTimeField(null=True)),
                ("working_from", models.DateTimeField(null=True)),
                ("reported_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "Clock of a referral",
                "verbose_name_plural": "Clocks of referrals",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("calendar_from__isnull", True), ("working_from__isnull", True)
                            ),
                            models.Q(
                                models.Q(("calendar_from__isnull", True), _negated=True),
                                models.Q(("working_from__isnull", True), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="clock_both_or_none",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AutomaticStep",
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
                    "stage",
                    models.CharField(
                        choices=[
                            ("answer", "Answer"),
                            ("acknowledge", "Acknowledgement of an emergency"),
                            ("information", "Answer to a question"),
                            ("arrival", "Arrival"),
                            ("first_contact", "First contact after the return"),
                            ("result", "Report of the result"),
                            ("follow_up", "Planned follow-up"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "action",
                    models.CharField(
                        choices=[("expire", "Let it expire"), ("redirect", "Send it on")],
                        max_length=10,
                    ),
                ),
                (
                    "after_steps",
                    models.PositiveSmallIntegerField(
                        validators=[django.core.validators.MinValueValidator(1)]
                    ),
                ),
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
                    "fallback",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="facilities.facility",
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
                "verbose_name": "Automatic step",
                "verbose_name_plural": "Automatic steps",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends__isnull", True),
                            ("ends__gt", models.F("starts")),
                            _connector="OR",
                        ),
                        name="referral_automaticstep_ends_after_start",
                        violation_error_message="The end must lie after the start.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("action", "redirect"), _negated=True),
                            ("stage", "answer"),
                            _connector="OR",
                        ),
                        name="automatic_redirect_waits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("stage__in", ["answer", "information"])),
                        name="automatic_stage_waits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("action", "redirect"), ("fallback__isnull", False)),
                            models.Q(
                                models.Q(("action", "redirect"), _negated=True),
                                models.Q(("fallback__isnull", False), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="automatic_redirect_has_fallback",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("after_steps__range", (1, 4))),
                        name="automatic_after_a_step",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("alliance", "="),
                            ("stage", "="),
                            (
                                models.Func(
                                    models.F("starts"), models.F("ends"), function="daterange"
                                ),
                                "&&",
                            ),
                        ],
                        name="automatic_never_twice",
                        violation_error_message="Another automatic step holds in this term.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Reminder",
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
                    "stage",
                    models.CharField(
                        choices=[
                            ("answer", "Answer"),
                            ("acknowledge", "Acknowledgement of an emergency"),
                            ("information", "Answer to a question"),
                            ("arrival", "Arrival"),
                            ("first_contact", "First contact after the return"),
                            ("result", "Report of the result"),
                            ("follow_up", "Planned follow-up"),
                        ],
                        max_length=16,
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("step", models.PositiveSmallIntegerField()),
                ("window", models.PositiveIntegerField(default=0)),
                ("sent_at", models.DateTimeField()),
                (
                    "referral",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reminders",
                        to="referral.referral",
                    ),
                ),
            ],
            options={
                "verbose_name": "Reminder",
                "verbose_name_plural": "Reminders",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "stage__in",
                                [
                                    "acknowledge",
                                    "answer",
                                    "arrival",
                                    "first_contact",
                                    "follow_up",
                                    "information",
                                    "result",
                                ],
                            )
                        ),
                        name="reminder_stage_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("step__range", (1, 4))), name="reminder_step_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sent_at__gte", models.F("due_at"))),
                        name="reminder_not_before_due",
                    ),
                    models.UniqueConstraint(
                        fields=("referral", "stage", "due_at", "step", "window"),
                        name="reminder_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ServiceLimit",
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
                    "urgency",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "Emergency"), (1, "Urgent"), (2, "Routine")]
                    ),
                ),
                (
                    "direction",
                    models.CharField(
                        choices=[("up", "Upward"), ("down", "Downward"), ("lateral", "Lateral")],
                        max_length=10,
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("answer", "Answer"),
                            ("acknowledge", "Acknowledgement of an emergency"),
                            ("information", "Answer to a question"),
                            ("arrival", "Arrival"),
                            ("first_contact", "First contact after the return"),
                            ("result", "Report of the result"),
                            ("follow_up", "Planned follow-up"),
                        ],
                        max_length=16,
                    ),
                ),
                ("minutes", models.PositiveIntegerField(verbose_name="Minutes")),
                (
                    "clock",
                    models.CharField(
                        choices=[("calendar", "Every hour"), ("working", "Working hours")],
                        max_length=10,
                        verbose_name="Clock",
                    ),
                ),
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
                "verbose_name": "Time limit",
                "verbose_name_plural": "Time limits",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends__isnull", True),
                            ("ends__gt", models.F("starts")),
                            _connector="OR",
                        ),
                        name="referral_servicelimit_ends_after_start",
                        violation_error_message="The end must lie after the start.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("urgency__in", [0, 1, 2])), name="limit_urgency_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("direction__in", ["up", "down", "lateral"])),
                        name="limit_direction_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "stage__in",
                                [
                                    "acknowledge",
                                    "answer",
                                    "arrival",
                                    "first_contact",
                                    "information",
                                    "result",
                                ],
                            )
                        ),
                        name="limit_stage_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("clock__in", ["calendar", "working"])),
                        name="limit_clock_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("minutes__range", (1, 527040))),
                        name="limit_within_a_year",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("alliance", "="),
                            ("urgency", "="),
                            ("direction", "="),
                            ("stage", "="),
                            (
                                models.Func(
                                    models.F("starts"), models.F("ends"), function="daterange"
                                ),
                                "&&",
                            ),
                        ],
                        name="limit_never_twice",
                        violation_error_message="Another limit holds in this term.",
                    ),
                ],
            },
        ),
        migrations.RunSQL(SECURITY, SECURITY_BACK),
    ]
