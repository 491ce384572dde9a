"""Keeps how each chain was found when it was last re-computed, and finds a moment in a chain by halving.

An index on the time would be written with each line of the trail, which is the busiest table there is. The
lines of a chain are numbered in the order of time, so some twenty looks by the index that is there do the same.
"""

from typing import ClassVar

from django.db import migrations, models

AT = """
CREATE FUNCTION audit_seq_at(of_chain uuid, moment timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  low bigint := 1;
  high bigint;
  middle bigint;
  found timestamptz;
BEGIN
  SELECT e.seq + 1 INTO high FROM audit_event e WHERE e.chain = of_chain ORDER BY e.seq DESC LIMIT 1;
  IF high IS NULL THEN
    RETURN 1;
  END IF;
  WHILE low < high LOOP
    middle := (low + high) / 2;
    SELECT e.at INTO found FROM audit_event e
    WHERE e.chain = of_chain AND e.seq >= middle ORDER BY e.seq LIMIT 1;
    IF found < moment THEN
      low := middle + 1;
    ELSE
      high := middle;
    END IF;
  END LOOP;
  RETURN low;
END
$$;
"""


class Migration(migrations.Migration):
    """A table of one row a chain, and a function."""

    dependencies: ClassVar = [("audit", "0002_chain")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Verification",
            fields=[
                ("chain", models.UUIDField(primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("findings", models.PositiveIntegerField()),
            ],
            options={
                "verbose_name": "verification of a chain",
                "verbose_name_plural": "verifications of chains",
            },
        ),
        migrations.RunSQL(AT, "DROP FUNCTION audit_seq_at(uuid, timestamptz)"),
    ]
