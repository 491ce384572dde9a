"""Tells PostgreSQL that rows of the outbox change twice and then rest."""

from django.db import migrations

TUNE = """
ALTER TABLE notifications_outboxmessage SET
  (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
"""

RESET = """
ALTER TABLE notifications_outboxmessage RESET
  (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
"""


class Migration(migrations.Migration):
    """Room on the page for the claim and the settling, and an early vacuum of the pending index."""

    dependencies = [("notifications", "0001_initial")]

    operations = [migrations.RunSQL(TUNE, RESET)]
