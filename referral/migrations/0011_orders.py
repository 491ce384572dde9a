"""Adds orders of examinations, with their reports."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.ids

# An order is seen by who placed it and by the centre, and by whoever receives a leg of its episode while it
# sees the patient. Facts stay, states go forward only, and a report is added to, never changed.
ORDERS = """
ALTER TABLE referral_examinationorder ENABLE ROW LEVEL SECURITY;
ALTER TABLE referral_examinationorder FORCE ROW LEVEL SECURITY;
CREATE POLICY order_seen ON referral_examinationorder FOR SELECT USING (
    (SELECT scope_is_system())
    OR (SELECT scope_facility()) IN (facility_id, centre_id)
    OR (episode_id IS NOT NULL AND patients_has_access(patient_id) AND EXISTS (
        SELECT 1 FROM referral_referral r WHERE r.episode_id = referral_examinationorder.episode_id
        AND r.to_facility_id = (SELECT scope_facility()))));
CREATE POLICY order_placed ON referral_examinationorder FOR INSERT WITH CHECK (
    (SELECT scope_is_system()) OR (facility_id = (SELECT scope_facility()) AND state = 'ordered'
    AND patients_has_access(patient_id)));
CREATE POLICY order_moved ON referral_examinationorder FOR UPDATE USING (
    (SELECT scope_is_system()) OR (SELECT scope_facility()) IN (facility_id, centre_id));
CREATE FUNCTION referral_check_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
        ('ordered', 'received'), ('ordered', 'reported'), ('received', 'reported'),
        ('ordered', 'cancelled'), ('received', 'cancelled')) THEN
        RAISE EXCEPTION 'illegal move of an order from % to %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'order_legal_move';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER referral_order_moves BEFORE UPDATE ON referral_examinationorder
    FOR EACH ROW EXECUTE FUNCTION referral_check_order();
CREATE TRIGGER referral_order_stays BEFORE UPDATE ON referral_examinationorder
    FOR EACH ROW EXECUTE FUNCTION referral_check_change('state', 'received_by_id', 'received_at',
        'reported_at', 'cancelled_by_id', 'cancelled_at', 'cancel_reason');
ALTER TABLE referral_examinationreport ENABLE ROW LEVEL SECURITY;
ALTER TABLE referral_examinationreport FORCE ROW LEVEL SECURITY;
CREATE POLICY report_seen ON referral_examinationreport FOR SELECT USING (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_examinationorder o WHERE o.id = order_id));
CREATE POLICY report_written ON referral_examinationreport FOR INSERT WITH CHECK (
    (SELECT scope_is_system()) OR (facility_id = (SELECT scope_facility())
    AND EXISTS (SELECT 1 FROM referral_examinationorder o WHERE o.id = order_id
        AND o.centre_id = (SELECT scope_facility()) AND o.state = 'reported')));
