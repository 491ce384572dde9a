"""Adds the files that a centre hangs on an order of an examination."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.ids

# Seen with the order; added by its centre alone while the order is not withdrawn, and never changed.
SECURITY = """
ALTER TABLE referral_examinationfile ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY file_seen ON referral_examinationfile FOR SELECT USING (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_examinationorder o WHERE o.id = order_id));
CREATE POLICY file_added ON referral_examinationfile FOR INSERT WITH CHECK (
    (SELECT scope_is_system()) OR (facility_id = (SELECT scope_facility())
    AND EXISTS (SELECT 1 FROM referral_examinationorder o WHERE o.id = order_id
        AND o.centre_id = (SELECT scope_facility()) AND o.state <> 'cancelled')));
"""
SECURITY_BACK = """
DROP POLICY file_added ON referral_examinationfile;
DROP POLICY file_seen ON referral_examinationfile;
ALTER TABLE referral_examinationfile NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    """One table, like that of a referral's attachments."""

    dependencies: ClassVar = [
        ("facilities", "0006_people"),
        ("referral", "0019_rematch"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations: ClassVar = [
        migrations.CreateModel(
            name="ExaminationFile",
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
                ("name", models.CharField(max_length=120)),
                ("media_type", models.CharField(max_length=60)),
                ("size", models.PositiveIntegerField()),
                ("sha256", models.BinaryField(max_length=32)),
                ("uploaded_at", models.DateTimeField()),
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="referral.examinationorder",
                    ),
                ),
                (
                    "uploaded_by",
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
                "verbose_name": "File of an examination",
                "verbose_name_plural": "Files of examinations",
            },
        ),
        migrations.RunSQL(SECURITY, SECURITY_BACK),
    ]
