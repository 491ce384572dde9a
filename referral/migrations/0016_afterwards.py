"""Lets an emergency go with less than its slip, and its sender write down the rest afterwards."""

from typing import ClassVar

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

STAGES = [
    ("answer", "Answer"),
    ("acknowledge", "Acknowledgement of an emergency"),
    ("information", "Answer to a question"),
    ("arrival", "Arrival"),
    ("first_contact", "First contact after the return"),
    ("result", "Report of the result"),
    ("follow_up", "Planned follow-up"),
    ("consent", "Consent after an emergency"),
    ("documentation", "Documentation of an emergency"),
]

# Read with its referral; made and met by the sender alone, who changes nothing else of it.
SECURITY = """
ALTER TABLE referral_documentation ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY documentation_seen ON referral_documentation FOR SELECT USING (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id));
CREATE POLICY documentation_called_for ON referral_documentation FOR INSERT WITH CHECK (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id
               AND r.from_facility_id = (SELECT scope_facility())));
CREATE POLICY documentation_met ON referral_documentation FOR UPDATE USING (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id
               AND r.from_facility_id = (SELECT scope_facility())));
CREATE TRIGGER documentation_stays BEFORE UPDATE ON referral_documentation
    FOR EACH ROW EXECUTE FUNCTION referral_check_change('met_at', 'met_by_id');
"""
SECURITY_BACK = """
DROP TRIGGER documentation_stays ON referral_documentation;
DROP POLICY documentation_met ON referral_documentation;
DROP POLICY documentation_called_for ON referral_documentation;
DROP POLICY documentation_seen ON referral_documentation;
ALTER TABLE referral_documentation NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

WORDS = (
    "diagnosis_code",
    "diagnosis",
    "reason_code",
    "reason",
    "past_history",
    "allergies",
    "treatment",
    "plan",
)
# The function of migration 0002; what was submitted stays but for `{words}`, and the version of a state
# rises only in `{rising}`.
MOVES = """
CREATE OR REPLACE FUNCTION referral_check_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT scope_is_system() AND (
        (NEW.id, NEW.number, NEW.episode_id, NEW.previous_id, NEW.patient_id, NEW.origin_id,
         NEW.from_facility_id, NEW.created_at)
        IS DISTINCT FROM
        (OLD.id, OLD.number, OLD.episode_id, OLD.previous_id, OLD.patient_id, OLD.origin_id,
         OLD.from_facility_id, OLD.created_at)
        OR OLD.submitted_at IS NOT NULL AND
        (NEW.to_facility_id, NEW.to_department_id, NEW.alliance_id, NEW.direction, NEW.from_tier,
         NEW.to_tier, NEW.submitted_at, NEW.urgency, NEW.consent_id, NEW.diagnosis_code, NEW.diagnosis,
         NEW.reason_code, NEW.reason, NEW.past_history, NEW.allergies, NEW.treatment, NEW.plan)
        IS DISTINCT FROM
        (OLD.to_facility_id, OLD.to_department_id, OLD.alliance_id, OLD.direction, OLD.from_tier,
         OLD.to_tier, OLD.submitted_at, OLD.urgency, OLD.consent_id, {words})
    ) THEN
        RAISE EXCEPTION 'what a referral is about does not change'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'referral_facts_stay';
    END IF;
    IF NEW.status = OLD.status THEN
        IF {rising} OR NEW.version = OLD.version THEN
            RETURN NEW;
        END IF;
    ELSIF NEW.version > OLD.version AND (OLD.status, NEW.status) IN (
        ('draft', 'internal_review'), ('internal_review', 'submitted'), ('internal_review', 'draft'),
        ('draft', 'submitted'), ('submitted', 'received'),
        ('submitted', 'information_requested'), ('received', 'information_requested'),
        ('information_requested', 'received'),
        ('submitted', 'accepted'), ('received', 'accepted'),
        ('submitted', 'declined'), ('received', 'declined'), ('accepted', 'declined'),
        ('submitted', 'redirected'), ('received', 'redirected'),
        ('accepted', 'scheduled'),
        ('accepted', 'arrived'), ('scheduled', 'arrived'),
        ('accepted', 'no_show'), ('scheduled', 'no_show'),
        ('arrived', 'completed'),
        ('draft', 'cancelled'), ('internal_review', 'cancelled'), ('submitted', 'cancelled'),
        ('received', 'cancelled'), ('information_requested', 'cancelled'),
        ('accepted', 'cancelled'), ('scheduled', 'cancelled'),
        ('submitted', 'expired'), ('received', 'expired'), ('information_requested', 'expired')
    ) THEN
        RETURN NEW;
    ELSIF NEW.version > OLD.version AND NEW.status = 'entered_in_error' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'illegal move of a referral from % to %', OLD.status, NEW.status
        USING ERRCODE = 'check_violation', CONSTRAINT = 'referral_legal_move';
END $$;
"""
OLD_WORDS = ", ".join(f"OLD.{name}" for name in WORDS)
# The sender of an emergency may fill what is empty.
FILLED = ", ".join(
    f"CASE WHEN OLD.{name} = '' AND OLD.urgency = 0 AND OLD.from_facility_id = scope_facility()"
    f" THEN NEW.{name} ELSE OLD.{name} END"
    for name in WORDS
)
STATES = "NEW.status IN ('accepted', 'scheduled', 'draft')"


class Migration(migrations.Migration):
    """A table of its own, one more word for what is called for, and a narrow gap in what stays."""

    dependencies: ClassVar = [
        ("referral", "0013_consent_calls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations: ClassVar = [
        migrations.CreateModel(
            name="Documentation",
            fields=[
                (
                    "referral",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="documentation",
                        serialize=False,
                        to="referral.referral",
                    ),
                ),
                (
                    "items",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=24), size=None
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("met_at", models.DateTimeField(null=True)),
                (
                    "met_by",
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
                "verbose_name": "Documentation of an emergency",
                "verbose_name_plural": "Documentation of emergencies",
                "indexes": [
                    models.Index(
                        condition=models.Q(("met_at__isnull", True)),
                        fields=["due_at"],
                        name="documentation_open",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("items__len__gt", 0)),
                        name="documentation_asks_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("met_by__isnull", False), _negated=True),
                            ("met_at__isnull", False),
                            _connector="OR",
                        ),
                        name="documentation_met_by_somebody",
                    ),
                ],
            },
        ),
        migrations.RunSQL(SECURITY, SECURITY_BACK),
        migrations.RunSQL(
            MOVES.format(words=FILLED, rising=f"{STATES} OR NEW.urgency = 0"),
            MOVES.format(words=OLD_WORDS, rising=STATES),
        ),
        *(
            migrations.AlterField(
                model_name=name,
                name="stage",
                field=models.CharField(choices=STAGES, max_length=16),
            )
            for name in ("automaticstep", "reminder", "servicelimit")
        ),
        migrations.RemoveConstraint(model_name="reminder", name="reminder_stage_known"),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.CheckConstraint(
                condition=models.Q(stage__in=sorted(stage for stage, _label in STAGES)),
                name="reminder_stage_known",
            ),
        ),
    ]
