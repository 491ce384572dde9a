"""Adds the counter of chronic diseases referred down."""

from django.db import migrations, models

# Counters of the past hold nothing of the new measure: the next count builds all of them anew.
ANEW = "UPDATE insights_reading SET rebuilt_at = NULL"


class Migration(migrations.Migration):
    dependencies = [("insights", "0003_volumes")]

    operations = [
        migrations.AddField(
            model_name="rollup",
            name="down_accepted_chronic",
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.RunSQL(ANEW, migrations.RunSQL.noop),
    ]
