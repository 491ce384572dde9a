"""Lets access be granted for an examination that was ordered."""

from django.db import migrations, models

# A facility that sees a patient may let a centre see him for an examination, as for a referral.
_POLICY = """
DROP POLICY patients_accessgrant_insert ON patients_accessgrant;
CREATE POLICY patients_accessgrant_insert ON patients_accessgrant FOR INSERT WITH CHECK (
    (SELECT scope_is_system()) OR (granted_by_id = (SELECT scope_facility())
    AND patients_has_access(patient_id)
    AND (purpose IN ({purposes}) OR (purpose = 'contract' AND facility_id = (SELECT scope_facility())))));
"""
WIDER = _POLICY.format(purposes="'referral', 'examination'")
BACK = _POLICY.format(purposes="'referral'")


class Migration(migrations.Migration):
    """What this subject adds."""

    dependencies = [
        ("patients", "0004_consent"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="accessgrant",
            name="accessgrant_purpose_known",
        ),
        migrations.AlterField(
            model_name="accessgrant",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("registration", "Registered here"),
                    ("contract", "Family-doctor contract"),
                    ("referral", "Referral"),
                    ("examination", "Examination ordered"),
                ],
                max_length=20,
                verbose_name="Purpose",
            ),
        ),
        migrations.AddConstraint(
            model_name="accessgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("purpose__in", ["registration", "contract", "referral", "examination"])
                ),
                name="accessgrant_purpose_known",
            ),
        ),
        migrations.RunSQL(WIDER, BACK),
    ]
