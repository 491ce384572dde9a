"""Notes for which legs the system found nowhere to go, so that it does not look again every minute."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

# Read with its leg, written by the sweep alone.
SECURITY = """
ALTER TABLE referral_vainstep ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY vainstep_seen ON referral_vainstep FOR SELECT USING (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id));
CREATE POLICY vainstep_noted ON referral_vainstep FOR INSERT WITH CHECK ((SELECT scope_is_system()));
CREATE POLICY vainstep_moved ON referral_vainstep FOR UPDATE USING ((SELECT scope_is_system()));
"""
SECURITY_BACK = """
DROP POLICY vainstep_moved ON referral_vainstep;
DROP POLICY vainstep_noted ON referral_vainstep;
DROP POLICY vainstep_seen ON referral_vainstep;
ALTER TABLE referral_vainstep NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    """A table of its own, for the few legs that stay unanswered and have nowhere to go."""

    dependencies: ClassVar = [("referral", "0023_order_consents")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="VainStep",
            fields=[
                (
                    "referral",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="vain_step",
                        serialize=False,
                        to="referral.referral",
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "Automatic step that found nowhere to go",
                "verbose_name_plural": "Automatic steps that found nowhere to go",
            },
        ),
        migrations.RunSQL(SECURITY, SECURITY_BACK),
    ]
