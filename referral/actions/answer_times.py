"""Measures how soon facilities answer, a few at a time, so that a ranking reads one row for each."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from referral.matching.data import limits

# Each facility walks the index of its own newest referrals (referral_to) and stops after `newest`; so a
# batch costs the same in a table of any size.
_MEASURE: Final = """
INSERT INTO referral_answertime (facility_id, median_seconds, answered, measured_at)
SELECT due.id, measured.median, measured.answered, %(now)s
FROM (
  SELECT f.id FROM facilities_facility f LEFT JOIN referral_answertime a ON a.facility_id = f.id
  WHERE f.kind = 'treating' AND f.is_active AND (a.facility_id IS NULL OR a.measured_at < %(stale)s)
  ORDER BY a.measured_at NULLS FIRST, f.id LIMIT %(batch)s
) due CROSS JOIN LATERAL (
  SELECT percentile_cont(0.5) WITHIN GROUP (
      ORDER BY greatest(0, extract(epoch FROM lately.decided_at - lately.submitted_at))) AS median,
    count(*) AS answered
  FROM (
    SELECT r.decided_at, r.submitted_at FROM referral_referral r
    WHERE r.to_facility_id = due.id AND r.created_at > %(since)s
      AND r.decided_at IS NOT NULL AND r.urgency > 0
    ORDER BY r.created_at DESC, r.id DESC LIMIT %(newest)s
  ) lately
) measured
ON CONFLICT (facility_id) DO UPDATE SET median_seconds = excluded.median_seconds,
  answered = excluded.answered, measured_at = excluded.measured_at
"""


def measure_answer_times(*, now: datetime, batch: int) -> int:
    """Measure the facilities whose times are oldest; returns how many were. The caller sees every row."""
    known = limits()
    values: dict[str, Any] = {
        "now": now,
        "stale": now - known.answer_refresh,
        "since": now - timedelta(days=known.answer_days),
        "newest": known.answer_newest,
        "batch": batch,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MEASURE, values)
        return int(cursor.rowcount)
