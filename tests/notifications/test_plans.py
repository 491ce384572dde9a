"""The plans of the delivery's statements: by index, also when the planner knows nothing of the table."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from accounts.ids import uuid7
from notifications import escalation, leases

pytestmark = pytest.mark.django_db

ROWS = 20_000

FILL = """
INSERT INTO notifications_outboxmessage
  (id, event_id, topic, payload, recipient_id, channel, subscription_id, subject, sequence, priority,
   state, next_at, done_at, escalate_at)
SELECT gen_random_uuid(), gen_random_uuid(), 'a.b', '{}', gen_random_uuid(), 'in_app', NULL,
       gen_random_uuid(), 1, n %% 3, CASE WHEN n %% 500 = 0 THEN 'pending' ELSE 'done' END, now(),
       CASE WHEN n %% 500 = 0 THEN NULL ELSE now() END,
       CASE WHEN n %% 500 = 0 THEN now() + interval '1 day' END
FROM generate_series(1, %s) n
"""


@pytest.fixture
def table() -> None:
    """A big table that has never been analysed, hence the worst case."""
    with connection.cursor() as cursor:
        cursor.execute(FILL, [ROWS])


def buffers(statement: str, values: Any) -> int:
    """How many pages a statement touches, in all its parts."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", values)
        (answer,) = cursor.fetchone()
    plan = (answer if isinstance(answer, list) else json.loads(answer))[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def values(statement: str) -> Any:
    """Sensible parameters."""
    some = [uuid7() for _ in range(10)]
    return {
        leases.CLAIM: {"lease": 20, "me": uuid7(), "limit": 10},
        leases.DELIVERED: (some,),
        leases.GIVEN_BACK: {"ids": some, "owners": some, "wait": 1},
        leases.PARKED: {"endpoint": UUID(int=1), "wait": 1, "spread": 1},
        leases.FAILED: {"id": uuid7(), "me": uuid7(), "wait": 1, "crashed": False},
        escalation.OVERDUE: (500,),
    }[statement]


@pytest.mark.parametrize(
    ("statement", "most"),
    [
        (leases.CLAIM, 300),
        (leases.DELIVERED, 100),
        (leases.GIVEN_BACK, 100),
        (leases.PARKED, 100),
        # Without statistics it may go by the index of what is pending, forty rows here, rather than by the key.
        (leases.FAILED, 100),
        (escalation.OVERDUE, 100),
    ],
    ids=["claim", "delivered", "given back", "parked", "failed", "overdue"],
)
def test_no_statement_walks_the_table(table: None, statement: str, most: int) -> None:
    """Pages touched stay far below those of the table and its indexes, more than a thousand."""
    assert buffers(statement, values(statement)) <= most
