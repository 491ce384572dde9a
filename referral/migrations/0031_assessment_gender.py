"""Keeps with an assessment the sex by which its rules judged; what was assessed before keeps none."""

from typing import ClassVar

from django.db import migrations, models

GENDERS = [("0", "Unknown"), ("1", "Male"), ("2", "Female"), ("9", "Not stated")]


class Migration(migrations.Migration):
    """One column with a default of the database: nothing is rewritten, and a program of before writes on."""

    dependencies: ClassVar = [("referral", "0030_hidden_feedback")]
    operations: ClassVar = [
        migrations.AddField(
            model_name="assessment",
            name="gender",
            field=models.CharField(
                blank=True, choices=GENDERS, db_default="", default="", max_length=1
            ),
        ),
    ]
