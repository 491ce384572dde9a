"""What the sweep of orders reads: those that wait, however many have been reported."""

import json
from typing import Any, Final

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from referral.models import ExaminationOrder
from referral.queries import orders
from tests.factories import Person, World, as_system
from tests.referral.ordering import placed
from tests.referral.test_orders_handed_back import close

REPORTED: Final = 20_000
# The pages of that many orders in the table alone.
TABLE: Final = 400
MOST: Final = 40


def fill(order: ExaminationOrder) -> None:
    """Write copies of an order which were all reported years ago."""
    fields = [str(field.column) for field in ExaminationOrder._meta.concrete_fields]
    own = {
        "id": "gen_random_uuid()",
        "state": "'reported'",
        "ordered_at": "o.ordered_at - n * interval '1 hour'",
        "received_at": "o.ordered_at",
        "reported_at": "o.ordered_at",
    }
    columns = ", ".join(fields)
    values = ", ".join(own.get(name, f"o.{name}") for name in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO referral_examinationorder ({columns}) SELECT {values} "
            "FROM referral_examinationorder o, generate_series(1, %s) n WHERE o.id = %s",
            [REPORTED, order.pk],
        )


def touched(sql: str) -> int:
    """Return how many pages a statement touches."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}")
        (answer,) = cursor.fetchone()
    plan: dict[str, Any] = (answer if isinstance(answer, list) else json.loads(answer))[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


@pytest.mark.parametrize("gone", [False, True])
def test_what_was_reported_costs_the_sweep_nothing(
    world: World, reader: Person, gone: bool
) -> None:
    waiting = placed(world)
    as_system()
    fill(ExaminationOrder.objects.get(pk=waiting))
    assert touched("SELECT count(question) FROM referral_examinationorder") > TABLE
    if gone:
        close(world)
    today = timezone.localdate()
    with CaptureQueriesContext(connection) as captured:
        found = orders.stranded(today, limit=10)
    assert [str(pk) for pk in found] == ([waiting] if gone else [])
    asked = [each["sql"] for each in captured.captured_queries]
    asked = [sql for sql in asked if 'FROM "referral_examinationorder"' in sql]
    assert len(asked) == 1 + gone
    for sql in asked:
        assert touched(sql) <= MOST, sql
