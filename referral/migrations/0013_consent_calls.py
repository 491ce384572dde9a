"""Lets the ladder call for the consent that follows an emergency."""

from typing import ClassVar

from django.db import migrations, models

STAGES = [
    ("answer", "Answer"),
    ("acknowledge", "Acknowledgement of an emergency"),
    ("information", "Answer to a question"),
    ("arrival", "Arrival"),
    ("first_contact", "First contact after the return"),
    ("result", "Report of the result"),
    ("follow_up", "Planned follow-up"),
    ("consent", "Consent after an emergency"),
]


class Migration(migrations.Migration):
    """One more word for what is called for; limits and automatic steps know it by name only."""

    dependencies: ClassVar = [("referral", "0012_follow_up_indexes")]
    operations: ClassVar = [
        *(
            migrations.AlterField(
                model_name=name,
                name="stage",
                field=models.CharField(choices=STAGES, max_length=16),
            )
            for name in ("automaticstep", "reminder", "servicelimit")
        ),
        migrations.RemoveConstraint(model_name="reminder", name="reminder_stage_known"),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.CheckConstraint(
                condition=models.Q(stage__in=sorted(stage for stage, _label in STAGES)),
                name="reminder_stage_known",
            ),
        ),
    ]
