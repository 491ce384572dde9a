"""Tables of: returns."""

from typing import ClassVar

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.ids

# Each row is read with its referral. The sender writes it, and takes it back, while the leg is a draft; what was
# submitted stays: there is no policy by which anybody changes a row. The system may add, for a leg that is sent on
# begins as submitted and takes its plan with it.
PLAN = ("medicine", "nextvisit", "warningsign", "longprescription")
MINE = """EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id
    AND r.from_facility_id = (SELECT scope_facility()) AND r.submitted_at IS NULL)"""
GUARD = """
ALTER TABLE referral_{name} ENABLE ROW LEVEL SECURITY;
ALTER TABLE referral_{name} FORCE ROW LEVEL SECURITY;
CREATE POLICY {name}_seen ON referral_{name} FOR SELECT USING (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id));
"""
WRITTEN = """
CREATE POLICY {name}_written ON referral_{name} FOR INSERT WITH CHECK (
    (SELECT scope_is_system()) OR {mine});
CREATE POLICY {name}_taken_back ON referral_{name} FOR DELETE USING ({mine});
"""
# The community tells the hospital of the leg that came to it, once, while the patient is there.
FEEDBACK = """
CREATE POLICY returnfeedback_written ON referral_returnfeedback FOR INSERT WITH CHECK (
    (SELECT scope_is_system()) OR (facility_id = (SELECT scope_facility())
    AND EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id
        AND r.to_facility_id = (SELECT scope_facility()))));
"""
UNGUARD = """
DROP POLICY IF EXISTS {name}_taken_back ON referral_{name};
DROP POLICY {name}_written ON referral_{name};
DROP POLICY {name}_seen ON referral_{name};
ALTER TABLE referral_{name} NO FORCE ROW LEVEL SECURITY;
ALTER TABLE referral_{name} DISABLE ROW LEVEL SECURITY;
"""

RULES = """
-- More than 28 days need a complete long prescription, and some classes are never in one
-- (Guo Wei Ban Yi Fa [2021] No. 17). Nothing is looked up for a leg that goes up.
CREATE FUNCTION referral_check_prescription() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM referral_medicine m WHERE m.referral_id = NEW.id AND m.days > 28
               AND m.drug_class <> 'ordinary'
               AND NOT (m.drug_class = 'antimicrobial' AND m.exception <> '')) THEN
        RAISE EXCEPTION 'a long prescription may not contain this class of drug'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'long_prescription_class';
    END IF;
    IF EXISTS (SELECT 1 FROM referral_medicine m WHERE m.referral_id = NEW.id AND m.days > 28)
        AND NOT EXISTS (
            SELECT 1 FROM referral_longprescription l WHERE l.referral_id = NEW.id
            AND l.diagnosis_clear AND l.regimen_stable AND l.adherence_good
            AND l.condition_controlled AND l.long_term_needed AND l.assessment <> ''
            AND l.assessed_by_id IS NOT NULL AND l.signed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a long prescription is not complete'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'long_prescription_complete';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER referral_prescription_whole BEFORE UPDATE ON referral_referral FOR EACH ROW
    WHEN (OLD.submitted_at IS NULL AND NEW.submitted_at IS NOT NULL AND NEW.direction <> 'up')
    EXECUTE FUNCTION referral_check_prescription();
DROP TRIGGER referral_follow_up_stays ON referral_followup;
CREATE TRIGGER referral_follow_up_stays BEFORE UPDATE ON referral_followup
    FOR EACH ROW EXECUTE FUNCTION referral_check_change(
        'due_on', 'done_at', 'method', 'findings', 'recorded_by_id',
        'observations', 'adherence', 'symptoms', 'met_signs');
-- No column is called '-': of a contact that is done nothing changes. (No argument at all would be NULL.)
CREATE TRIGGER referral_follow_up_done BEFORE UPDATE ON referral_followup FOR EACH ROW
    WHEN (OLD.done_at IS NOT NULL) EXECUTE FUNCTION referral_check_change('-');
"""
RULES_BACK = """
DROP TRIGGER referral_follow_up_done ON referral_followup;
DROP TRIGGER referral_follow_up_stays ON referral_followup;
CREATE TRIGGER referral_follow_up_stays BEFORE UPDATE ON referral_followup
    FOR EACH ROW EXECUTE FUNCTION referral_check_change(
        'due_on', 'done_at', 'method', 'findings', 'recorded_by_id');
DROP TRIGGER referral_prescription_whole ON referral_referral;
DROP FUNCTION referral_check_prescription();
"""