"""
ORDERS_BACK = """
DROP POLICY report_written ON referral_examinationreport;
DROP POLICY report_seen ON referral_examinationreport;
ALTER TABLE referral_examinationreport NO FORCE ROW LEVEL SECURITY;
ALTER TABLE referral_examinationreport DISABLE ROW LEVEL SECURITY;
DROP TRIGGER referral_order_stays ON referral_examinationorder;
DROP TRIGGER referral_order_moves ON referral_examinationorder;
DROP FUNCTION referral_check_order();
DROP POLICY order_moved ON referral_examinationorder;
DROP POLICY order_placed ON referral_examinationorder;
DROP POLICY order_seen ON referral_examinationorder;
ALTER TABLE referral_examinationorder NO FORCE ROW LEVEL SECURITY;
ALTER TABLE referral_examinationorder DISABLE ROW LEVEL SECURITY;
"""

# Looks past row-level security as those of patients/migrations/0003 do, for a caller who sees the patient:
# a second CT is spared only if the first one shows, wherever it was made. It tells place, day, state and
# recognition, and neither who ordered it nor what was found.
RECENT = """
CREATE FUNCTION referral_recent_examinations(asked uuid, examination text, since timestamptz)
RETURNS TABLE (place text, on_day date, state text, recognised boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  allowed boolean := scope_is_system() OR patients_has_access(asked);
  former text := coalesce(current_setting('scope.system', true), '');
BEGIN
  IF allowed IS NOT TRUE THEN
    RAISE insufficient_privilege USING MESSAGE = 'referral_recent_examinations needs access to the patient';
  END IF;
  PERFORM set_config('scope.system', 'on', true);
  RETURN QUERY
  SELECT f.name::text,
    (coalesce(o.reported_at, o.received_at, o.ordered_at) AT TIME ZONE 'Asia/Shanghai')::date,
    o.state::text,
    coalesce((SELECT r.recognised FROM referral_examinationreport r WHERE r.order_id = o.id
      ORDER BY r.version DESC LIMIT 1), false)
  FROM patients_patient p
  JOIN patients_patient same ON coalesce(same.merged_into_id, same.id) = coalesce(p.merged_into_id, p.id)
  JOIN referral_examinationorder o ON o.patient_id = same.id
  JOIN facilities_facility f ON f.id = o.centre_id
  WHERE p.id = asked AND o.item = examination AND o.state <> 'cancelled'
    AND coalesce(o.reported_at, o.ordered_at) >= since
  ORDER BY 2 DESC, o.id DESC LIMIT 20;
  PERFORM set_config('scope.system', former, true);
END $$;
"""
RECENT_BACK = "DROP FUNCTION referral_recent_examinations(uuid, text, timestamptz)"


class Migration(migrations.Migration):
    """What this subject adds."""

    dependencies = [
        ("facilities", "0006_people"),
        ("patients", "0005_examination"),
        ("referral", "0010_people"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ExaminationOrder",
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
                    "capability",
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
                    ),
                ),
                ("item", models.CharField(max_length=30, verbose_name="Examination")),
                ("question", models.TextField(verbose_name="Clinical question")),
                (
                    "urgency",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "Emergency"), (1, "Urgent"), (2, "Routine")], default=2
                    ),
                ),
                (
                    "duplicate_reason",
                    models.TextField(blank=True, verbose_name="Why it is repeated"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("ordered", "Ordered"),
                            ("received", "Received"),
                            ("reported", "Reported"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="ordered",
                        max_length=16,
                    ),
                ),
                ("ordered_at", models.DateTimeField()),
                ("received_at", models.DateTimeField(null=True)),
                ("reported_at", models.DateTimeField(null=True)),
                ("cancelled_at", models.DateTimeField(null=True)),
                ("cancel_reason", models.CharField(blank=True, max_length=200)),
                (
                    "cancelled_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "centre",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="facilities.facility",
                    ),
                ),
                (
                    "episode",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="referral.episode",
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
                    "ordered_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="patients.patient",
                    ),
                ),
                (
                    "received_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "referral",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="referral.referral",
                    ),
                ),
            ],
            options={
                "verbose_name": "Examination order",
                "verbose_name_plural": "Examination orders",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["ordered", "received", "reported", "cancelled"])
                        ),
                        name="order_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("urgency__in", [0, 1, 2])), name="order_urgency_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("centre", models.F("facility")), _negated=True),
                        name="order_ends_differ",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("referral__isnull", False), ("episode__isnull", False)),
                            models.Q(
                                models.Q(("referral__isnull", False), _negated=True),
                                models.Q(("episode__isnull", False), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="order_episode_iff_leg",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "reported"), ("reported_at__isnull", False)),
                            models.Q(
                                models.Q(("state", "reported"), _negated=True),
                                models.Q(("reported_at__isnull", False), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="order_reported",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "cancelled"), ("cancelled_at__isnull", False)),
                            models.Q(
                                models.Q(("state", "cancelled"), _negated=True),
                                models.Q(("cancelled_at__isnull", False), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="order_cancelled",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("cancelled_at__isnull", False), _negated=True),
                            models.Q(("cancel_reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="order_cancel_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["received", "reported"]), _negated=True),
                            ("received_at__isnull", False),
                            _connector="OR",
                        ),
                        name="order_received_before_report",
                    ),
                ],
                "indexes": [
                    models.Index(fields=["facility", "-ordered_at", "-id"], name="order_placed"),
                    models.Index(fields=["centre", "-ordered_at", "-id"], name="order_at_centre"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExaminationReport",
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
                ("version", models.PositiveSmallIntegerField()),
                ("conclusion", models.TextField(verbose_name="Conclusion")),
                (
                    "references",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64), default=list, size=None
                    ),
                ),
                ("recognised", models.BooleanField(verbose_name="Mutually recognised")),
                ("at", models.DateTimeField()),
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
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reports",
                        to="referral.examinationorder",
                    ),
                ),
                (
                    "reported_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "Examination report",
                "verbose_name_plural": "Examination reports",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("order", "version"), name="report_one_a_version"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("conclusion", ""), _negated=True),
                        name="report_says_something",
                    ),
                ],
            },
        ),
        migrations.RunSQL(ORDERS, ORDERS_BACK),
        migrations.RunSQL(RECENT, RECENT_BACK),
    ]
