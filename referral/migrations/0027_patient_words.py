"""Tables of what a patient says by the link, and the move by which a visit is put off."""

from datetime import timedelta
from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import accounts.ids

# Read with their referral, and written by the system alone, which acts for whoever holds the link.
SECURITY = """
ALTER TABLE referral_visitconfirmation ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY visitconfirmation_seen ON referral_visitconfirmation FOR SELECT USING (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id));
CREATE POLICY visitconfirmation_said ON referral_visitconfirmation FOR INSERT
    WITH CHECK ((SELECT scope_is_system()));
ALTER TABLE referral_patientfeedback ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY patientfeedback_seen ON referral_patientfeedback FOR SELECT USING (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id));
CREATE POLICY patientfeedback_said ON referral_patientfeedback FOR INSERT
    WITH CHECK ((SELECT scope_is_system()));
CREATE POLICY patientfeedback_changed ON referral_patientfeedback FOR UPDATE
    USING ((SELECT scope_is_system()));
"""
SECURITY_BACK = """
DROP POLICY patientfeedback_changed ON referral_patientfeedback;
DROP POLICY patientfeedback_said ON referral_patientfeedback;
DROP POLICY patientfeedback_seen ON referral_patientfeedback;
ALTER TABLE referral_patientfeedback NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DROP POLICY visitconfirmation_said ON referral_visitconfirmation;
DROP POLICY visitconfirmation_seen ON referral_visitconfirmation;
ALTER TABLE referral_visitconfirmation NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

# The function of migration 0016 with one pair of states more, `scheduled` back to `accepted`.
MOVES = """
DO $do$
DECLARE
    old text := pg_get_functiondef('referral_check_move()'::regprocedure);
    new text := replace(old, $x${before}$x$, $x${after}$x$);
BEGIN
    IF old = new THEN
        RAISE EXCEPTION 'the moves of a referral are not those that were expected';
    END IF;
    EXECUTE new;
END $do$;
"""
BEFORE = "('accepted', 'scheduled'),\n        ('accepted', 'arrived')"
AFTER = "('accepted', 'scheduled'), ('scheduled', 'accepted'),\n        ('accepted', 'arrived')"


class Migration(migrations.Migration):
    """Two tables of their own: the row of a referral gets no column."""

    dependencies: ClassVar = [("referral", "0025_visits"), ("facilities", "0001_initial")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="VisitConfirmation",
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
                ("version", models.PositiveIntegerField()),
                ("visit", models.DateTimeField()),
                ("at", models.DateTimeField()),
                (
                    "link",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="referral.link",
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
            ],
            options={
                "verbose_name": "Confirmation of a visit",
                "verbose_name_plural": "Confirmations of visits",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("referral", "version"), name="visit_confirmed_once_a_version"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PatientFeedback",
            fields=[
                (
                    "referral",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="patient_feedback",
                        serialize=False,
                        to="referral.referral",
                    ),
                ),
                ("score", models.PositiveSmallIntegerField()),
                ("text", models.CharField(blank=True, max_length=200)),
                ("given_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                (
                    "from_facility",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="facilities.facility",
                    ),
                ),
                (
                    "to_facility",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="facilities.facility",
                    ),
                ),
                (
                    "link",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="referral.link",
                    ),
                ),
            ],
            options={
                "verbose_name": "Feedback of a patient",
                "verbose_name_plural": "Feedback of patients",
                "indexes": [
                    models.Index(
                        fields=["from_facility", "-given_at", "referral"],
                        name="patient_feedback_sent",
                    ),
                    models.Index(
                        fields=["to_facility", "-given_at", "referral"],
                        name="patient_feedback_received",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("score__gte", 1), ("score__lte", 5)),
                        name="patient_feedback_score",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("text__contains", "\n"), _negated=True),
                            models.Q(("text__contains", "\r"), _negated=True),
                        ),
                        name="patient_feedback_one_line",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("changed_at__gte", models.F("given_at")),
                            (
                                "changed_at__lt",
                                models.F("given_at") + timedelta(days=14),
                            ),
                        ),
                        name="patient_feedback_in_time",
                    ),
                ],
            },
        ),
        migrations.RunSQL(SECURITY, SECURITY_BACK),
        migrations.RunSQL(
            MOVES.format(before=BEFORE, after=AFTER), MOVES.format(before=AFTER, after=BEFORE)
        ),
    ]
