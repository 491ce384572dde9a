"""Lets health authorities into the directory, and keeps their posts apart from those of institutions that treat."""

from django.db import migrations, models

FIT = """
CREATE FUNCTION facilities_post_fits(post_role text, place_kind text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN place_kind = 'authority'
        THEN post_role IN ('health_authority', 'auditor', 'security_admin', 'system_admin')
        ELSE post_role <> 'health_authority' END
$$;
CREATE FUNCTION facilities_guard_post() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT facilities_post_fits(
        NEW.role, (SELECT f.kind FROM facilities_facility f WHERE f.id = NEW.facility_id FOR KEY SHARE)) THEN
        RAISE EXCEPTION 'this role does not belong to such an institution'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'post_fits_institution';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER facilities_post_fits BEFORE INSERT OR UPDATE OF role, facility_id ON facilities_staffpost
    FOR EACH ROW EXECUTE FUNCTION facilities_guard_post();
CREATE FUNCTION facilities_guard_kind() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM facilities_staffpost p
               WHERE p.facility_id = NEW.id AND NOT facilities_post_fits(p.role, NEW.kind))
        OR (NEW.kind = 'authority' AND EXISTS (SELECT 1 FROM facilities_membership m WHERE m.facility_id = NEW.id)) THEN
        RAISE EXCEPTION 'somebody works here, or it is in an alliance, as such an institution may not'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'post_fits_institution';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER facilities_kind_fits BEFORE UPDATE OF kind ON facilities_facility
    FOR EACH ROW WHEN (NEW.kind IS DISTINCT FROM OLD.kind) EXECUTE FUNCTION facilities_guard_kind();
CREATE FUNCTION facilities_guard_member() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT f.kind FROM facilities_facility f WHERE f.id = NEW.facility_id) = 'authority' THEN
        RAISE EXCEPTION 'a health authority belongs to no alliance'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'member_treats';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER facilities_member_treats BEFORE INSERT OR UPDATE OF facility_id ON facilities_membership
    FOR EACH ROW EXECUTE FUNCTION facilities_guard_member();
"""

BACK = """
DROP TRIGGER facilities_member_treats ON facilities_membership;
DROP FUNCTION facilities_guard_member();
DROP TRIGGER facilities_kind_fits ON facilities_facility;
DROP FUNCTION facilities_guard_kind();
DROP TRIGGER facilities_post_fits ON facilities_staffpost;
DROP FUNCTION facilities_guard_post();
DROP FUNCTION facilities_post_fits(text, text);
"""

ROLES = [
    ("clinic_doctor", "Clinic doctor"),
    ("clinic_manager", "Clinic manager"),
    ("hospital_doctor", "Hospital doctor"),
    ("referral_office", "Referral office"),
    ("alliance_manager", "Alliance manager"),
    ("integrator", "System integrator"),
    ("auditor", "Auditor"),
    ("system_admin", "System administrator"),
    ("security_admin", "Security administrator"),
    ("health_authority", "Health authority"),
]
KINDS = [
    ("treating", "Treats patients"),
    ("third_party_centre", "Third-party centre (takes orders, never treats)"),
    ("authority", "Health authority (counts its region, never treats)"),
]
LEVELS = [
    ("nation", "Nation"),
    ("province", "Province"),
    ("prefecture", "Prefecture"),
    ("county", "County"),
    ("township", "Township"),
    ("village", "Village"),
]


def words(choices: list[tuple[str, str]]) -> list[str]:
    """Return the stored words of choices."""
    return [word for word, _name in choices]


class Migration(migrations.Migration):
    """Three lists grow by one word each."""

    dependencies = [("facilities", "0014_changes_of_a_row")]

    operations = [
        migrations.RemoveConstraint(model_name="facility", name="facility_kind_known"),
        migrations.RemoveConstraint(model_name="region", name="region_level_known"),
        migrations.RemoveConstraint(model_name="staffpost", name="post_role_known"),
        migrations.AlterField(
            model_name="facility",
            name="kind",
            field=models.CharField(
                choices=KINDS, default="treating", max_length=20, verbose_name="Kind"
            ),
        ),
        migrations.AlterField(
            model_name="region",
            name="level",
            field=models.CharField(choices=LEVELS, max_length=10, verbose_name="Level"),
        ),
        migrations.AlterField(
            model_name="staffpost",
            name="role",
            field=models.CharField(choices=ROLES, max_length=20, verbose_name="Role"),
        ),
        migrations.AddConstraint(
            model_name="facility",
            constraint=models.CheckConstraint(
                condition=models.Q(kind__in=words(KINDS)), name="facility_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="region",
            constraint=models.CheckConstraint(
                condition=models.Q(level__in=words(LEVELS)), name="region_level_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="staffpost",
            constraint=models.CheckConstraint(
                condition=models.Q(role__in=words(ROLES)), name="post_role_known"
            ),
        ),
        migrations.RunSQL(FIT, BACK),
    ]
