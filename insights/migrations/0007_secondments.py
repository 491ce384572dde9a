import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.ids

# A term that was reported is kept as it was: only who superseded it is added, once, and nobody removes it.
KEEP = """
CREATE FUNCTION insights_secondment_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a reported term is kept' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.superseded_at IS NOT NULL OR
    (OLD.id, OLD.person, OLD.title, OLD.from_facility_id, OLD.to_facility_id, OLD.starts, OLD.ends, OLD.file_id,
     OLD.reported_at) IS DISTINCT FROM
    (NEW.id, NEW.person, NEW.title, NEW.from_facility_id, NEW.to_facility_id, NEW.starts, NEW.ends, NEW.file_id,
     NEW.reported_at) THEN
    RAISE EXCEPTION 'a reported term is not altered' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER insights_secondment_kept BEFORE UPDATE OR DELETE ON insights_secondment
  FOR EACH ROW EXECUTE FUNCTION insights_secondment_kept();
"""
FREE = """
DROP TRIGGER insights_secondment_kept ON insights_secondment;
DROP FUNCTION insights_secondment_kept();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("facilities", "0014_changes_of_a_row"),
        ("insights", "0006_forecasts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Secondment",
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
                ("person", models.CharField(max_length=32)),
                (
                    "title",
                    models.CharField(
                        choices=[
                            ("junior", "Junior"),
                            ("intermediate", "Intermediate"),
                            ("associate_chief", "Associate chief"),
                            ("chief", "Chief"),
                        ],
                        max_length=16,
                    ),
                ),
                ("starts", models.DateField()),
                ("ends", models.DateField()),
                ("reported_at", models.DateTimeField()),
                ("superseded_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "Secondment",
                "verbose_name_plural": "Secondments",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("title__in", ["junior", "intermediate", "associate_chief", "chief"])
                        ),
                        name="secondment_title_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends__gte", models.F("starts"))),
                        name="secondment_has_days",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="volumefile",
            name="kind",
            field=models.CharField(
                choices=[
                    ("volumes", "Monthly figures"),
                    ("secondments", "Terms of physicians sent to primary care"),
                ],
                db_default="volumes",
                default="volumes",
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="volumefile",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["volumes", "secondments"])),
                name="volume_file_kind_known",
            ),
        ),
        migrations.AddField(
            model_name="secondment",
            name="file",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="insights.volumefile",
            ),
        ),
        migrations.AddField(
            model_name="secondment",
            name="from_facility",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="facilities.facility",
            ),
        ),
        migrations.AddField(
            model_name="secondment",
            name="superseded_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="insights.volumefile",
            ),
        ),
        migrations.AddField(
            model_name="secondment",
            name="to_facility",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="facilities.facility",
            ),
        ),
        migrations.AddConstraint(
            model_name="secondment",
            constraint=models.CheckConstraint(
                condition=models.Q(("to_facility", models.F("from_facility")), _negated=True),
                name="secondment_elsewhere",
            ),
        ),
        migrations.AddConstraint(
            model_name="secondment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("superseded_at__isnull", True), ("superseded_by__isnull", True)),
                    models.Q(
                        ("superseded_at__gte", models.F("reported_at")),
                        ("superseded_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="secondment_superseded_by_whom",
            ),
        ),
        migrations.AddConstraint(
            model_name="secondment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("superseded_at__isnull", True)),
                fields=("from_facility", "person", "starts"),
                name="secondment_once",
            ),
        ),
        migrations.RunSQL(KEEP, FREE),
    ]
