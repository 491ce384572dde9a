"""Counts how often a worker began to read a file of figures."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("insights", "0009_what_ifs")]

    operations = [
        migrations.AddField(
            model_name="volumefile",
            name="tries",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
    ]
