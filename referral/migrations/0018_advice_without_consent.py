"""Lets a request for advice end where its patient takes the consent back."""

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

STATES = [
    ("asked", "Asked"),
    ("answered", "Answered"),
    ("converted", "Became a referral"),
    ("avoided", "Referral avoided"),
    ("withdrawn", "Withdrawn"),
    ("no_consent", "Ended: the patient took the consent back"),
]
ENDS = ("converted", "avoided", "withdrawn", "no_consent")


class Migration(migrations.Migration):
    """One more end, which only the system reaches; not atomic, since an index is built beside the traffic."""

    atomic = False

    dependencies: ClassVar = [("referral", "0016_afterwards")]
    operations: ClassVar = [
        migrations.AlterField(
            model_name="advicerequest",
            name="state",
            field=models.CharField(choices=STATES, default="asked", max_length=10),
        ),
        migrations.RemoveConstraint(model_name="advicerequest", name="advice_state_known"),
        migrations.AddConstraint(
            model_name="advicerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", [state for state, _label in STATES])),
                name="advice_state_known",
            ),
        ),
        migrations.RemoveConstraint(model_name="advicerequest", name="advice_ended_iff_at_an_end"),
        migrations.AddConstraint(
            model_name="advicerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ENDS), ("ended_at__isnull", False)),
                    models.Q(
                        models.Q(("state__in", ENDS), _negated=True),
                        models.Q(("ended_at__isnull", False), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="advice_ended_iff_at_an_end",
            ),
        ),
        AddIndexConcurrently(
            model_name="advicerequest",
            index=models.Index(
                condition=models.Q(("state__in", ("asked", "answered"))),
                fields=["patient"],
                name="advice_open",
            ),
        ),
    ]
