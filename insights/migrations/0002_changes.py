"""Notes what changes below, in the transaction of the change, and guards facts about patients by row security."""

from django.db import migrations

NOTE = """
CREATE FUNCTION insights_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO insights_change (kind, subject) VALUES (TG_ARGV[0]::smallint, (to_jsonb(NEW) ->> TG_ARGV[1])::uuid);
    RETURN NULL;
END $$;
CREATE FUNCTION insights_note_leg() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO insights_change (kind, subject) VALUES (0, NEW.id);
    RETURN NULL;
END $$;
CREATE FUNCTION insights_note_of_leg() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO insights_change (kind, subject) VALUES (0, NEW.referral_id);
    RETURN NULL;
END $$;
CREATE TRIGGER insights_leg AFTER INSERT OR UPDATE ON referral_referral
    FOR EACH ROW WHEN (NEW.submitted_at IS NOT NULL) EXECUTE FUNCTION insights_note_leg();
CREATE TRIGGER insights_follow_up AFTER INSERT OR UPDATE ON referral_followup
    FOR EACH ROW EXECUTE FUNCTION insights_note_of_leg();
CREATE TRIGGER insights_clock AFTER INSERT OR UPDATE ON referral_legclock
    FOR EACH ROW EXECUTE FUNCTION insights_note_of_leg();
CREATE TRIGGER insights_patient AFTER UPDATE ON patients_patient
    FOR EACH ROW WHEN (NEW.region_id IS DISTINCT FROM OLD.region_id) EXECUTE FUNCTION insights_note('1', 'id');
CREATE TRIGGER insights_facility AFTER UPDATE ON facilities_facility
    FOR EACH ROW WHEN (NEW.region_id IS DISTINCT FROM OLD.region_id) EXECUTE FUNCTION insights_note('2', 'id');
CREATE TRIGGER insights_limit AFTER INSERT OR UPDATE ON referral_servicelimit
    FOR EACH ROW EXECUTE FUNCTION insights_note('3', 'alliance_id');
"""

NOTE_BACK = """
DROP TRIGGER insights_limit ON referral_servicelimit;
DROP TRIGGER insights_facility ON facilities_facility;
DROP TRIGGER insights_patient ON patients_patient;
DROP TRIGGER insights_clock ON referral_legclock;
DROP TRIGGER insights_follow_up ON referral_followup;
DROP TRIGGER insights_leg ON referral_referral;
DROP FUNCTION insights_note_of_leg();
DROP FUNCTION insights_note_leg();
DROP FUNCTION insights_note();
"""

# The same people as see the leg itself (referral 0002); only the counting writes.
FACTS = """
ALTER TABLE insights_legfact ENABLE ROW LEVEL SECURITY;
ALTER TABLE insights_legfact FORCE ROW LEVEL SECURITY;
CREATE POLICY legfact_seen ON insights_legfact FOR SELECT USING (
    (SELECT scope_is_system())
    OR from_facility = (SELECT scope_facility())
    OR to_facility = (SELECT scope_facility())
    OR alliance = ANY ((SELECT scope_alliances())::uuid[]));
CREATE POLICY legfact_counted ON insights_legfact FOR INSERT WITH CHECK ((SELECT scope_is_system()));
CREATE POLICY legfact_recounted ON insights_legfact FOR DELETE USING ((SELECT scope_is_system()));
ALTER TABLE insights_followupfact ENABLE ROW LEVEL SECURITY;
ALTER TABLE insights_followupfact FORCE ROW LEVEL SECURITY;
CREATE POLICY followupfact_seen ON insights_followupfact FOR SELECT USING (
    (SELECT scope_is_system()) OR EXISTS (SELECT 1 FROM insights_legfact f WHERE f.id = leg_id));
CREATE POLICY followupfact_counted ON insights_followupfact FOR INSERT WITH CHECK ((SELECT scope_is_system()));
CREATE POLICY followupfact_recounted ON insights_followupfact FOR DELETE USING ((SELECT scope_is_system()));
"""

FACTS_BACK = """
DROP POLICY followupfact_recounted ON insights_followupfact;
DROP POLICY followupfact_counted ON insights_followupfact;
DROP POLICY followupfact_seen ON insights_followupfact;
ALTER TABLE insights_followupfact NO FORCE ROW LEVEL SECURITY;
ALTER TABLE insights_followupfact DISABLE ROW LEVEL SECURITY;
DROP POLICY legfact_recounted ON insights_legfact;
DROP POLICY legfact_counted ON insights_legfact;
DROP POLICY legfact_seen ON insights_legfact;
ALTER TABLE insights_legfact NO FORCE ROW LEVEL SECURITY;
ALTER TABLE insights_legfact DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    """Whatever is written from here on is counted; what was there before is by `manage.py rebuild_rollups`."""

    dependencies = [
        ("insights", "0001_initial"),
        ("referral", "0028_message_texts"),
        ("patients", "0001_initial"),
        ("facilities", "0001_initial"),
        ("accounts", "0002_scope_functions"),
    ]

    operations = [
        migrations.RunSQL(NOTE, NOTE_BACK),
        migrations.RunSQL(FACTS, FACTS_BACK),
    ]
