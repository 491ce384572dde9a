"""Counts the physicians whose term at primary care is long enough, by the county in which they served."""

from collections.abc import Collection
from datetime import date
from typing import Any, Final

from django.db import connection

from facilities.vocabulary import HIGHEST_PRIMARY_TIER
from insights.models.secondments import COUNTED_TITLES
from insights.thresholds import SECONDED_MONTHS, SECONDING_TIER

MONTHS: Final = 12
# Terms that follow one another or overlap are one, whichever institutions of the county they were at; a person who
# serves twice counts once. Only what lies within the twelve months counts.
_COUNTED: Final = """
WITH terms AS (
  SELECT left(t.region_id, 6) AS county, s.from_facility_id AS sender, s.person,
    daterange(greatest(s.starts, %(first)s), least(s.ends, %(last)s), '[]') AS days,
    s.title = ANY(%(titles)s::text[]) AND f.tier >= %(sending)s AND t.tier <= %(primary)s AS counts
  FROM insights_secondment s
  JOIN facilities_facility f ON f.id = s.from_facility_id
  JOIN facilities_facility t ON t.id = s.to_facility_id
  WHERE s.superseded_at IS NULL AND s.starts <= %(last)s AND s.ends >= %(first)s
    AND left(t.region_id, 6) = ANY(%(counties)s::text[])),
served AS (
  SELECT county, sender, person, unnest(range_agg(days)) AS days
  FROM terms WHERE counts GROUP BY county, sender, person),
long_enough AS (
  SELECT DISTINCT county, sender, person FROM served
  WHERE upper(days) >= lower(days) + make_interval(months => %(months)s))
SELECT county, (SELECT count(*) FROM long_enough l WHERE l.county = c.county)
FROM (SELECT DISTINCT county FROM terms) c
"""


def counted(counties: Collection[str], month: date) -> dict[str, int]:
    """Return how many served long enough in the twelve months that end with a month (its first day), by county.

    A county of which no term at all is reported in these months is left out; one statement.
    """
    last_month = month.year * MONTHS + month.month - 1
    asked: dict[str, Any] = {
        "first": _first_of(last_month - MONTHS + 1),
        "last": date.fromordinal(_first_of(last_month + 1).toordinal() - 1),
        "titles": list(map(str, COUNTED_TITLES)),
        "sending": SECONDING_TIER,
        "primary": HIGHEST_PRIMARY_TIER,
        "months": SECONDED_MONTHS,
        "counties": list(counties),
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, asked)
        return dict(cursor.fetchall())


def _first_of(number: int) -> date:
    return date(number // MONTHS, number % MONTHS + 1, 1)
