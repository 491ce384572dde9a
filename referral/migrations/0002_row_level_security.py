"""Puts row-level security and the table of moves into the database, as the last line of defence."""

from django.db import migrations

# Pairs of states that TRANSITIONS allows, frozen here; a test holds the trigger to the table.
VISIBLE = """
    (SELECT scope_is_system())
    OR from_facility_id = (SELECT scope_facility())
    OR (submitted_at IS NOT NULL AND (
        to_facility_id = (SELECT scope_facility())
        OR origin_id = (SELECT scope_facility())
        OR alliance_id = ANY ((SELECT scope_alliances())::uuid[])))
"""

REFERRAL = f"""
-- Reads under the caller's own rights. A function, since a policy that queried its own table would be
-- refused as recursive.
CREATE FUNCTION referral_follows(earlier uuid, journey uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = earlier AND r.episode_id = journey);
END $$;
ALTER TABLE referral_referral ENABLE ROW LEVEL SECURITY;
ALTER TABLE referral_referral FORCE ROW LEVEL SECURITY;
CREATE POLICY referral_seen ON referral_referral FOR SELECT USING ({VISIBLE});
CREATE POLICY referral_moved ON referral_referral FOR UPDATE USING ({VISIBLE}) WITH CHECK ({VISIBLE});
-- A redirect files the next leg in the sender's name, so an insert may also follow a visible leg.
CREATE POLICY referral_filed ON referral_referral FOR INSERT WITH CHECK (
    (SELECT scope_is_system()) OR from_facility_id = (SELECT scope_facility())
    OR referral_follows(previous_id, episode_id));
"""  # noqa: S608 - two constants of this file

REFERRAL_BACK = """
DROP POLICY referral_filed ON referral_referral;
DROP POLICY referral_moved ON referral_referral;
DROP POLICY referral_seen ON referral_referral;
ALTER TABLE referral_referral NO FORCE ROW LEVEL SECURITY;
ALTER TABLE referral_referral DISABLE ROW LEVEL SECURITY;
DROP FUNCTION referral_follows(uuid, uuid);
"""

CHILDREN = ("transition", "followup", "message", "attachment")

CHILD = """
ALTER TABLE referral_{name} ENABLE ROW LEVEL SECURITY;
ALTER TABLE referral_{name} FORCE ROW LEVEL SECURITY;
CREATE POLICY {name}_seen ON referral_{name} FOR SELECT USING (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id));
CREATE POLICY {name}_written ON referral_{name} FOR INSERT WITH CHECK (
    (SELECT scope_is_system()) OR facility_id = (SELECT scope_facility()));
CREATE POLICY {name}_changed ON referral_{name} FOR UPDATE USING (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id));
"""

CHILD_BACK = """
DROP POLICY {name}_changed ON referral_{name};
DROP POLICY {name}_written ON referral_{name};
DROP POLICY {name}_seen ON referral_{name};
ALTER TABLE referral_{name} NO FORCE ROW LEVEL SECURITY;
ALTER TABLE referral_{name} DISABLE ROW LEVEL SECURITY;
"""

MOVES = """
CREATE FUNCTION referral_check_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status = OLD.status THEN
        IF NEW.status IN ('accepted', 'scheduled', 'draft') OR NEW.version = OLD.version THEN
            RETURN NEW;
        END IF;
    ELSIF NEW.version > OLD.version AND (OLD.status, NEW.status) IN (
        ('draft', 'internal_review'), ('internal_review', 'submitted'), ('internal_review', 'draft'),
        ('draft', 'submitted'), ('submitted', 'received'),
        ('submitted', 'information_requested'), ('received', 'information_requested'),
        ('information_requested', 'received'),
        ('submitted', 'accepted'), ('received', 'accepted'),
        ('submitted', 'declined'), ('received', 'declined'), ('accepted', 'declined'),
        ('submitted', 'redirected'), ('received', 'redirected'),
        ('accepted', 'scheduled'),
        ('accepted', 'arrived'), ('scheduled', 'arrived'),
        ('accepted', 'no_show'), ('scheduled', 'no_show'),
        ('arrived', 'completed'),
        ('draft', 'cancelled'), ('internal_review', 'cancelled'), ('submitted', 'cancelled'),
        ('received', 'cancelled'), ('information_requested', 'cancelled'),
        ('accepted', 'cancelled'), ('scheduled', 'cancelled'),
        ('submitted', 'expired'), ('received', 'expired'), ('information_requested', 'expired')
    ) THEN
        RETURN NEW;
    ELSIF NEW.version > OLD.version AND NEW.status = 'entered_in_error' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'illegal move of a referral from % to %', OLD.status, NEW.status
        USING ERRCODE = 'check_violation', CONSTRAINT = 'referral_legal_move';
END $$;
CREATE TRIGGER referral_legal_move BEFORE UPDATE ON referral_referral
    FOR EACH ROW EXECUTE FUNCTION referral_check_move();
CREATE FUNCTION referral_check_start() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT scope_is_system() AND NEW.status NOT IN ('draft', 'submitted') THEN
        RAISE EXCEPTION 'a referral cannot begin as %', NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'referral_legal_start';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER referral_legal_start BEFORE INSERT ON referral_referral
    FOR EACH ROW EXECUTE FUNCTION referral_check_start();
"""

MOVES_BACK = """
DROP TRIGGER referral_legal_start ON referral_referral;
DROP FUNCTION referral_check_start();
DROP TRIGGER referral_legal_move ON referral_referral;
DROP FUNCTION referral_check_move();
"""


class Migration(migrations.Migration):
    """Fail closed: without a scope no row is seen, and no row is written."""

    dependencies = [("referral", "0001_initial"), ("accounts", "0002_scope_functions")]

    operations = [
        migrations.RunSQL(REFERRAL, REFERRAL_BACK),
        *(
            migrations.RunSQL(CHILD.format(name=name), CHILD_BACK.format(name=name))
            for name in CHILDREN
        ),
        migrations.RunSQL(MOVES, MOVES_BACK),
    ]
