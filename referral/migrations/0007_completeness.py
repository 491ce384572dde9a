"""Tables of completeness and of duplicates, with row security, and the functions that look past it."""

from typing import ClassVar

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

import accounts.ids

# A need tells nothing of a patient: everybody reads it, the destination alone writes its own.
NEEDS = """
ALTER TABLE referral_departmentneed ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY departmentneed_seen ON referral_departmentneed FOR SELECT USING (true);
CREATE POLICY departmentneed_set ON referral_departmentneed FOR INSERT WITH CHECK (
    (SELECT scope_is_system()) OR facility_id = (SELECT scope_facility()));
CREATE POLICY departmentneed_ended ON referral_departmentneed FOR UPDATE USING (
    (SELECT scope_is_system()) OR facility_id = (SELECT scope_facility()));
CREATE TRIGGER referral_need_stays BEFORE UPDATE ON referral_departmentneed
    FOR EACH ROW EXECUTE FUNCTION referral_check_change('ended_at');
"""
NEEDS_BACK = """
DROP TRIGGER referral_need_stays ON referral_departmentneed;
DROP POLICY departmentneed_ended ON referral_departmentneed;
DROP POLICY departmentneed_set ON referral_departmentneed;
DROP POLICY departmentneed_seen ON referral_departmentneed;
ALTER TABLE referral_departmentneed NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

# Read with their referral, written by the facility that acts, never changed.
CHILD = """
ALTER TABLE referral_{name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY {name}_seen ON referral_{name} FOR SELECT USING (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id));
CREATE POLICY {name}_written ON referral_{name} FOR INSERT WITH CHECK (
    (SELECT scope_is_system()) OR (facility_id = (SELECT scope_facility())
    AND EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id)));
