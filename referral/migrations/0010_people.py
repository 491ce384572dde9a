"""Adds for whom a move was made, and who answers for a leg."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.ids

# Who answers for a leg is the business of one end: only that facility sees and writes it, and only for a
# leg that it sees.
ASSIGNMENTS = """
ALTER TABLE referral_assignment ENABLE ROW LEVEL SECURITY;
ALTER TABLE referral_assignment FORCE ROW LEVEL SECURITY;
CREATE POLICY assignment_seen ON referral_assignment FOR SELECT USING (
    (SELECT scope_is_system()) OR facility_id = (SELECT scope_facility()));
CREATE POLICY assignment_written ON referral_assignment FOR INSERT WITH CHECK (
    (SELECT scope_is_system()) OR (facility_id = (SELECT scope_facility())
    AND EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id
        AND (SELECT scope_facility()) IN (r.from_facility_id, r.to_facility_id))));
CREATE POLICY assignment_ended ON referral_assignment FOR UPDATE USING (
    (SELECT scope_is_system()) OR facility_id = (SELECT scope_facility()));
CREATE TRIGGER referral_assignment_stays BEFORE UPDATE ON referral_assignment
    FOR EACH ROW EXECUTE FUNCTION referral_check_change('ended_at');
"""
ASSIGNMENTS_BACK = """
DROP TRIGGER referral_assignment_stays ON referral_assignment;
DROP POLICY assignment_ended ON referral_assignment;
DROP POLICY assignment_written ON referral_assignment;
DROP POLICY assignment_seen ON referral_assignment;
ALTER TABLE referral_assignment NO FORCE ROW LEVEL SECURITY;
ALTER TABLE referral_assignment DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    """What this subject adds."""

    dependencies = [
        ("facilities", "0006_people"),
        ("referral", "0009_returns"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="transition",
            name="for_user",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.CreateModel(
            name="Assignment",
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
                ("since", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "by",
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
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to="referral.referral",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "Assignment",
                "verbose_name_plural": "Assignments",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("referral", "facility"),
                        name="assignment_one_at_a_time",
                    )
                ],
            },
        ),
        migrations.RunSQL(ASSIGNMENTS, ASSIGNMENTS_BACK),
    ]
