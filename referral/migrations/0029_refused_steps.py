"""Keeps how often an automatic step was refused, so that it waits longer each time."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Columns of the few legs that the system tried to move in vain."""

    dependencies: ClassVar = [("referral", "0028_message_texts")]
    operations: ClassVar = [
        migrations.AddField(
            model_name="vainstep",
            name="again_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="vainstep",
            name="refusals",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddConstraint(
            model_name="vainstep",
            constraint=models.CheckConstraint(
                condition=models.Q(refusals=0, again_at__isnull=True)
                | models.Q(refusals__gt=0, again_at__gt=models.F("at")),
                name="vain_step_again_after_a_refusal",
            ),
        ),
    ]
