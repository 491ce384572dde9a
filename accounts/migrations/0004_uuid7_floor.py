"""Takes the millisecond that has begun, where 0003 took the nearest one: half of those lay in the future."""

from typing import ClassVar, Final

from django.db import migrations

REPLACE: Final = """
CREATE OR REPLACE FUNCTION accounts_uuid7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT (lpad(to_hex({milliseconds}::bigint), 12, '0') || '7'
    || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid
$$;
"""
NEAREST: Final = "(extract(epoch FROM clock_timestamp()) * 1000)"
BEGUN: Final = "floor(extract(epoch FROM clock_timestamp()) * 1000)"


class Migration(migrations.Migration):
    """An identifier must not say that it is younger than its row."""

    dependencies: ClassVar = [("accounts", "0003_uuid7")]

    operations: ClassVar = [
        migrations.RunSQL(REPLACE.format(milliseconds=BEGUN), REPLACE.format(milliseconds=NEAREST))
    ]
