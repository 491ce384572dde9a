"""Functions that part an append-only table by the month of its uuid7, for the owner alone (ADR 0033).

A uuid7 begins with its millisecond, so a range of identifiers is a range of time, the primary key stays the identifier
alone, and nothing but the table's own constraints has to know.
"""

from typing import ClassVar

from django.db import migrations

# The lowest identifier of a moment. A version nibble of 0 sorts before that of every uuid7.
FROM = """
CREATE FUNCTION accounts_uuid7_from(moment timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (lpad(to_hex(floor(extract(epoch FROM moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;
"""

# One partition, empty; `extras` are statements with %s for its name. Nobody but the owner has rights to it: rights to
# the whole do not look at those of a part, and a right to a part would go round what the whole refuses.
PART = """
CREATE FUNCTION accounts_part(of_table text, part text, bounds text, extras text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  extra text;
BEGIN
  EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part, of_table);
  FOREACH extra IN ARRAY extras LOOP
    EXECUTE format(extra, format('public.%I', part));
  END LOOP;
  EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I %s', of_table, part, bounds);
END
$$;
"""

# Partitions of this month and the next ones, where they are missing; returns how many were made. A month that lies in
# another partition, or of which the default partition has caught rows, is left as it is.
AHEAD = """
CREATE FUNCTION accounts_months_ahead(of_table text, ahead int, extras text[]) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  first timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
  starts timestamp;
  part text;
  made int := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext(of_table));
  FOR number IN 0..ahead LOOP
    starts := first + number * interval '1 month';
    part := of_table || to_char(starts, '_YYYY_MM');
    CONTINUE WHEN to_regclass(format('public.%I', part)) IS NOT NULL;
    BEGIN
      PERFORM public.accounts_part(of_table, part, format('FOR VALUES FROM (%L) TO (%L)',
        public.accounts_uuid7_from(starts AT TIME ZONE 'UTC'),
        public.accounts_uuid7_from((starts + interval '1 month') AT TIME ZONE 'UTC')), extras);
      made := made + 1;
    EXCEPTION WHEN invalid_object_definition OR check_violation THEN
      NULL;
    END;
  END LOOP;
  RETURN made;
END
$$;
"""

# The partitions whose every row is older than a moment, oldest first.
BEFORE = """
CREATE FUNCTION accounts_months_before(of_table text, moment timestamptz) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
    LATERAL (SELECT substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \\(''([0-9a-f-]{36})''\\)')::uuid) b(upper_end)
  WHERE i.inhparent = format('public.%I', of_table)::regclass
    AND b.upper_end <= public.accounts_uuid7_from(moment)
  ORDER BY b.upper_end
$$;
"""

# Says of a table that all its rows are older than the month after next, without looking at them yet: the migration
# after checks it beside running traffic, so that the one that parts the table need not hold everybody up to look.
BOUND = """
CREATE FUNCTION accounts_months_bound(of_table text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  ends timestamp := date_trunc('month', now() AT TIME ZONE 'UTC' + interval '3 days') + interval '1 month';
BEGIN
  EXECUTE format('ALTER TABLE public.%I DROP CONSTRAINT IF EXISTS %I', of_table, of_table || '_first_part');
  EXECUTE format('ALTER TABLE public.%I ADD CONSTRAINT %I CHECK (id < %L::uuid) NOT VALID',
    of_table, of_table || '_first_part', public.accounts_uuid7_from(ends AT TIME ZONE 'UTC'));
END
$$;
"""

