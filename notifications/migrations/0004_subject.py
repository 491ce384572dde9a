"""Adds the index by which the messages about one object are found, without stopping who writes them."""

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Outside a transaction, as PostgreSQL demands of an index that is built beside running writes."""

    atomic = False
    dependencies: ClassVar = [("notifications", "0002_storage")]
    operations: ClassVar = [
        AddIndexConcurrently(
            model_name="outboxmessage",
            index=models.Index(fields=["subject"], name="outbox_subject"),
        ),
    ]
