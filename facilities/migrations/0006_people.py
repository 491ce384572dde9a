"""Adds delegations between colleagues, and events of public health with their designated facilities."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.ids

# Asked by hierarchy.routes in the statement that asks for the route itself, so that an event costs no
# statement. No row comes back where no event in force binds the sender; then nothing is restricted.
# `facilities` are those that the matching events designate; `uncoded` says that an event binds the sender
# while the diagnosis has no code to compare.
EVENTS = """
CREATE FUNCTION facilities_event_rule(sender uuid, day date, diagnosis text)
RETURNS TABLE (uncoded boolean, facilities uuid[])
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan
SET search_path = public, pg_temp AS $$
DECLARE
  code text := replace(replace(upper(coalesce(diagnosis, '')), '.', ''), ' ', '');
  binding uuid[];
BEGIN
  IF diagnosis IS NULL THEN RETURN; END IF;
  SELECT array_agg(e.id) INTO binding FROM facilities_publichealthevent e
  WHERE e.ended_at IS NULL AND e.starts <= day AND (e.ends IS NULL OR e.ends > day)
    AND (code = '' OR EXISTS (SELECT 1 FROM unnest(e.prefixes) p WHERE starts_with(code, p)))
    AND (EXISTS (SELECT 1 FROM facilities_facility f
          WHERE f.id = sender AND e.area <> '' AND starts_with(f.region_id, e.area))
      OR EXISTS (
        WITH RECURSIVE belongs(alliance_id, height) AS (
          SELECT m.alliance_id, 0 FROM facilities_membership m
          WHERE m.facility_id = sender AND m.starts <= day AND (m.ends IS NULL OR m.ends > day)
         UNION
          SELECT a.parent_id, b.height + 1 FROM belongs b
          JOIN facilities_alliance a ON a.id = b.alliance_id
          WHERE b.height < 10 AND a.parent_id IS NOT NULL
        ) SELECT 1 FROM belongs b WHERE b.alliance_id = e.alliance_id));
  IF binding IS NULL THEN RETURN; END IF;
  RETURN QUERY SELECT code = '', coalesce(array_agg(DISTINCT d.facility_id), '{}')
  FROM facilities_designation d WHERE d.event_id = ANY(binding);
END $$;
"""
BACK = "DROP FUNCTION facilities_event_rule(uuid, date, text)"


class Migration(migrations.Migration):
    """What this subject adds."""

    dependencies = [
        ("facilities", "0005_capacity"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PublicHealthEvent",
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
                ("name", models.CharField(max_length=100, verbose_name="Name")),
                (
                    "prefixes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=6),
                        size=None,
                        verbose_name="Diagnosis codes (ICD-10)",
                    ),
                ),
                ("area", models.CharField(blank=True, editable=False, max_length=12)),
                ("source", models.CharField(max_length=200, verbose_name="Source document")),
                ("declared_at", models.DateTimeField(verbose_name="Declared")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="Ended early")),
                (
                    "alliance",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="facilities.alliance",
                        verbose_name="Alliance",
                    ),
                ),
                (
                    "declared_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="Declared by",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="Ended by",
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="facilities.region",
                        to_field="code",
                        verbose_name="Region",
                    ),
                ),
            ],
            options={
                "verbose_name": "Public health event",
                "verbose_name_plural": "Public health events",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends__isnull", True),
                            ("ends__gt", models.F("starts")),
                            _connector="OR",
                        ),
                        name="facilities_publichealthevent_ends_after_start",
                        violation_error_message="The end must lie after the start.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("alliance__isnull", True),
                                ("region__isnull", False),
                                models.Q(("area", ""), _negated=True),
                            ),
                            models.Q(
                                ("alliance__isnull", False), ("area", ""), ("region__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="event_in_region_or_alliance",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("prefixes__len__gt", 0)), name="event_names_diseases"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("ended_by__isnull", True)),
                            models.Q(("ended_at__isnull", False), ("ended_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="event_ended_by_somebody",
                    ),
                ],
                "indexes": [
                    models.Index(
                        models.F("starts"),
                        condition=models.Q(("ended_at__isnull", True)),
                        name="event_not_ended_early",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Designation",
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
                    "facility",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="facilities.facility",
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="designations",
                        to="facilities.publichealthevent",
                    ),
                ),
            ],
            options={
                "verbose_name": "Designated facility",
                "verbose_name_plural": "Designated facilities",
                "constraints": [
                    models.UniqueConstraint(fields=("event", "facility"), name="designation_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Delegation",
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
                ("reason", models.CharField(max_length=200, verbose_name="Reason")),
                ("created_at", models.DateTimeField(verbose_name="Created")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="Taken back")),
                (
                    "deputy",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="Deputy",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="Taken back by",
                    ),
                ),
                (
                    "facility",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="facilities.facility",
                        verbose_name="Facility",
                    ),
                ),
                (
                    "granted_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="Granted by",
                    ),
                ),
                (
                    "principal",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="Principal",
                    ),
                ),
            ],
            options={
                "verbose_name": "Delegation",
                "verbose_name_plural": "Delegations",
                "indexes": [
                    models.Index(
                        fields=["deputy", "principal", "facility"], name="delegation_of_deputy"
                    ),
                    models.Index(
                        fields=["facility", "-created_at", "-id"], name="delegation_at_facility"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends__isnull", True),
                            ("ends__gt", models.F("starts")),
                            _connector="OR",
                        ),
                        name="facilities_delegation_ends_after_start",
                        violation_error_message="The end must lie after the start.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("principal", models.F("deputy")), _negated=True),
                        name="delegation_to_somebody_else",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends__isnull", False)), name="delegation_has_an_end"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("ended_by__isnull", True)),
                            models.Q(("ended_at__isnull", False), ("ended_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="delegation_taken_back_by_somebody",
                    ),
                ],
            },
        ),
        migrations.RunSQL(EVENTS, BACK),
    ]
