"""Adds the indexes by which contacts to make are found, without stopping who writes follow-ups meanwhile."""

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

OPEN = models.Q(("done_at__isnull", True))


class Migration(migrations.Migration):
    """Outside a transaction, as PostgreSQL demands of an index that is built beside running writes."""

    atomic = False
    dependencies: ClassVar = [("referral", "0011_orders")]
    operations: ClassVar = [
        AddIndexConcurrently(
            model_name="followup",
            index=models.Index(
                condition=OPEN,
                fields=["facility", "due_on", "id"],
                name="follow_up_of_a_facility",
            ),
        ),
        AddIndexConcurrently(
            model_name="followup",
            index=models.Index(condition=OPEN, fields=["due_on", "id"], name="follow_up_due"),
        ),
    ]
