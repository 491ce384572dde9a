"""Adds the index by which an arrival desk finds whom it expects, without stopping who moves referrals meanwhile."""

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Outside a transaction, as PostgreSQL demands of an index that is built beside running writes."""

    atomic = False
    dependencies: ClassVar = [("referral", "0024_vain_steps")]
    operations: ClassVar = [
        AddIndexConcurrently(
            model_name="referral",
            index=models.Index(
                condition=models.Q(("status", "scheduled")),
                fields=["to_facility", "scheduled_for", "id"],
                name="referral_visits",
            ),
        ),
    ]
