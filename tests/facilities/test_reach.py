"""Whom a facility reaches is read by work that grows with their number, whatever the planner expects of it."""

import json
import os
from collections.abc import Iterator
from typing import Any, Final

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from facilities import reach
from facilities.models import Capability, Department, Facility
from facilities.vocabulary import AllianceForm, CapabilityCode, Tier
from tests.facilities.factories import (
    LONG_AGO,
    make_alliance,
    make_facility,
    make_hospital,
)
from tests.servers import OWN_SUPERUSER

MANY: Final = 150
# Each facility is looked at some times, for its alliances, its department and what it can do.
LOOKS: Final = 8
# What another test had analysed while it was empty would be taken for a table of one row.
FORGET: Final = """
WITH ours AS (SELECT oid FROM pg_class WHERE relname LIKE 'facilities\\_%' AND relkind = 'r'),
told AS (DELETE FROM pg_statistic s USING ours WHERE s.starelid = ours.oid)
UPDATE pg_class c SET relpages = 0, reltuples = -1 FROM ours WHERE c.oid = ours.oid
"""


@pytest.fixture
def unknown(django_db_setup: None) -> None:
    """Let the planner know nothing of the tables of facilities, as after a first import."""
    with psycopg.connect(os.environ[OWN_SUPERUSER], autocommit=True) as superuser:
        superuser.execute(FORGET)


@pytest.fixture
def clinic(unknown: None, db: None) -> Facility:
    """Return a clinic that reaches many hospitals by two alliances."""
    clinic = make_facility("石榴社区卫生服务中心")
    hospitals = [make_hospital(f"第{number}医院", tier=Tier.COUNTY) for number in range(MANY)]
    make_alliance(hospitals[0], clinic, *hospitals[1:])
    make_alliance(
        hospitals[1],
        clinic,
        hospitals[0],
        *hospitals[2:],
        form=AllianceForm.SPECIALTY,
        specialty="03.04",
    )
    Department.objects.bulk_create(
        Department(facility=each, code=code, name=code)
        for each in hospitals
        for code in ("03.04", "03.07")
    )
    Capability.objects.bulk_create(
        Capability(facility=each, code=CapabilityCode.CT, starts=LONG_AGO) for each in hospitals
    )
    return clinic


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield all steps of a plan."""
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def rows_looked_at(node: dict[str, Any]) -> float:
    """Return how many rows a step read or compared in all its rounds."""
    each = node["Actual Rows"] + sum(
        value for name, value in node.items() if name.startswith("Rows Removed by")
    )
    return float(each * node["Actual Loops"])


def test_no_facility_is_compared_with_each_other(clinic: Facility) -> None:
    with CaptureQueriesContext(connection) as made:
        found = reach.reachable(
            clinic.pk,
            timezone.localdate(),
            capabilities=[CapabilityCode.CT],
            subjects=["03.04", "03"],
            diagnosis="I10",
        )
    assert len(found) == MANY + 1
    with connection.cursor() as cursor:
        # A table of this size is read whole, a real one by its indexes.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {made[0]['sql']}")
        [(told,)] = cursor.fetchall()
    [plan] = json.loads(told) if isinstance(told, str) else told
    most = max(nodes(plan["Plan"]), key=rows_looked_at)
    assert rows_looked_at(most) <= LOOKS * MANY, most
