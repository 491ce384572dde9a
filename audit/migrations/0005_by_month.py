"""Parts the trail by month (ADR 0033) and says behind which event a chain begins whose first months are gone."""

from typing import ClassVar, Final

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

COLUMNS: Final = (
    *("chain", "seq", "id", "at", "kind", "actor_id", "actor_role", "facility_id", "what"),
    *("patient_ids", "referral_ids", "result", "detail", "prev_hash", "hash"),
)

# What each part has of its own: one event for a number of a chain, and no emptying. That no two parts hold the same
# number is the trigger's promise, which counts under the lock of the head; a unique constraint cannot span parts.
EXTRAS = """ARRAY[
  'ALTER TABLE %s ADD UNIQUE (chain, seq)',
  'CREATE TRIGGER audit_refuse_truncate BEFORE TRUNCATE ON %s
     FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse()']"""

CALLED = f"""
CREATE FUNCTION audit_months_ahead() RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT public.accounts_months_ahead('audit_event', 3, {EXTRAS})
$$;
"""

# The owner's alone. Of each chain the last event that goes is kept, whole, so that its time can be proved by the hash
# that the next event repeats; identifiers and numbers are made by different clocks, so that a few events of the chain
# before it may lie in a later month, and go with it. Six months are the least of the law (网络安全法 第二十一条),
# whatever is asked for, and a month that holds anything younger than was asked for does not go.
DROP_BEFORE = """
CREATE FUNCTION audit_drop_before(moment timestamptz) RETURNS SETOF text
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  ends timestamptz := least(moment, now() - interval '6 months');
  part text;
  has_younger boolean;
BEGIN
  FOR part IN SELECT public.accounts_months_before('audit_event', ends) LOOP
    EXECUTE format('LOCK TABLE public.audit_event, public.%I IN ACCESS EXCLUSIVE MODE', part);
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I WHERE at > $1)', part)
      INTO has_younger USING ends + interval '1 day';
    IF has_younger THEN
      RAISE EXCEPTION '% holds events that are younger', part USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    EXECUTE format('INSERT INTO public.audit_chaincut AS c ({columns})'
      ' SELECT DISTINCT ON (e.chain) {columns}'
      ' FROM public.%I e ORDER BY e.chain, e.seq DESC'
      ' ON CONFLICT (chain) DO UPDATE SET ({columns}) = ({excluded}) WHERE excluded.seq > c.seq', part);
    EXECUTE format('DROP TABLE public.%I', part);
    RETURN NEXT part;
  END LOOP;
  IF FOUND THEN
    ALTER TABLE public.audit_event DISABLE TRIGGER audit_refuse_change;
    DELETE FROM public.audit_event e USING public.audit_chaincut c WHERE e.chain = c.chain AND e.seq <= c.seq;
    ALTER TABLE public.audit_event ENABLE TRIGGER audit_refuse_change;
  END IF;
END
$$;
REVOKE EXECUTE ON FUNCTION audit_drop_before(timestamptz) FROM PUBLIC;
""".format(columns=", ".join(COLUMNS), excluded=", ".join(f"excluded.{name}" for name in COLUMNS))  # noqa: S608 - constants


class Migration(migrations.Migration):
    """The trail there is becomes the first part; no event is moved."""

    dependencies: ClassVar = [("audit", "0004_first_part")]

    operations: ClassVar = [
        migrations.RunSQL(
            f"SELECT accounts_split('audit_event', {EXTRAS})",
            "SELECT accounts_merge('audit_event')",
            state_operations=[migrations.RemoveConstraint("event", "audit_event_chain_seq")],
        ),
        migrations.CreateModel(
            name="ChainCut",
            fields=[
                ("chain", models.UUIDField(primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField()),
                ("id", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("kind", models.CharField(max_length=8)),
                ("actor_id", models.UUIDField(null=True)),
                ("actor_role", models.CharField(blank=True, max_length=32)),
                ("facility_id", models.UUIDField(null=True)),
                ("what", models.CharField(max_length=80)),
                ("patient_ids", ArrayField(base_field=models.UUIDField(), size=None)),
                ("referral_ids", ArrayField(base_field=models.UUIDField(), size=None)),
                ("result", models.CharField(max_length=8)),
                ("detail", models.JSONField()),
                ("prev_hash", models.BinaryField(max_length=32)),
                ("hash", models.BinaryField(max_length=32)),
            ],
            options={"verbose_name": "cut of a chain", "verbose_name_plural": "cuts of chains"},
        ),
        migrations.RunSQL(
            CALLED + DROP_BEFORE,
            "DROP FUNCTION audit_drop_before(timestamptz); DROP FUNCTION audit_months_ahead();",
        ),
    ]
