"""Adds the three narrow functions that look past row-level security, and the rule that merges are flat.

They run as the owner (SECURITY DEFINER). The owner obeys the policies too (FORCE), so each function
raises the system flag for its own statements and puts the former value back before it returns. The flag
is local to the transaction: an error between the two rolls it back with everything else, by the
transaction or by the savepoint around the call. A `SET` clause of the function would say the same in one
line, but a role that is no superuser may not attach a custom parameter to a function. Nothing of a
patient leaves these functions but an id, and that only to a caller whom the function has just given a
grant.
"""

from django.db import migrations

_ADMIT = """
-- Gives the acting facility a registration grant: on the one known person who bears one of the given
-- numbers, the same name and the same date of birth, or else on the new id, whose row the caller writes
-- next (the foreign key is checked at commit). `conflict` says that a number is known under another name
-- or in several records; whose, it does not say. Two registrations of one number wait for each other.
CREATE FUNCTION patients_admit(
  new_id uuid, grant_id uuid, kinds text[], indexes bytea[], whole_name bigint, born date,
  OUT admitted uuid, OUT linked boolean, OUT conflict boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  here uuid := scope_facility();
  former text := coalesce(current_setting('scope.system', true), '');
  lock_key bigint;
  bearers uuid[];
BEGIN
  IF here IS NULL THEN
    RAISE insufficient_privilege USING MESSAGE = 'patients_admit needs the scope of a facility';
  END IF;
  FOR lock_key IN
    SELECT DISTINCT hashtextextended(encode(n.value_index, 'hex'), 20110519)
    FROM unnest(indexes) AS n(value_index) ORDER BY 1
  LOOP
    PERFORM pg_advisory_xact_lock(lock_key);
  END LOOP;
  PERFORM set_config('scope.system', 'on', true);
  IF EXISTS (SELECT 1 FROM patients_patient p WHERE p.id = new_id) THEN
    RAISE unique_violation USING MESSAGE = 'patients_admit needs an unused id';
  END IF;
  SELECT array_agg(DISTINCT coalesce(p.merged_into_id, p.id)) INTO bearers
  FROM unnest(kinds, indexes) AS n(kind, value_index)
  JOIN patients_identifier i ON i.value_index = n.value_index AND i.kind = n.kind
  JOIN patients_patient p ON p.id = i.patient_id;
  SELECT p.id INTO admitted
  FROM patients_patient p JOIN patients_nameindex x ON x.patient_id = p.id
  WHERE cardinality(bearers) = 1 AND p.id = bearers[1]
    AND p.birth_date = born AND whole_name = ANY (x.tokens);
  linked := admitted IS NOT NULL;
  conflict := bearers IS NOT NULL AND NOT linked;
  admitted := coalesce(admitted, new_id);
  INSERT INTO patients_accessgrant AS g
    (id, patient_id, facility_id, purpose, reference, granted_by_id, starts, ends)
  VALUES (grant_id, admitted, here, 'registration', NULL, here, statement_timestamp(), NULL)
  ON CONFLICT ON CONSTRAINT accessgrant_once_a_reason
  DO UPDATE SET starts = EXCLUDED.starts, ends = NULL;
  PERFORM set_config('scope.system', former, true);
END $$;
"""

_END_ACCESS = """
-- Ends the grants of a facility that rest on `asked`; returns how many. Its bearer may, its giver may,
-- and so may any facility that has access to the patient itself: a sender ends what another passed on.
CREATE FUNCTION patients_end_access(asked uuid, bearer uuid, at timestamptz) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  here uuid := scope_facility();
  everywhere boolean := scope_is_system();
  former text := coalesce(current_setting('scope.system', true), '');
  ended integer;
BEGIN
  PERFORM set_config('scope.system', 'on', true);
  UPDATE patients_accessgrant g SET ends = greatest(g.starts, at)
  WHERE g.reference = asked AND g.facility_id = bearer AND (g.ends IS NULL OR g.ends > at)
    AND (everywhere OR here IN (g.facility_id, g.granted_by_id) OR EXISTS (
      SELECT 1 FROM patients_accessgrant mine
      WHERE mine.patient_id = g.patient_id AND mine.facility_id = here
        AND mine.starts <= statement_timestamp()
        AND (mine.ends IS NULL OR mine.ends > statement_timestamp())));
  GET DIAGNOSTICS ended = ROW_COUNT;
  PERFORM set_config('scope.system', former, true);
  RETURN ended;
END $$;
"""

