"""Looks anew at what was declined: the doctor who did so stands in its fact from now on."""

from django.db import migrations

# The counting takes these notes like any other, some at a time; no counter is by doctors, so none is wrong meanwhile.
ANEW = """
INSERT INTO insights_change (kind, subject)
SELECT 0, id FROM insights_legfact WHERE declined AND received_by IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [("insights", "0010_tries_of_files")]

    operations = [migrations.RunSQL(ANEW, migrations.RunSQL.noop)]