def _guarded(name: str, written: str) -> migrations.RunSQL:
    made = (GUARD + written).format(name=name, mine=MINE)
    return migrations.RunSQL(made, UNGUARD.format(name=name))


class Migration(migrations.Migration):
    """What this subject adds."""

    dependencies: ClassVar = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("referral", "0008_documents"),
    ]
    operations: ClassVar = [
        migrations.CreateModel(
            name="LongPrescription",
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
                ("diagnosis_clear", models.BooleanField(default=False)),
                ("regimen_stable", models.BooleanField(default=False)),
                ("adherence_good", models.BooleanField(default=False)),
                ("condition_controlled", models.BooleanField(default=False)),
                ("long_term_needed", models.BooleanField(default=False)),
                ("assessment", models.TextField(blank=True, verbose_name="Assessment")),
                (
                    "signature_method",
                    models.CharField(
                        blank=True,
                        choices=[("paper", "On paper"), ("on_screen", "On screen")],
                        max_length=12,
                    ),
                ),
                (
                    "signed_by",
                    models.CharField(
                        blank=True,
                        choices=[("patient", "The patient"), ("guardian", "The guardian")],
                        max_length=12,
                    ),
                ),
                ("signed_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "Long prescription",
                "verbose_name_plural": "Long prescriptions",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("signature_method", ""),
                                ("signed_at__isnull", True),
                                ("signed_by", ""),
                            ),
                            models.Q(
                                models.Q(("signature_method", ""), _negated=True),
                                models.Q(("signed_by", ""), _negated=True),
                                ("signed_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="long_prescription_signature_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Medicine",
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
                ("position", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=100, verbose_name="Generic name")),
                (
                    "strength",
                    models.CharField(blank=True, max_length=100, verbose_name="Form and strength"),
                ),
                ("dose", models.CharField(blank=True, max_length=60, verbose_name="Dose")),
                ("route", models.CharField(blank=True, max_length=40, verbose_name="Route")),
                (
                    "frequency",
                    models.CharField(blank=True, max_length=60, verbose_name="Frequency"),
                ),
                ("days", models.PositiveSmallIntegerField(null=True, verbose_name="Days")),
                (
                    "drug_class",
                    models.CharField(
                        choices=[
                            ("ordinary", "Ordinary medicine"),
                            ("antimicrobial", "Antimicrobial"),
                            ("toxic", "Toxic drug for medical use"),
                            ("radioactive", "Radioactive drug"),
                            ("precursor", "Drug precursor chemical"),
                            ("narcotic", "Narcotic drug"),
                            ("psychotropic_1", "Psychotropic drug of class I"),
                            ("psychotropic_2", "Psychotropic drug of class II"),
                            ("special_storage", "Medicine that needs special storage"),
                        ],
                        default="ordinary",
                        max_length=20,
                    ),
                ),
                (
                    "exception",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("tuberculosis", "Tuberculosis"),
                            ("chronic_bacterial", "Other chronic bacterial infection"),
                            ("chronic_fungal", "Chronic fungal infection"),
                        ],
                        max_length=20,
                    ),
                ),
                ("exception_reason", models.CharField(blank=True, max_length=200)),
                ("started_on", models.DateField(null=True)),
                ("note", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "verbose_name": "Medicine",
                "verbose_name_plural": "Medicines",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="medicine_named"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("days__isnull", True),
                            models.Q(("days__gte", 1), ("days__lte", 84)),
                            _connector="OR",
                        ),
                        name="medicine_days",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "drug_class__in",
                                [
                                    "ordinary",
                                    "antimicrobial",
                                    "toxic",
                                    "radioactive",
                                    "precursor",
                                    "narcotic",
                                    "psychotropic_1",
                                    "psychotropic_2",
                                    "special_storage",
                                ],
                            )
                        ),
                        name="medicine_class_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(("exception", ""), _negated=True),
                                models.Q(("exception_reason", ""), _negated=True),
                            ),
                            models.Q(("exception", ""), ("exception_reason", "")),
                            _connector="OR",
                        ),
                        name="medicine_exception_reasoned",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("exception", ""), ("drug_class", "antimicrobial"), _connector="OR"
                        ),
                        name="medicine_exception_antimicrobial",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NextVisit",
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
                ("position", models.PositiveSmallIntegerField()),
                (
                    "side",
                    models.CharField(
                        choices=[("up", "At the hospital"), ("down", "In the community")],
                        max_length=4,
                    ),
                ),
                ("due_on", models.DateField(null=True)),
                ("due_in_days", models.PositiveSmallIntegerField(null=True)),
                ("purpose", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "verbose_name": "Next visit",
                "verbose_name_plural": "Next visits",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("side__in", ["up", "down"])),
                        name="next_visit_side_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("due_on__isnull", True), ("due_in_days__isnull", False)),
                            models.Q(
                                models.Q(("due_on__isnull", True), _negated=True),
                                models.Q(("due_in_days__isnull", False), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="next_visit_one_way",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReturnFeedback",
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
                ("text", models.TextField()),
                ("given_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "Feedback on a return",
                "verbose_name_plural": "Feedback on returns",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True), name="return_feedback_said"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WarningSign",
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
                ("position", models.PositiveSmallIntegerField()),
                (
                    "code",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("blood_pressure_high", "Blood pressure very high"),
                            ("blood_pressure_low", "Blood pressure too low"),
                            ("glucose_high", "Blood glucose very high"),
                            ("glucose_low", "Blood glucose too low"),
                            ("heart_fast", "Heart rate too fast"),
                            ("oxygen_low", "Oxygen saturation too low"),
                            ("fever", "High fever"),
                            ("chest_pain", "Chest pain"),
                            ("breathless", "Shortness of breath"),
                            ("stroke_signs", "Crooked face, weak arm or unclear speech"),
                            ("bleeding", "Bleeding"),
                            ("wound", "Wound red, swollen or discharging"),
                        ],
                        max_length=24,
                    ),
                ),
                ("text", models.CharField(blank=True, max_length=200)),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("call_clinic", "Call the clinic"),
                            ("go_up", "Go back to the hospital"),
                            ("emergency", "Call an ambulance"),
                        ],
                        max_length=12,
                    ),
                ),
            ],
            options={
                "verbose_name": "Warning sign",
                "verbose_name_plural": "Warning signs",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("code", ""), ("text", ""), _negated=True),
                        name="warning_sign_said",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("action__in", ["call_clinic", "go_up", "emergency"])),
                        name="warning_sign_action_known",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="followup",
            name="adherence",
            field=models.CharField(
                blank=True,
                choices=[
                    ("regular", "Regularly"),
                    ("irregular", "Irregularly"),
                    ("none", "Not at all"),
                ],
                db_default="",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="followup",
            name="met_signs",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.UUIDField(), db_default=[], default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="followup",
            name="observations",
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="followup",
            name="purpose",
            field=models.CharField(blank=True, db_default="", max_length=200),
        ),
        migrations.AddField(
            model_name="followup",
            name="symptoms",
            field=models.CharField(blank=True, db_default="", max_length=400),
        ),
        migrations.AddConstraint(
            model_name="followup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_at__isnull", True), _negated=True),
                    models.Q(
                        ("adherence", ""), ("met_signs", []), ("observations", {}), ("symptoms", "")
                    ),
                    _connector="OR",
                ),
                name="follow_up_empty_until_done",
            ),
        ),
        migrations.AddField(
            model_name="longprescription",
            name="assessed_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="longprescription",
            name="referral",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="long_prescription",
                to="referral.referral",
            ),
        ),
        migrations.AddField(
            model_name="medicine",
            name="referral",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="medicines",
                to="referral.referral",
            ),
        ),
        migrations.AddField(
            model_name="nextvisit",
            name="referral",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="next_visits",
                to="referral.referral",
            ),
        ),
        migrations.AddField(
            model_name="returnfeedback",
            name="facility",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="facilities.facility",
            ),
        ),
        migrations.AddField(
            model_name="returnfeedback",
            name="given_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="returnfeedback",
            name="referral",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="feedback",
                to="referral.referral",
            ),
        ),
        migrations.AddField(
            model_name="warningsign",
            name="referral",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="warning_signs",
                to="referral.referral",
            ),
        ),
        migrations.AddConstraint(
            model_name="medicine",
            constraint=models.UniqueConstraint(
                fields=("referral", "position"), name="medicine_one_a_place"
            ),
        ),
        migrations.AddConstraint(
            model_name="nextvisit",
            constraint=models.UniqueConstraint(
                fields=("referral", "position"), name="next_visit_one_a_place"
            ),
        ),
        migrations.AddConstraint(
            model_name="warningsign",
            constraint=models.UniqueConstraint(
                fields=("referral", "position"), name="warning_sign_one_a_place"
            ),
        ),
        *(_guarded(name, WRITTEN) for name in PLAN),
        _guarded("returnfeedback", FEEDBACK),
        migrations.RunSQL(RULES, RULES_BACK),
    ]