"""
CHILD_BACK = """
DROP POLICY {name}_written ON referral_{name};
DROP POLICY {name}_seen ON referral_{name};
ALTER TABLE referral_{name} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""
# Written by the sweep alone.
ALERTS = """
ALTER TABLE referral_consentalert ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY consentalert_seen ON referral_consentalert FOR SELECT USING (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id));
CREATE POLICY consentalert_written ON referral_consentalert FOR INSERT WITH CHECK (
    (SELECT scope_is_system()));
"""
ALERTS_BACK = """
DROP POLICY consentalert_written ON referral_consentalert;
DROP POLICY consentalert_seen ON referral_consentalert;
ALTER TABLE referral_consentalert NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""
CHILDREN = ("informationgap", "duplicate")

ALIKE = """
-- What a referral is about, as far as two of them can be compared: the three-character category of
-- ICD-10, or without a code the words of the diagnosis.
CREATE FUNCTION referral_illness(code text, words text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN btrim(code) ~* '^[A-Z][0-9][0-9A-Z]' THEN upper(left(btrim(code), 3))
              ELSE lower(btrim(words)) END
$$;

-- Returns the open legs of one person and illness in one direction, of other journeys than `journey`,
-- whoever sent them; of those that the caller may not see, nothing but that there is one. Two callers who
-- ask about one person wait for each other until the commit, and the second then sees what the first has
-- sent. Needs access to the person, or the system's scope.
CREATE FUNCTION referral_alike(asked uuid, illness text, heading text, journey uuid)
RETURNS TABLE (leg uuid, leg_number text, leg_status text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  here uuid := scope_facility();
  everywhere boolean := scope_is_system();
  allied uuid[] := scope_alliances();
  former text := coalesce(current_setting('scope.system', true), '');
  living uuid;
BEGIN
  IF NOT (everywhere OR patients_has_access(asked)) THEN
    RAISE insufficient_privilege USING MESSAGE = 'referral_alike needs access to the patient';
  END IF;
  PERFORM set_config('scope.system', 'on', true);
  SELECT coalesce(p.merged_into_id, p.id) INTO living FROM patients_patient p WHERE p.id = asked;
  PERFORM pg_advisory_xact_lock(hashtextextended(living::text, 20260107));
  RETURN QUERY
    SELECT CASE WHEN k.seen THEN k.id END, CASE WHEN k.seen THEN k.number END,
           CASE WHEN k.seen THEN k.status END
    FROM (SELECT r.id, r.number::text, r.status::text, r.submitted_at, coalesce(everywhere
              OR here IN (r.from_facility_id, r.to_facility_id, r.origin_id)
              OR r.alliance_id = ANY (allied), false) AS seen
          FROM referral_referral r
          WHERE r.patient_id IN (SELECT p.id FROM patients_patient p
                                 WHERE p.id = living OR p.merged_into_id = living)
            AND r.status IN ('submitted', 'received', 'information_requested', 'accepted', 'scheduled',
                             'arrived')
            AND r.direction = heading AND r.episode_id <> journey
            AND referral_illness(r.diagnosis_code, r.diagnosis) = illness) k
    ORDER BY k.seen DESC, k.submitted_at DESC, k.id;
  PERFORM set_config('scope.system', former, true);
END $$;

-- Counts, for one destination, the items that its latest returns for want of information named; counts
-- alone leave it, and only from `enough` on, so that no single referral of another sender is told of.
CREATE FUNCTION referral_asked_for(place uuid, ward uuid, latest integer, enough integer)
RETURNS TABLE (item text, times bigint, returns bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  former text := coalesce(current_setting('scope.system', true), '');
BEGIN
  IF scope_facility() IS NULL AND NOT scope_is_system() THEN
    RETURN;
  END IF;
  PERFORM set_config('scope.system', 'on', true);
  RETURN QUERY
    WITH last AS (
      SELECT g.items FROM referral_informationgap g
      WHERE g.facility_id = place AND g.department_id IS NOT DISTINCT FROM ward
      ORDER BY g.at DESC, g.id DESC LIMIT latest)
    SELECT named::text, count(*), (SELECT count(*) FROM last)
    FROM last, unnest(last.items) AS named
    GROUP BY named HAVING count(*) >= enough;
  PERFORM set_config('scope.system', former, true);
END $$;
"""
ALIKE_BACK = """
DROP FUNCTION referral_asked_for(uuid, uuid, integer, integer);
DROP FUNCTION referral_alike(uuid, text, text, uuid);
DROP FUNCTION referral_illness(text, text);
"""


class Migration(migrations.Migration):
    """What this subject adds; not atomic, since an index is built beside the traffic."""

    atomic = False

    dependencies: ClassVar = [
        ("facilities", "0005_capacity"),
        ("patients", "0004_consent"),
        ("referral", "0006_clocks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations: ClassVar = [
        migrations.CreateModel(
            name="DepartmentNeed",
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
                ("specialty", models.CharField(blank=True, max_length=20)),
                (
                    "item",
                    models.CharField(
                        choices=[
                            ("diagnosis_code", "Diagnosis code (ICD-10)"),
                            ("past_history", "Past history"),
                            ("allergies", "Allergies"),
                            ("treatment", "Treatment so far"),
                            ("results", "Main results"),
                            ("contact_phone", "Doctor's phone"),
                            ("inpatient_no", "Inpatient record number"),
                            ("rehabilitation", "Rehabilitation advice"),
                            ("ecg", "Electrocardiogram"),
                            ("blood_pressure", "Blood pressure readings"),
                            ("blood_glucose", "Blood glucose or HbA1c"),
                            ("blood_tests", "Blood tests"),
                            ("kidney_function", "Kidney function and urine"),
                            ("imaging", "Imaging report"),
                            ("lung_function", "Lung function"),
                            ("ultrasound", "Ultrasound report"),
                            ("medication_list", "Medicines with doses"),
                            ("discharge_summary", "Discharge summary"),
                        ],
                        max_length=24,
                    ),
                ),
                (
                    "level",
                    models.CharField(
                        choices=[("hard", "Needed"), ("soft", "Wanted")], max_length=4
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200)),
                ("set_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
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
                "verbose_name": "Need of a department",
                "verbose_name_plural": "Needs of departments",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "item__in",
                                [
                                    "diagnosis_code",
                                    "past_history",
                                    "allergies",
                                    "treatment",
                                    "results",
                                    "contact_phone",
                                    "inpatient_no",
                                    "rehabilitation",
                                    "ecg",
                                    "blood_pressure",
                                    "blood_glucose",
                                    "blood_tests",
                                    "kidney_function",
                                    "imaging",
                                    "lung_function",
                                    "ultrasound",
                                    "medication_list",
                                    "discharge_summary",
                                ],
                            )
                        ),
                        name="need_item_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("level__in", ["hard", "soft"])), name="need_level_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("level", "hard"), _negated=True),
                            (
                                "item__in",
                                [
                                    "diagnosis_code",
                                    "past_history",
                                    "allergies",
                                    "treatment",
                                    "results",
                                    "contact_phone",
                                    "inpatient_no",
                                    "rehabilitation",
                                ],
                            ),
                            _connector="OR",
                        ),
                        name="need_hard_only_on_the_slip",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("department__isnull", True), ("specialty", ""), _connector="OR"
                        ),
                        name="need_for_department_or_specialty",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("facility", "department", "specialty", "item"),
                        name="need_once_in_force",
                        nulls_distinct=False,
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Duplicate",
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
                    "decision",
                    models.CharField(
                        choices=[
                            ("join", "Add to the open referral"),
                            ("replace", "Take the open referral back and send this one"),
                            ("override", "Send this one as well"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                ("at", models.DateTimeField()),
                (
                    "decided_by",
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
                    "other",
                    models.ForeignKey(
                        null=True,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="referral.referral",
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
                "verbose_name": "Duplicate",
                "verbose_name_plural": "Duplicates",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("decision__in", ["join", "replace", "override"])),
                        name="duplicate_decision_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decision", "override"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="duplicate_override_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("referral", models.F("other")), _negated=True),
                        name="duplicate_of_another",
                    ),
                    models.UniqueConstraint(fields=("referral", "other"), name="duplicate_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="InformationGap",
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
                (
                    "verb",
                    models.CharField(
                        choices=[
                            ("ask_information", "Asked for information"),
                            ("decline", "Declined"),
                        ],
                        max_length=24,
                    ),
                ),
                (
                    "items",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("diagnosis_code", "Diagnosis code (ICD-10)"),
                                ("past_history", "Past history"),
                                ("allergies", "Allergies"),
                                ("treatment", "Treatment so far"),
                                ("results", "Main results"),
                                ("contact_phone", "Doctor's phone"),
                                ("inpatient_no", "Inpatient record number"),
                                ("rehabilitation", "Rehabilitation advice"),
                                ("ecg", "Electrocardiogram"),
                                ("blood_pressure", "Blood pressure readings"),
                                ("blood_glucose", "Blood glucose or HbA1c"),
                                ("blood_tests", "Blood tests"),
                                ("kidney_function", "Kidney function and urine"),
                                ("imaging", "Imaging report"),
                                ("lung_function", "Lung function"),
                                ("ultrasound", "Ultrasound report"),
                                ("medication_list", "Medicines with doses"),
                                ("discharge_summary", "Discharge summary"),
                            ],
                            max_length=24,
                        ),
                        size=None,
                    ),
                ),
                ("at", models.DateTimeField()),
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
                (
                    "referral",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gaps",
                        to="referral.referral",
                    ),
                ),
            ],
            options={
                "verbose_name": "Information gap",
                "verbose_name_plural": "Information gaps",
                "indexes": [
                    models.Index(
                        fields=["facility", "department", "-at", "-id"],
                        name="information_gap_latest",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "items__contained_by",
                                [
                                    "allergies",
                                    "blood_glucose",
                                    "blood_pressure",
                                    "blood_tests",
                                    "contact_phone",
                                    "diagnosis_code",
                                    "discharge_summary",
                                    "ecg",
                                    "imaging",
                                    "inpatient_no",
                                    "kidney_function",
                                    "lung_function",
                                    "medication_list",
                                    "past_history",
                                    "rehabilitation",
                                    "results",
                                    "treatment",
                                    "ultrasound",
                                ],
                            )
                        ),
                        name="information_gap_items_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("verb__in", ["ask_information", "decline"])),
                        name="information_gap_verb_known",
                    ),
                    models.UniqueConstraint(
                        fields=("referral", "version"), name="information_gap_one_a_version"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ConsentAlert",
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
                ("at", models.DateTimeField()),
                (
                    "consent",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="patients.consent",
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
                "verbose_name": "Consent alert",
                "verbose_name_plural": "Consent alerts",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("referral", "consent"), name="consent_alert_once"
                    )
                ],
            },
        ),
        AddIndexConcurrently(
            model_name="referral",
            index=models.Index(
                condition=models.Q(
                    ("consent__isnull", True),
                    ("submitted_at__isnull", False),
                    ("urgency", 0),
                ),
                fields=["from_facility", "submitted_at", "id"],
                name="referral_consent_afterwards",
            ),
        ),
        migrations.RunSQL(ALERTS, ALERTS_BACK),
        migrations.RunSQL(NEEDS, NEEDS_BACK),
        *(
            migrations.RunSQL(CHILD.format(name=name), CHILD_BACK.format(name=name))
            for name in CHILDREN
        ),
        migrations.RunSQL(ALIKE, ALIKE_BACK),
    ]
