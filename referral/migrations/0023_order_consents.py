"""Adds the consents that emergency orders were placed without, each called for until it is recorded."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

# The business of whoever placed the order; called for and met by the sweep alone.
SECURITY = """
ALTER TABLE referral_orderconsent ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY orderconsent_seen ON referral_orderconsent FOR SELECT USING (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_examinationorder o WHERE o.id = order_id
               AND o.facility_id = (SELECT scope_facility())));
CREATE POLICY orderconsent_called_for ON referral_orderconsent FOR INSERT WITH CHECK (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_examinationorder o WHERE o.id = order_id
               AND o.facility_id = (SELECT scope_facility())));
CREATE POLICY orderconsent_moved ON referral_orderconsent FOR UPDATE USING ((SELECT scope_is_system()));
"""
SECURITY_BACK = """
DROP POLICY orderconsent_moved ON referral_orderconsent;
DROP POLICY orderconsent_called_for ON referral_orderconsent;
DROP POLICY orderconsent_seen ON referral_orderconsent;
ALTER TABLE referral_orderconsent NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    """A table of its own: of the orders placed so far nobody noted what they went without."""

    dependencies: ClassVar = [("referral", "0022_waiting_orders")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="OrderConsent",
            fields=[
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="consent_awaited",
                        serialize=False,
                        to="referral.examinationorder",
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("step", models.PositiveSmallIntegerField(default=0)),
                ("window", models.PositiveIntegerField(default=0)),
                ("next_at", models.DateTimeField(null=True)),
                ("met_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "Consent to an emergency order",
                "verbose_name_plural": "Consents to emergency orders",
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_at__isnull", False)),
                        fields=["next_at"],
                        name="order_consent_calls",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("met_at__isnull", False), _negated=True),
                            ("next_at__isnull", True),
                            _connector="OR",
                        ),
                        name="order_consent_met_ends",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("step__range", (0, 4))),
                        name="order_consent_step_known",
                    ),
                ],
            },
        ),
        migrations.RunSQL(SECURITY, SECURITY_BACK),
    ]
