"""Counts tries of the year of birth behind a patient's link."""

from typing import ClassVar

from django.db import migrations, models

KINDS = [
    ("account", "Account"),
    ("device", "Known device"),
    ("address", "Network address"),
    ("code", "Second factor"),
    ("link", "Link of a patient"),
]


class Migration(migrations.Migration):
    """One more word; the table is small and rows go after a month."""

    dependencies: ClassVar = [("accounts", "0005_sign_in")]
    operations: ClassVar = [
        migrations.RemoveConstraint(model_name="trycounter", name="try_counter_kind_known"),
        migrations.AlterField(
            model_name="trycounter",
            name="kind",
            field=models.CharField(choices=KINDS, max_length=8),
        ),
        migrations.AddConstraint(
            model_name="trycounter",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", [kind for kind, _label in KINDS])),
                name="try_counter_kind_known",
            ),
        ),
    ]
