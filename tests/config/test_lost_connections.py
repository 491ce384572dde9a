"""A connection that the database ended while nobody used it is replaced before the next request needs it."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.db import connection, connections

from config.postgres.base import DatabaseWrapper, demand_alive


@pytest.fixture
def pooled(transactional_db: None) -> Iterator[DatabaseWrapper]:
    """What a web process has: a pool of one."""
    settings = deepcopy(connection.settings_dict)
    settings["CONN_MAX_AGE"] = 0
    settings["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 1, "timeout": 5}
    made = DatabaseWrapper(settings, alias="pooled")
    connections["pooled"] = made
    yield made
    made.close()
    made.close_pool()
    del connections["pooled"]


def pid(asked: Any) -> int:
    with asked.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_a_connection_that_is_well_is_given_again_unasked(
    pooled: DatabaseWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = pid(pooled)
    pooled.close()
    asked: list[object] = []
    monkeypatch.setattr("psycopg_pool.ConnectionPool.check_connection", staticmethod(asked.append))
    assert pid(pooled) == first
    assert asked == []
    assert pooled.pool is not None
    assert pooled.pool._check is demand_alive


def test_one_that_the_server_ended_is_replaced(pooled: DatabaseWrapper) -> None:
    first = pid(pooled)
    pooled.close()
    with connection.cursor() as cursor:
        # Waits until it has ended.
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
        assert cursor.fetchone() == (True,)
    assert pid(pooled) != first
