"""Lets an alliance withdraw a rule that has not begun, and rule by when emergencies are documented."""

from typing import ClassVar

from django.db import migrations, models

STAGES = [
    "acknowledge",
    "answer",
    "arrival",
    "documentation",
    "first_contact",
    "information",
    "result",
]
DATED = ("automaticstep", "servicelimit")


class Migration(migrations.Migration):
    """An empty term is one that never holds; everything that was allowed before still is."""

    dependencies: ClassVar = [("referral", "0020_assessment_sent_on")]
    operations: ClassVar = [
        *(
            migrations.RemoveConstraint(model_name=name, name=f"referral_{name}_ends_after_start")
            for name in DATED
        ),
        *(
            migrations.AddConstraint(
                model_name=name,
                constraint=models.CheckConstraint(
                    condition=models.Q(
                        ("ends__isnull", True),
                        ("ends__gte", models.F("starts")),
                        _connector="OR",
                    ),
                    name=f"referral_{name}_ends_from_start_on",
                    violation_error_message="The end may not lie before the start.",
                ),
            )
            for name in DATED
        ),
        migrations.RemoveConstraint(model_name="servicelimit", name="limit_stage_known"),
        migrations.AddConstraint(
            model_name="servicelimit",
            constraint=models.CheckConstraint(
                condition=models.Q(("stage__in", STAGES)), name="limit_stage_known"
            ),
        ),
    ]
