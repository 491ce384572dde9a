"""Parts the attempts by month (ADR 0033), and lets the application ask for the next months and drop the old ones."""

from typing import ClassVar

from django.db import migrations

# Called by a task of the application, whose role may make and drop nothing by itself; 90 days are D1's and the least.
CALLED = """
CREATE FUNCTION notifications_months_ahead() RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT public.accounts_months_ahead('notifications_attempt', 3, '{}')
$$;
CREATE FUNCTION notifications_drop_attempts(keep_days int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  part text;
  dropped int := 0;
BEGIN
  FOR part IN SELECT public.accounts_months_before(
      'notifications_attempt', now() - greatest(keep_days, 90) * interval '1 day') LOOP
    EXECUTE format('DROP TABLE public.%I', part);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END
$$;
"""
DROP = "DROP FUNCTION notifications_drop_attempts(int); DROP FUNCTION notifications_months_ahead();"


class Migration(migrations.Migration):
    """The table there is becomes the first partition; no row is moved."""

    dependencies: ClassVar = [("notifications", "0006_attempts_first_part")]

    operations: ClassVar = [
        migrations.RunSQL(
            "SELECT accounts_split('notifications_attempt', '{}')",
            "SELECT accounts_merge('notifications_attempt')",
        ),
        migrations.RunSQL(CALLED, DROP),
    ]