# Puts a partitioned table in the place of a table, which becomes its first partition: no row is moved. Indexes, row
# triggers and rights are those of the table; its unique constraints beside the key stay with the part alone.
SPLIT = """
CREATE FUNCTION accounts_split(of_table text, extras text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  part text := of_table || '_before';
  one record;
  defs text[];
  upper_end text;
BEGIN
  upper_end := (SELECT substring(pg_get_constraintdef(oid) FROM '[0-9a-f]{8}-[0-9a-f-]{27}') FROM pg_constraint
    WHERE conname = of_table || '_first_part' AND convalidated);
  defs := ARRAY(SELECT pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid = format('public.%I', of_table)::regclass AND NOT indisunique);
  defs := defs || ARRAY(SELECT pg_get_triggerdef(oid) FROM pg_trigger
    WHERE tgrelid = format('public.%I', of_table)::regclass AND NOT tgisinternal);
  EXECUTE format('ALTER TABLE public.%I'
    ' RENAME TO %I', of_table, part);
  FOR one IN SELECT c.relname AS name FROM pg_index JOIN pg_class c ON c.oid = indexrelid
      WHERE indrelid = format('public.%I', part)::regclass LOOP
    EXECUTE format('ALTER INDEX public.%I'
      ' RENAME TO %I', one.name, left(one.name, 56) || '_before');
  END LOOP;
  -- The triggers of each row come back from the whole; those of TRUNCATE stay.
  FOR one IN SELECT tgname AS name FROM pg_trigger
      WHERE tgrelid = format('public.%I', part)::regclass AND NOT tgisinternal AND (tgtype & 1) = 1 LOOP
    EXECUTE format('DROP TRIGGER %I ON public.%I', one.name, part);
  END LOOP;
  EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)'
    ' PARTITION BY RANGE (id)', of_table, part);
  EXECUTE format('ALTER TABLE public.%I DROP CONSTRAINT %I', of_table, of_table || '_first_part');
  EXECUTE format('ALTER TABLE public.%I ADD PRIMARY KEY (id)', of_table);
  FOR number IN 1..coalesce(array_length(defs, 1), 0) LOOP
    EXECUTE defs[number];
  END LOOP;
  FOR one IN SELECT a.grantee::regrole AS who, a.privilege_type AS what
      FROM pg_class c, aclexplode(c.relacl) a
      WHERE c.oid = format('public.%I', part)::regclass AND a.grantee NOT IN (0, c.relowner) LOOP
    EXECUTE format('GRANT %s ON public.%I TO %s', one.what, of_table, one.who);
    EXECUTE format('REVOKE ALL ON public.%I FROM %s', part, one.who);
  END LOOP;
  EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (MINVALUE) TO (%L)',
    of_table, part, upper_end);
  EXECUTE format('ALTER TABLE public.%I DROP CONSTRAINT %I', part, of_table || '_first_part');
  PERFORM public.accounts_part(of_table, of_table || '_other', 'DEFAULT', extras);
  PERFORM public.accounts_months_ahead(of_table, 3, extras);
END
$$;
"""

# The way back: one table again, with every row.
MERGE = """
CREATE FUNCTION accounts_merge(of_table text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  part text := of_table || '_before';
  whole text := of_table || '_parts';
  defs text[];
  one record;
BEGIN
  defs := ARRAY(SELECT pg_get_triggerdef(oid) FROM pg_trigger
    WHERE tgrelid = format('public.%I', of_table)::regclass AND NOT tgisinternal AND (tgtype & 1) = 1);
  EXECUTE format('ALTER TABLE public.%I DETACH PARTITION public.%I', of_table, part);
  EXECUTE format('INSERT INTO public.%I SELECT * FROM public.%I', part, of_table);
  FOR one IN SELECT a.grantee::regrole AS who, a.privilege_type AS what
      FROM pg_class c, aclexplode(c.relacl) a
      WHERE c.oid = format('public.%I', of_table)::regclass AND a.grantee NOT IN (0, c.relowner) LOOP
    EXECUTE format('GRANT %s ON public.%I TO %s', one.what, part, one.who);
  END LOOP;
  EXECUTE format('DROP TABLE public.%I', of_table);
  EXECUTE format('ALTER TABLE public.%I'
    ' RENAME TO %I', part, of_table);
  FOR one IN SELECT c.relname AS name FROM pg_index JOIN pg_class c ON c.oid = indexrelid
      WHERE indrelid = format('public.%I', of_table)::regclass AND c.relname LIKE '%\\_before' LOOP
    EXECUTE format('ALTER INDEX public.%I'
      ' RENAME TO %I', one.name, left(one.name, -7));
  END LOOP;
  FOR number IN 1..coalesce(array_length(defs, 1), 0) LOOP
    EXECUTE defs[number];
  END LOOP;
END
$$;
"""

FUNCTIONS = {
    "accounts_part(text, text, text, text[])": PART,
    "accounts_months_ahead(text, int, text[])": AHEAD,
    "accounts_months_before(text, timestamptz)": BEFORE,
    "accounts_months_bound(text)": BOUND,
    "accounts_split(text, text[])": SPLIT,
    "accounts_merge(text)": MERGE,
}
OWNER_ALONE = "".join(f"REVOKE EXECUTE ON FUNCTION {name} FROM PUBLIC;\n" for name in FUNCTIONS)
DROP = "".join(f"DROP FUNCTION {name};\n" for name in FUNCTIONS)


class Migration(migrations.Migration):
    """Only functions; the tables are parted by migrations of their own apps."""

    dependencies: ClassVar = [("accounts", "0007_identity")]

    operations: ClassVar = [
        migrations.RunSQL(
            FROM + "".join(FUNCTIONS.values()) + OWNER_ALONE,
            DROP + "DROP FUNCTION accounts_uuid7_from(timestamptz);",
        )
    ]