_MERGE = """
-- Puts `target` in the place of `source`, for a facility that has access to both, or the system. Whoever
-- sees the source will see the target; records merged into the source earlier now name the target, so
-- that one step always leads to the living record.
CREATE FUNCTION patients_merge(source uuid, target uuid, at timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  allowed boolean := scope_is_system()
    OR (patients_has_access(source) AND patients_has_access(target));
  former text := coalesce(current_setting('scope.system', true), '');
BEGIN
  IF allowed IS NOT TRUE THEN
    RAISE insufficient_privilege USING MESSAGE = 'patients_merge needs access to both records';
  END IF;
  PERFORM set_config('scope.system', 'on', true);
  PERFORM 1 FROM patients_patient p WHERE p.id IN (source, target) ORDER BY p.id FOR UPDATE;
  INSERT INTO patients_accessgrant AS g
    (id, patient_id, facility_id, purpose, reference, granted_by_id, starts, ends)
  SELECT gen_random_uuid(), target, s.facility_id, s.purpose, s.reference, s.granted_by_id,
         s.starts, s.ends
  FROM patients_accessgrant s WHERE s.patient_id = source AND (s.ends IS NULL OR s.ends > at)
  ON CONFLICT ON CONSTRAINT accessgrant_once_a_reason DO UPDATE
  SET ends = CASE WHEN g.ends IS NULL OR EXCLUDED.ends IS NULL THEN NULL
                  ELSE greatest(g.ends, EXCLUDED.ends) END;
  UPDATE patients_patient p SET merged_into_id = target WHERE p.merged_into_id = source;
  UPDATE patients_patient p SET merged_into_id = target, identity_conflict = false,
    version = p.version + 1, updated_at = at WHERE p.id = source;
  PERFORM set_config('scope.system', former, true);
END $$;
"""

_FLAT = """
-- A record is merged into a living one, and nothing is merged into a merged one: so there is no cycle.
-- FOR SHARE makes two opposite merges wait for each other instead of both succeeding.
CREATE FUNCTION patients_merge_is_flat() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  former text := coalesce(current_setting('scope.system', true), '');
  broken boolean;
BEGIN
  PERFORM set_config('scope.system', 'on', true);
  PERFORM 1 FROM patients_patient p WHERE p.id = NEW.merged_into_id FOR SHARE;
  broken := EXISTS (SELECT 1 FROM patients_patient p
    WHERE (p.id = NEW.merged_into_id AND p.merged_into_id IS NOT NULL) OR p.merged_into_id = NEW.id);
  PERFORM set_config('scope.system', former, true);
  IF broken THEN
    RAISE check_violation USING MESSAGE = 'a merge must lead to a living record in one step',
      CONSTRAINT = 'patient_merge_is_flat';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER patient_merge_is_flat BEFORE INSERT OR UPDATE OF merged_into_id ON patients_patient
FOR EACH ROW WHEN (NEW.merged_into_id IS NOT NULL) EXECUTE FUNCTION patients_merge_is_flat();
"""

DROP = """
DROP TRIGGER patient_merge_is_flat ON patients_patient;
DROP FUNCTION patients_merge_is_flat();
DROP FUNCTION patients_merge(uuid, uuid, timestamptz);
DROP FUNCTION patients_end_access(uuid, uuid, timestamptz);
DROP FUNCTION patients_admit(uuid, uuid, text[], bytea[], bigint, date);
"""


class Migration(migrations.Migration):
    """Each function checks the scope of its caller itself."""

    dependencies = [("patients", "0002_row_level_security")]

    operations = [migrations.RunSQL(_ADMIT + _END_ACCESS + _MERGE + _FLAT, DROP)]
