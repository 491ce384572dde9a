"""Lets the question of every submission also tell whether the way leaves out a step of the alliance."""

from importlib import import_module
from typing import ClassVar, Final

from django.db import migrations

# The function of migration 0003 with one more column. A step is left out where the alliance that carries
# the referral, or one nested in it, has a treating member of a tier strictly between both ends; that is
# only looked for where two tiers or more are crossed.
STEPS: Final = """
CREATE FUNCTION facilities_routes(sender uuid, destinations uuid[], day date, wanted uuid)
RETURNS TABLE (from_facility_id uuid, to_facility_id uuid, from_tier smallint, to_tier smallint,
  from_kind text, to_kind text, from_is_active boolean, to_is_active boolean,
  from_requires_review boolean, same_legal_person boolean, alliance_id uuid, alliance_name text,
  alliance_form text, alliance_allows_lateral boolean, relations text[], to_department_ok boolean,
  skips_step boolean)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan
SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN RETURN QUERY
WITH RECURSIVE belongs(facility_id, alliance_id, height) AS (
  SELECT m.facility_id, m.alliance_id, 0 FROM facilities_membership m
  JOIN facilities_alliance a ON a.id = m.alliance_id
  WHERE m.facility_id = ANY(array_append(destinations, sender)) AND m.starts <= day AND (m.ends IS NULL OR m.ends > day)
    AND a.starts <= day AND (a.ends IS NULL OR a.ends > day)
 UNION
  SELECT b.facility_id, p.id, b.height + 1 FROM belongs b
  JOIN facilities_alliance a ON a.id = b.alliance_id
  JOIN facilities_alliance p ON p.id = a.parent_id
  WHERE b.height < 10 AND p.starts <= day AND (p.ends IS NULL OR p.ends > day)
)
SELECT f.id, t.id, low.tier, high.tier,
  f.kind::text, t.kind::text, f.is_active, t.is_active, f.requires_internal_review,
  COALESCE(f.legal_person_id, f.id) = COALESCE(t.legal_person_id, t.id),
  shared.id, shared.name::text, shared.form::text, COALESCE(shared.lateral, false),
  ARRAY(SELECT DISTINCT r.kind::text FROM facilities_relation r
    WHERE r.starts <= day AND (r.ends IS NULL OR r.ends > day)
      AND ((r.from_facility_id = f.id AND r.to_facility_id = t.id)
        OR (r.from_facility_id = t.id AND r.to_facility_id = f.id)) ORDER BY 1),
  CASE WHEN wanted IS NOT NULL THEN EXISTS(SELECT 1 FROM facilities_department d
    WHERE d.id = wanted AND d.facility_id = t.id AND d.is_active) END,
  CASE WHEN shared.id IS NULL OR high.tier <= low.tier + 1 THEN false
    ELSE facilities_has_tier_between(shared.id, low.tier, high.tier, day) END
FROM facilities_facility f CROSS JOIN facilities_facility t
CROSS JOIN LATERAL (SELECT COALESCE((SELECT h.tier FROM facilities_accreditation h
  WHERE h.facility_id = f.id AND h.starts <= day AND (h.ends IS NULL OR h.ends > day)), f.tier)) low(tier)
CROSS JOIN LATERAL (SELECT COALESCE((SELECT h.tier FROM facilities_accreditation h
  WHERE h.facility_id = t.id AND h.starts <= day AND (h.ends IS NULL OR h.ends > day)), t.tier)) high(tier)
LEFT JOIN LATERAL (
  SELECT a.id, a.name, a.form, bool_or(a.allows_lateral) OVER () AS lateral
  FROM belongs s JOIN belongs o ON o.alliance_id = s.alliance_id
  JOIN facilities_alliance a ON a.id = s.alliance_id
  WHERE s.facility_id = f.id AND o.facility_id = t.id
  ORDER BY array_position(ARRAY['county_community', 'city_group', 'specialty', 'telemedicine'], a.form::text), s.height + o.height, a.starts, a.id LIMIT 1
) shared ON true
WHERE f.id = sender AND t.id = ANY(destinations);
END $$;
"""

BETWEEN: Final = """
CREATE FUNCTION facilities_has_tier_between(alliance uuid, low smallint, high smallint, day date)
RETURNS boolean LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan
SET search_path = public, pg_temp AS $$
BEGIN RETURN EXISTS (
  WITH RECURSIVE tree(id, depth) AS (
    SELECT alliance, 0
   UNION
    SELECT c.id, tree.depth + 1 FROM tree JOIN facilities_alliance c ON c.parent_id = tree.id
    WHERE tree.depth < 10 AND c.starts <= day AND (c.ends IS NULL OR c.ends > day)
  )
  SELECT 1 FROM tree JOIN facilities_membership m ON m.alliance_id = tree.id
  JOIN facilities_facility f ON f.id = m.facility_id
  WHERE m.starts <= day AND (m.ends IS NULL OR m.ends > day) AND f.is_active AND f.kind = 'treating'
    AND COALESCE((SELECT h.tier FROM facilities_accreditation h WHERE h.facility_id = f.id
      AND h.starts <= day AND (h.ends IS NULL OR h.ends > day)), f.tier) > low
    AND COALESCE((SELECT h.tier FROM facilities_accreditation h WHERE h.facility_id = f.id
      AND h.starts <= day AND (h.ends IS NULL OR h.ends > day)), f.tier) < high);
END $$;
"""
DROP: Final = "DROP FUNCTION facilities_routes(uuid, uuid[], date, uuid)"
BEFORE: Final = import_module("facilities.migrations.0003_routes").ROUTES


class Migration(migrations.Migration):
    """Two functions, no table."""

    dependencies: ClassVar = [("facilities", "0006_people")]
    operations: ClassVar = [
        migrations.RunSQL(
            BETWEEN, "DROP FUNCTION facilities_has_tier_between(uuid, smallint, smallint, date)"
        ),
        migrations.RunSQL([DROP, STEPS], [DROP, BEFORE]),
    ]
