"""Bounds the attempts that there are, so that they can become a partition without being looked through under a lock."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    """Two transactions: the first holds writers up for a moment, the second, which reads the table, does not."""

    atomic = False
    dependencies: ClassVar = [("notifications", "0005_dead"), ("accounts", "0008_months")]

    operations: ClassVar = [
        migrations.RunSQL(
            "SELECT accounts_months_bound('notifications_attempt')",
            "ALTER TABLE notifications_attempt DROP CONSTRAINT IF EXISTS notifications_attempt_first_part",
        ),
        migrations.RunSQL(
            "ALTER TABLE notifications_attempt VALIDATE CONSTRAINT notifications_attempt_first_part",
            migrations.RunSQL.noop,
        ),
    ]
