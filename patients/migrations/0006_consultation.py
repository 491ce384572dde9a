"""Lets a facility give another one access for advice before a referral."""

from typing import ClassVar

from django.db import migrations, models

_RULE = """
ALTER POLICY patients_accessgrant_insert ON patients_accessgrant WITH CHECK (
  (SELECT scope_is_system()) OR (granted_by_id = (SELECT scope_facility())
    AND patients_has_access(patient_id)
    AND (purpose IN ({others}) OR (purpose = 'contract' AND facility_id = (SELECT scope_facility())))));
"""


class Migration(migrations.Migration):
    """One more purpose; like a referral it is given in the giver's own name, by whoever has access."""

    dependencies: ClassVar = [("patients", "0005_examination")]
    operations: ClassVar = [
        migrations.AlterField(
            model_name="accessgrant",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("registration", "Registered here"),
                    ("contract", "Family-doctor contract"),
                    ("referral", "Referral"),
                    ("examination", "Examination ordered"),
                    ("consultation", "Advice before a referral"),
                ],
                max_length=20,
                verbose_name="Purpose",
            ),
        ),
        migrations.RemoveConstraint(model_name="accessgrant", name="accessgrant_purpose_known"),
        migrations.AddConstraint(
            model_name="accessgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "purpose__in",
                        ["registration", "contract", "referral", "examination", "consultation"],
                    )
                ),
                name="accessgrant_purpose_known",
            ),
        ),
        migrations.RunSQL(
            _RULE.format(others="'referral', 'examination', 'consultation'"),
            _RULE.format(others="'referral', 'examination'"),
        ),
    ]
