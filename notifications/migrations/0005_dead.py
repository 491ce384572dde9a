"""Adds the index by which what was given up is found among all that one address was sent."""

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Outside a transaction, as PostgreSQL demands of an index that is built beside running writes."""

    atomic = False
    dependencies: ClassVar = [("notifications", "0004_subject")]
    operations: ClassVar = [
        AddIndexConcurrently(
            model_name="outboxmessage",
            index=models.Index(
                condition=models.Q(state="dead"),
                fields=["subscription", "-created_at", "-id"],
                name="outbox_dead",
            ),
        ),
    ]
