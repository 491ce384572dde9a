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
ALTER TABLE referral_referral ENABLE ROW LEVEL SECURITY;
ALTER TABLE referral_referral FORCE ROW LEVEL SECURITY;
CREATE POLICY referral_seen ON referral_referral FOR SELECT USING ({VISIBLE});
CREATE POLICY referral_moved ON referral_referral FOR UPDATE USING ({VISIBLE}) WITH CHECK ({VISIBLE});
CREATE POLICY referral_filed ON referral_referral FOR INSERT WITH CHECK (
    (SELECT scope_is_system()) OR from_facility_id = (SELECT scope_facility()));
"""  # noqa: S608 - two constants of this file

REFERRAL_BACK = """
DROP POLICY referral_filed ON referral_referral;
DROP POLICY referral_moved ON referral_referral;
DROP POLICY referral_seen ON referral_referral;
ALTER TABLE referral_referral NO FORCE ROW LEVEL SECURITY;
ALTER TABLE referral_referral DISABLE ROW LEVEL SECURITY;
"""

# Each child is read with its referral. Written rows bear the writer's own facility and belong to a
# referral that it sees; a message may be marked as read by the other end, history and documents stay.
CHILDREN = {
    "transition": "",
    "attachment": "",
    "followup": "facility_id = (SELECT scope_facility())",
    "message": "EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id)",
}

CHILD = """
ALTER TABLE referral_{name} ENABLE ROW LEVEL SECURITY;
ALTER TABLE referral_{name} FORCE ROW LEVEL SECURITY;
CREATE POLICY {name}_seen ON referral_{name} FOR SELECT USING (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id));
CREATE POLICY {name}_written ON referral_{name} FOR INSERT WITH CHECK (
    (SELECT scope_is_system()) OR (facility_id = (SELECT scope_facility())
    AND EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id)));
"""

CHILD_CHANGED = """
CREATE POLICY {name}_changed ON referral_{name} FOR UPDATE USING (
    (SELECT scope_is_system()) OR {who});
"""

CHILD_BACK = """
DROP POLICY IF EXISTS {name}_changed ON referral_{name};
DROP POLICY {name}_written ON referral_{name};
DROP POLICY {name}_seen ON referral_{name};
ALTER TABLE referral_{name} NO FORCE ROW LEVEL SECURITY;
ALTER TABLE referral_{name} DISABLE ROW LEVEL SECURITY;
"""


def _child(name: str, who: str) -> str:
    changed = CHILD_CHANGED.format(name=name, who=who) if who else ""
    return CHILD.format(name=name) + changed


MOVES = """
-- Policies say who may write a row, not what: so a leg's patient and places stay as they were filed, and
-- what was submitted stays as it was submitted. `results` is the receiver's to fill in.
CREATE FUNCTION referral_check_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT scope_is_system() AND (
        (NEW.id, NEW.number, NEW.episode_id, NEW.previous_id, NEW.patient_id, NEW.origin_id,
         NEW.from_facility_id, NEW.created_at)
        IS DISTINCT FROM
        (OLD.id, OLD.number, OLD.episode_id, OLD.previous_id, OLD.patient_id, OLD.origin_id,
         OLD.from_facility_id, OLD.created_at)
        OR OLD.submitted_at IS NOT NULL AND
        (NEW.to_facility_id, NEW.to_department_id, NEW.alliance_id, NEW.direction, NEW.from_tier,
         NEW.to_tier, NEW.submitted_at, NEW.urgency, NEW.consent_id, NEW.diagnosis_code, NEW.diagnosis,
         NEW.reason_code, NEW.reason, NEW.past_history, NEW.allergies, NEW.treatment, NEW.plan)
        IS DISTINCT FROM
        (OLD.to_facility_id, OLD.to_department_id, OLD.alliance_id, OLD.direction, OLD.from_tier,
         OLD.to_tier, OLD.submitted_at, OLD.urgency, OLD.consent_id, OLD.diagnosis_code, OLD.diagnosis,
         OLD.reason_code, OLD.reason, OLD.past_history, OLD.allergies, OLD.treatment, OLD.plan)
    ) THEN
        RAISE EXCEPTION 'what a referral is about does not change'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'referral_facts_stay';
    END IF;
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
CREATE FUNCTION referral_check_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT scope_is_system() AND to_jsonb(NEW) - TG_ARGV IS DISTINCT FROM to_jsonb(OLD) - TG_ARGV THEN
        RAISE EXCEPTION 'of this row only % may change', TG_ARGV
            USING ERRCODE = 'check_violation', CONSTRAINT = 'referral_only_these_change';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER referral_message_stays BEFORE UPDATE ON referral_message
    FOR EACH ROW EXECUTE FUNCTION referral_check_change('read_at');
CREATE TRIGGER referral_follow_up_stays BEFORE UPDATE ON referral_followup
    FOR EACH ROW EXECUTE FUNCTION referral_check_change(
        'due_on', 'done_at', 'method', 'findings', 'recorded_by_id');
"""

MOVES_BACK = """
DROP TRIGGER referral_follow_up_stays ON referral_followup;
DROP TRIGGER referral_message_stays ON referral_message;
DROP FUNCTION referral_check_change();
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
            migrations.RunSQL(_child(name, who), CHILD_BACK.format(name=name))
            for name, who in CHILDREN.items()
        ),
        migrations.RunSQL(MOVES, MOVES_BACK),
    ]
