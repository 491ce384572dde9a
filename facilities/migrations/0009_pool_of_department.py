"""Adds the index by which the first appointment of a department is found, without stopping who plans."""

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Outside a transaction, as PostgreSQL demands of an index that is built beside running writes."""

    atomic = False
    dependencies: ClassVar = [("facilities", "0007_steps")]
    operations: ClassVar = [
        AddIndexConcurrently(
            model_name="pool",
            index=models.Index(
                condition=models.Q(("kind", "slot")),
                fields=["department", "starts_at", "id"],
                name="pool_of_department",
            ),
        ),
    ]
