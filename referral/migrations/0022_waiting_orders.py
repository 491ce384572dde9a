"""Adds the index by which orders that wait at a centre are found, without stopping who writes orders meanwhile."""

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Outside a transaction, as PostgreSQL demands of an index that is built beside running writes."""

    atomic = False
    dependencies: ClassVar = [("referral", "0021_planned_rules")]
    operations: ClassVar = [
        AddIndexConcurrently(
            model_name="examinationorder",
            index=models.Index(
                condition=models.Q(("state", "ordered")),
                fields=["facility", "centre", "capability", "ordered_at", "id"],
                name="order_waiting",
            ),
        ),
    ]
