"""Adds the days on which work departs from the week (调休)."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """A new table alone."""

    dependencies: ClassVar = [("facilities", "0003_routes")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="Holiday",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False, verbose_name="Day")),
                ("is_working", models.BooleanField(verbose_name="Working day")),
                ("source", models.CharField(max_length=200, verbose_name="Source")),
            ],
            options={
                "verbose_name": "Holiday or working weekend",
                "verbose_name_plural": "Holidays and working weekends",
                "ordering": ["day"],
            },
        ),
    ]
