"""Lets a leg that is sent on as it was submitted carry its assessment along, unchanged."""

from typing import ClassVar

from django.db import migrations

CHECK = """
CREATE OR REPLACE FUNCTION referral_check_assessment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.id, NEW.referral_id, NEW.facility_id)
        IS DISTINCT FROM (OLD.id, OLD.referral_id, OLD.facility_id)
    OR NOT EXISTS (
        SELECT 1 FROM referral_referral r WHERE r.id = NEW.referral_id
          AND r.from_facility_id = NEW.facility_id AND {when})
    THEN
        RAISE EXCEPTION 'an assessment stays as it was submitted'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'assessment_stays';
    END IF;
    RETURN NEW;
END $$;
"""
UNSENT = "r.submitted_at IS NULL"
# A leg that begins as submitted is one that a receiver or the system has sent on.
COPIED = """(r.submitted_at IS NULL OR (TG_OP = 'INSERT' AND r.version = 1 AND EXISTS (
            SELECT 1 FROM referral_assessment a WHERE a.referral_id = r.previous_id
              AND to_jsonb(a) - ARRAY['id', 'referral_id']
                = to_jsonb(NEW) - ARRAY['id', 'referral_id'])))"""


class Migration(migrations.Migration):
    """The trigger alone: no row changes."""

    dependencies: ClassVar = [("referral", "0015_examination_files")]
    operations: ClassVar = [
        migrations.RunSQL(CHECK.replace("{when}", COPIED), CHECK.replace("{when}", UNSENT))
    ]
