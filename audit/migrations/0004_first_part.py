"""Bounds the trail that there is, so that it can become a partition without being looked through under a lock."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    """Two transactions: the first holds writers up for a moment, the second, which reads the table, does not."""

    atomic = False
    dependencies: ClassVar = [("audit", "0003_search"), ("accounts", "0008_months")]

    operations: ClassVar = [
        migrations.RunSQL(
            "SELECT accounts_months_bound('audit_event')",
            "ALTER TABLE audit_event DROP CONSTRAINT IF EXISTS audit_event_first_part",
        ),
        migrations.RunSQL(
            "ALTER TABLE audit_event VALIDATE CONSTRAINT audit_event_first_part",
            migrations.RunSQL.noop,
        ),
    ]
