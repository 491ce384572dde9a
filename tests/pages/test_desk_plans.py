"""How the database finds what a desk shows among many visits: by an index, a page's worth."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from referral.queries import desk as queries
from referral.queries import referrals
from referral.states import Status
from tests.factories import World, as_system
from tests.referral.many import copies

MANY = 1_500
# A visit every quarter of an hour of the days around today.
VISITS = f"now() + (n - {MANY // 2}) * interval '15 minutes'"


def walked(rows: QuerySet[Any]) -> tuple[str, float]:
    """Return the plan of a query as text, and how many rows its scans have read."""
    plan = json.loads(rows.explain(format="json", analyze=True))[0]["Plan"]
    return json.dumps(plan), _read(plan)


def _read(node: dict[str, Any]) -> float:
    below = sum(_read(each) for each in node.get("Plans", ()))
    gone = float(node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    here = node["Actual Rows"] * node["Actual Loops"] if "Scan" in node["Node Type"] else 0.0
    return float(below + here + gone)


@pytest.mark.slow
def test_those_expected_are_found_without_reading_other_days(world: World) -> None:
    leg = world.at(Status.SCHEDULED)
    as_system()
    copies(leg, MANY, scheduled_for=VISITS)
    here = world.office.actor
    today = queries.expected(here, timezone.localdate())
    plan, read = walked(referrals.for_list(today).order_by(*queries.VISIT_ORDER)[:51])
    assert "referral_visits" in plan
    assert read <= 60
    later = queries.expected(here, timezone.localdate() + timedelta(days=3))
    _plan, read = walked(later.values("pk")[: queries.BOUND + 1])
    assert read <= 60
