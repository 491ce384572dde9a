"""Tables of the criteria: assessments of drafts, and reviews of patients who might go back down."""

from typing import ClassVar

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.ids

# Both are read with their referral, and written by a facility in its own name.
TABLES = ("assessment", "downreview")

GUARD = """
ALTER TABLE referral_{name} ENABLE ROW LEVEL SECURITY;
ALTER TABLE referral_{name} FORCE ROW LEVEL SECURITY;
CREATE POLICY {name}_seen ON referral_{name} FOR SELECT USING (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id));
CREATE POLICY {name}_written ON referral_{name} FOR INSERT WITH CHECK (
    (SELECT scope_is_system()) OR (facility_id = (SELECT scope_facility())
    AND EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id)));
"""

GUARD_BACK = """
DROP POLICY {name}_written ON referral_{name};
DROP POLICY {name}_seen ON referral_{name};
ALTER TABLE referral_{name} NO FORCE ROW LEVEL SECURITY;
ALTER TABLE referral_{name} DISABLE ROW LEVEL SECURITY;
"""

# A review of a return is never changed, so it has no policy for that. An assessment is its sender's
# until the referral goes, and nobody's afterwards.
ASSESSMENT = """
CREATE POLICY assessment_changed ON referral_assessment FOR UPDATE
    USING ((SELECT scope_is_system()) OR facility_id = (SELECT scope_facility()));
CREATE FUNCTION referral_check_assessment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.id, NEW.referral_id, NEW.facility_id)
        IS DISTINCT FROM (OLD.id, OLD.referral_id, OLD.facility_id)
    OR NOT EXISTS (
        SELECT 1 FROM referral_referral r WHERE r.id = NEW.referral_id
          AND r.from_facility_id = NEW.facility_id AND r.submitted_at IS NULL)
    THEN
        RAISE EXCEPTION 'an assessment stays as it was submitted'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'assessment_stays';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER assessment_stays BEFORE INSERT OR UPDATE ON referral_assessment
    FOR EACH ROW EXECUTE FUNCTION referral_check_assessment();
"""

ASSESSMENT_BACK = """
DROP TRIGGER assessment_stays ON referral_assessment;
DROP FUNCTION referral_check_assessment();
DROP POLICY assessment_changed ON referral_assessment;
"""


class Migration(migrations.Migration):
    """What this subject adds."""

    dependencies: ClassVar = [
        ("referral", "0002_row_level_security"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations: ClassVar = [
        migrations.CreateModel(
            name="Assessment",
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
                ("assessed_at", models.DateTimeField()),
                ("rules_of", models.DateField()),
                (
                    "visit",
                    models.CharField(
                        blank=True,
                        choices=[("first", "First visit"), ("follow-up", "Follow-up visit")],
                        max_length=10,
                    ),
                ),
                ("age", models.PositiveSmallIntegerField(null=True)),
                ("observations", models.JSONField()),
                ("results", models.JSONField()),
                (
                    "met",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=12), size=None
                    ),
                ),
                (
                    "not_met",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=12), size=None
                    ),
                ),
                (
                    "overridden",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=12), default=list, size=None
                    ),
                ),
                (
                    "overrides",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=12), default=list, size=None
                    ),
                ),
                (
                    "override_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("clinical_judgement", "Clinical judgement of the doctor"),
                            ("patient_choice", "Choice of the patient or family"),
                            ("no_such_capability", "No destination in reach has the capability"),
                            ("arranged_by_phone", "Arranged with the receiver by phone"),
                            ("observation_doubtful", "The observation is in doubt"),
                            ("rule_does_not_fit", "The rule does not fit this patient"),
                            ("other_override", "Other"),
                        ],
                        max_length=24,
                    ),
                ),
                ("override_note", models.TextField(blank=True)),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "assessed_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                (
                    "referral",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="referral.referral",
                    ),
                ),
            ],
            options={
                "verbose_name": "Assessment",
                "verbose_name_plural": "Assessments",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("overrides", []),
                            models.Q(("override_reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="assessment_override_explained",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(("override_reason", ""), _negated=True),
                                models.Q(("override_note", ""), _negated=True),
                            ),
                            models.Q(("override_reason", ""), ("override_note", "")),
                            _connector="OR",
                        ),
                        name="assessment_reason_in_words",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("overridden", []),
                            models.Q(("overrides", []), _negated=True),
                            _connector="OR",
                        ),
                        name="assessment_overridden_is_override",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DownReview",
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
                ("reviewed_at", models.DateTimeField()),
                ("rules_of", models.DateField()),
                ("observations", models.JSONField(default=dict)),
                ("results", models.JSONField(default=list)),
                (
                    "met",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=12), default=list, size=None
                    ),
                ),
                (
                    "not_met",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=12), default=list, size=None
                    ),
                ),
                (
                    "overridden",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=12), default=list, size=None
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("met", "Met"),
                            ("not-met", "Not met"),
                            ("cannot-evaluate", "Cannot be evaluated"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("not_stable", "The condition is not stable enough"),
                            ("awaiting_result", "A result or an operation is awaited"),
                            ("home_lacks_means", "The community lacks equipment or medicine"),
                            ("patient_refuses_return", "The patient or family does not want it"),
                            ("no_transport", "Transport cannot be arranged"),
                            ("other_stay", "Other"),
                        ],
                        max_length=24,
                    ),
                ),
                ("note", models.TextField(blank=True)),
                ("ask_again_on", models.DateField(null=True)),
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
                    "referral",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="referral.referral",
                    ),
                ),
                (
                    "reviewed_by",
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
                "verbose_name": "Review of a return",
                "verbose_name_plural": "Reviews of returns",
                "indexes": [models.Index(fields=["referral", "-id"], name="down_review_newest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", ""), models.Q(("reason", ""), _negated=True)),
                            models.Q(models.Q(("outcome", ""), _negated=True), ("reason", "")),
                            _connector="OR",
                        ),
                        name="down_review_outcome_or_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outcome__in", ["", "met", "not-met", "cannot-evaluate"])
                        ),
                        name="down_review_outcome_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(("reason", ""), _negated=True),
                                ("ask_again_on__isnull", False),
                            ),
                            models.Q(
                                ("reason", ""),
                                models.Q(("ask_again_on__isnull", False), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="down_review_reason_has_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("overridden", []),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="down_review_only_a_reason_overrides",
                    ),
                ],
            },
        ),
        *(
            migrations.RunSQL(GUARD.format(name=name), GUARD_BACK.format(name=name))
            for name in TABLES
        ),
        migrations.RunSQL(ASSESSMENT, ASSESSMENT_BACK),
    ]
