"""Lets an alliance have unanswered referrals sent on to the best match."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """One more thing that the system may do where an alliance has switched it on."""

    dependencies: ClassVar = [("referral", "0018_advice_without_consent")]
    operations: ClassVar = [
        migrations.AlterField(
            model_name="automaticstep",
            name="action",
            field=models.CharField(
                choices=[
                    ("expire", "Let it expire"),
                    ("redirect", "Send it on"),
                    ("rematch", "Send it on to the best match"),
                ],
                max_length=10,
            ),
        ),
        migrations.RemoveConstraint(model_name="automaticstep", name="automatic_redirect_waits"),
        migrations.AddConstraint(
            model_name="automaticstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("action__in", ["redirect", "rematch"]), _negated=True),
                    ("stage", "answer"),
                    _connector="OR",
                ),
                name="automatic_redirect_waits",
            ),
        ),
    ]
