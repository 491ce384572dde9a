"""Indexes for lists that stay short however long the table is, built beside running writes.

As many indexes are written for a submission as before: the key of `origin` lies in the new index, and the rule of one
open leg after another no longer holds an entry of every open leg that follows none.
"""

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

LIVE = ("accepted", "arrived", "information_requested", "received", "scheduled", "submitted")
OPEN = (
    "accepted",
    "arrived",
    "draft",
    "information_requested",
    "internal_review",
    "received",
    "scheduled",
    "submitted",
)
FOLLOWS = "referral_one_open_leg_follows"
_OPEN_SQL = ", ".join(f"'{status}'" for status in OPEN)


def follows(condition: str) -> tuple[str, ...]:
    """Return the statements that put another index in the place of the rule, so that it holds at every moment."""
    return (
        f"CREATE UNIQUE INDEX CONCURRENTLY {FOLLOWS}_new ON referral_referral (previous_id) WHERE {condition}",
        f"DROP INDEX CONCURRENTLY {FOLLOWS}",
        f"ALTER INDEX {FOLLOWS}_new RENAME TO {FOLLOWS}",
    )


class Migration(migrations.Migration):
    """Outside a transaction, as PostgreSQL demands of an index that is built beside running writes."""

    atomic = False
    dependencies: ClassVar = [("referral", "0031_assessment_gender")]
    operations: ClassVar = [
        AddIndexConcurrently(
            "referral",
            models.Index(name="referral_origin", fields=["origin", "-created_at", "-id"]),
        ),
        AddIndexConcurrently(
            "referral",
            models.Index(
                name="referral_under_way",
                fields=["alliance", "-created_at", "-id"],
                condition=Q(status__in=LIVE),
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY referral_referral_origin_id_4791d84b",
                    "CREATE INDEX CONCURRENTLY referral_referral_origin_id_4791d84b"
                    " ON referral_referral (origin_id)",
                )
            ],
            state_operations=[
                migrations.AlterField(
                    "referral",
                    "origin",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to="facilities.facility",
                    ),
                )
            ],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    follows(f"status IN ({_OPEN_SQL}) AND previous_id IS NOT NULL"),
                    follows(f"status IN ({_OPEN_SQL})"),
                )
            ],
            state_operations=[
                migrations.RemoveConstraint("referral", FOLLOWS),
                migrations.AddConstraint(
                    "referral",
                    models.UniqueConstraint(
                        name=FOLLOWS,
                        fields=["previous"],
                        condition=Q(status__in=OPEN, previous__isnull=False),
                    ),
                ),
            ],
        ),
    ]
