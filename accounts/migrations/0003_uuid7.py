"""Lets a statement make identifiers for rows that it finds itself, as accounts.ids does in Python."""

from typing import ClassVar, Final

from django.db import migrations

# 48 bits of Unix milliseconds in hexadecimal, the version, and what follows the version in a random UUID.
CREATE: Final = """
CREATE FUNCTION accounts_uuid7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
    || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid
$$;
"""
DROP: Final = "DROP FUNCTION accounts_uuid7()"


class Migration(migrations.Migration):
    """Of PostgreSQL 15 and later; that of PostgreSQL 18 is not asked for."""

    dependencies: ClassVar = [("accounts", "0002_scope_functions")]

    operations: ClassVar = [migrations.RunSQL(CREATE, DROP)]
