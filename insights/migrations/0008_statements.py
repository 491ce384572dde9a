"""Keeps what alliances state of themselves, year by year."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.ids

# What was stated is kept as it was: only when it ended is added, once, and nobody removes it.
KEEP = """
CREATE FUNCTION insights_statement_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a statement is kept' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.superseded_at IS NOT NULL OR
    (OLD.id, OLD.alliance_id, OLD.code, OLD.year, OLD.standing, OLD.evidence, OLD.stated_by_id, OLD.stated_for_id,
     OLD.stated_at) IS DISTINCT FROM
    (NEW.id, NEW.alliance_id, NEW.code, NEW.year, NEW.standing, NEW.evidence, NEW.stated_by_id, NEW.stated_for_id,
     NEW.stated_at) THEN
    RAISE EXCEPTION 'a statement is not altered' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER insights_statement_kept BEFORE UPDATE OR DELETE ON insights_statement
  FOR EACH ROW EXECUTE FUNCTION insights_statement_kept();
"""
FREE = """
DROP TRIGGER insights_statement_kept ON insights_statement;
DROP FUNCTION insights_statement_kept();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("facilities", "0014_changes_of_a_row"),
        ("insights", "0007_secondments"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Statement",
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
                ("code", models.CharField(max_length=40)),
                ("year", models.PositiveSmallIntegerField()),
                (
                    "standing",
                    models.CharField(
                        choices=[
                            ("done", "In place"),
                            ("partly", "Partly in place"),
                            ("not_yet", "Not in place yet"),
                        ],
                        max_length=10,
                    ),
                ),
                ("evidence", models.TextField()),
                ("stated_at", models.DateTimeField()),
                ("superseded_at", models.DateTimeField(null=True)),
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
                    "stated_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "stated_for",
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
                "verbose_name": "Yearly statement",
                "verbose_name_plural": "Yearly statements",
                "indexes": [
                    models.Index(
                        fields=["alliance", "year", "-stated_at"], name="statement_of_year"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("standing__in", ["done", "partly", "not_yet"])),
                        name="statement_standing_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("evidence", ""), _negated=True),
                        name="statement_has_evidence",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("superseded_at__isnull", True),
                            ("superseded_at__gte", models.F("stated_at")),
                            _connector="OR",
                        ),
                        name="statement_superseded_later",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("superseded_at__isnull", True)),
                        fields=("alliance", "year", "code"),
                        name="statement_once",
                    ),
                ],
            },
        ),
        migrations.RunSQL(KEEP, FREE),
    ]
