"""Keeps the plan of the question that every submission asks: what two facilities are to each other."""

from typing import ClassVar

from django.db import migrations

# The list of forms is facilities.vocabulary.TIGHTNESS, the depth hierarchy.MAX_DEPTH; a test holds both.
# Planning a recursive query takes seven times as long as running it, and PostgreSQL by itself plans it
# anew each time: hence a function with a plan of its own.
ROUTES = """
CREATE FUNCTION facilities_routes(sender uuid, destinations uuid[], day date, wanted uuid)
RETURNS TABLE (from_facility_id uuid, to_facility_id uuid, from_tier smallint, to_tier smallint,
  from_kind text, to_kind text, from_is_active boolean, to_is_active boolean,
  from_requires_review boolean, same_legal_person boolean, alliance_id uuid, alliance_name text,
  alliance_form text, alliance_allows_lateral boolean, relations text[], to_department_ok boolean)
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
SELECT f.id, t.id, COALESCE((SELECT h.tier FROM facilities_accreditation h WHERE h.facility_id = f.id
 AND h.starts <= day AND (h.ends IS NULL OR h.ends > day)), f.tier),
  COALESCE((SELECT h.tier FROM facilities_accreditation h WHERE h.facility_id = t.id
 AND h.starts <= day AND (h.ends IS NULL OR h.ends > day)), t.tier),
  f.kind::text, t.kind::text, f.is_active, t.is_active, f.requires_internal_review,
  COALESCE(f.legal_person_id, f.id) = COALESCE(t.legal_person_id, t.id),
  shared.id, shared.name::text, shared.form::text, COALESCE(shared.lateral, false),
  ARRAY(SELECT DISTINCT r.kind::text FROM facilities_relation r
    WHERE r.starts <= day AND (r.ends IS NULL OR r.ends > day)
      AND ((r.from_facility_id = f.id AND r.to_facility_id = t.id)
        OR (r.from_facility_id = t.id AND r.to_facility_id = f.id)) ORDER BY 1),
  CASE WHEN wanted IS NOT NULL THEN EXISTS(SELECT 1 FROM facilities_department d
    WHERE d.id = wanted AND d.facility_id = t.id AND d.is_active) END
FROM facilities_facility f CROSS JOIN facilities_facility t
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
BACK = "DROP FUNCTION facilities_routes(uuid, uuid[], date, uuid)"


class Migration(migrations.Migration):
    """One function, no table."""

    dependencies: ClassVar = [("facilities", "0002_matching_references")]
    operations: ClassVar = [migrations.RunSQL(ROUTES, BACK)]
