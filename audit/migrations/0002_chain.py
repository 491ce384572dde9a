"""Triggers that chain every event and refuse any later change to it."""

from typing import ClassVar

from django.db import migrations

# One length-prefixed field: "5:hello,"; a missing value is "-,", so no two
# different rows can have the same canonical text. audit/verify.py writes the
# same text in Python. The length counts bytes of UTF-8, in which every database
# of ours is kept; asking convert_to for it would make the function unfit to be
# folded into its caller, which asks thirteen times for each event.
FIELD = """
CREATE FUNCTION audit_field(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN value IS NULL THEN '-,'
              ELSE octet_length(value)::text || ':' || value || ',' END
$$;
"""

CHAIN = """
CREATE FUNCTION audit_chain() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  head audit_chainhead%ROWTYPE;
BEGIN
  -- Inside a facility's scope nobody writes into the chain, or in the name, of another.
  IF scope_facility() IS NOT NULL AND NOT scope_is_system()
     AND (NEW.chain <> scope_facility() OR NEW.actor_id IS DISTINCT FROM scope_user()) THEN
    RAISE EXCEPTION 'an audit event of another facility or person'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT * INTO head FROM audit_chainhead WHERE chain = NEW.chain FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO audit_chainhead (chain, seq, hash)
    VALUES (NEW.chain, 0, sha256(uuid_send(NEW.chain))) ON CONFLICT DO NOTHING;
    SELECT * INTO head FROM audit_chainhead WHERE chain = NEW.chain FOR UPDATE;
  END IF;
  NEW.seq := head.seq + 1;
  NEW.at := clock_timestamp();
  NEW.prev_hash := head.hash;
  NEW.hash := sha256(head.hash || convert_to(
    audit_field(NEW.chain::text) || audit_field(NEW.seq::text) || audit_field(NEW.id::text)
    || audit_field(((extract(epoch FROM NEW.at) * 1000000)::bigint)::text)
    || audit_field(NEW.kind) || audit_field(NEW.actor_id::text) || audit_field(NEW.actor_role)
    || audit_field(NEW.facility_id::text) || audit_field(NEW.what)
    || audit_field(array_to_string(NEW.patient_ids, ' '))
    || audit_field(array_to_string(NEW.referral_ids, ' '))
    || audit_field(NEW.result) || audit_field(NEW.detail::text), 'UTF8'));
  UPDATE audit_chainhead SET seq = NEW.seq, hash = NEW.hash WHERE chain = NEW.chain;
  RETURN NEW;
END
$$;
CREATE TRIGGER audit_chain BEFORE INSERT ON audit_event
  FOR EACH ROW EXECUTE FUNCTION audit_chain();
ALTER TABLE audit_chainhead SET (fillfactor = 50);
"""

REFUSE = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit events are append-only: % refused', TG_OP
    USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_refuse_change BEFORE UPDATE OR DELETE ON audit_event
  FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_refuse_truncate BEFORE TRUNCATE ON audit_event
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""

# Inside audit_chain (SECURITY DEFINER) the current user owns the table; anybody
# else who writes the head directly is refused even if a grant lets him.
HEAD = """
CREATE FUNCTION audit_head_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT pg_has_role(current_user,
      (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
    RAISE EXCEPTION 'only the audit trigger writes the head of a chain'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN COALESCE(NEW, OLD);
END
$$;
CREATE TRIGGER audit_head_guard BEFORE INSERT OR UPDATE OR DELETE ON audit_chainhead
  FOR EACH ROW EXECUTE FUNCTION audit_head_guard();
"""

UNDO = """
DROP TRIGGER audit_head_guard ON audit_chainhead;
DROP TRIGGER audit_refuse_truncate ON audit_event;
DROP TRIGGER audit_refuse_change ON audit_event;
DROP TRIGGER audit_chain ON audit_event;
DROP FUNCTION audit_head_guard();
DROP FUNCTION audit_refuse();
DROP FUNCTION audit_chain();
DROP FUNCTION audit_field(text);
"""


class Migration(migrations.Migration):
    """Chain, refusal and head guard."""

    dependencies: ClassVar = [
        ("audit", "0001_initial"),
        ("accounts", "0002_scope_functions"),
    ]

    operations: ClassVar = [migrations.RunSQL(FIELD + CHAIN + REFUSE + HEAD, UNDO)]
