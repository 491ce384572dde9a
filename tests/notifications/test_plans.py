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
    """A big table that has never been analysed, hence the worst case.

    It is a new one with the same indexes, found before the other: in the pages and indexes of that one lies
    still what other tests took back.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE notifications_outboxmessage"
            " (LIKE public.notifications_outboxmessage INCLUDING ALL) ON COMMIT DROP"
        )
        cursor.execute(FILL, [ROWS])


def buffers(statement: str, values: Any) -> int:
    """How many pages a statement touches, in all its parts."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", values)
        (answer,) = cursor.fetchone()
    plan = (answer if isinstance(answer, list) else json.loads(answer))[0]["Plan"]
    kinds = ("Shared Hit", "Shared Read", "Local Hit", "Local Read")
    return sum(int(plan[f"{kind} Blocks"]) for kind in kinds)


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


MOST = {
    "claim": (leases.CLAIM, 300),
    "delivered": (leases.DELIVERED, 100),
    "given back": (leases.GIVEN_BACK, 100),
    "parked": (leases.PARKED, 100),
    # Without statistics it may go by the index of what is pending, forty rows here, rather than by the key.
    "failed": (leases.FAILED, 100),
    "overdue": (escalation.OVERDUE, 100),
}


def test_no_statement_walks_the_table(table: None) -> None:
    """Pages touched stay far below those of the table and its indexes, more than a thousand."""
    touched = {name: buffers(statement, values(statement)) for name, (statement, _) in MOST.items()}
    assert all(touched.values())
    assert {name: pages for name, pages in touched.items() if pages > MOST[name][1]} == {}
