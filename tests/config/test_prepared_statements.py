"""What is prepared stays prepared when a request is refused, and is forgotten when a plan is outdated."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from tests.servers import OWN_SUPERUSER

PROBE = "SELECT * FROM probe WHERE id < %s::int"
PREPARED = "SELECT * FROM probe WHERE id < $1::int"


@pytest.fixture
def owner(transactional_db: None) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """Whoever may change tables, with one that the application may read."""
    with psycopg.connect(os.environ[OWN_SUPERUSER], autocommit=True) as made:
        made.execute("CREATE TABLE probe (id integer)")
        made.execute("GRANT SELECT ON probe TO PUBLIC")
        yield made
        connection.close()
        made.execute("DROP TABLE probe")


def prepared() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return {row[0] for row in cursor.fetchall()}


def ask(times: int) -> None:
    with connection.cursor() as cursor:
        for number in range(times):
            cursor.execute(PROBE, [number])
            assert cursor.fetchall() == []


def test_a_rollback_leaves_the_plans_standing(owner: object) -> None:
    """Also of a statement that was prepared inside the transaction that is undone."""
    with transaction.atomic():
        assert PREPARED not in prepared()
        ask(4)
        transaction.set_rollback(True)
    assert PREPARED in prepared()
    with transaction.atomic():
        with transaction.atomic():
            ask(1)
            transaction.set_rollback(True)
        assert PREPARED in prepared()
    ask(1)


def test_a_new_connection_begins_with_none(owner: object) -> None:
    ask(4)
    connection.close()
    assert PREPARED not in prepared()
    ask(4)
    assert PREPARED in prepared()


def test_a_plan_that_a_migration_outdates_costs_one_request(
    owner: "psycopg.Connection[tuple[object, ...]]",
) -> None:
    ask(4)
    owner.execute("ALTER TABLE probe ADD COLUMN name text")
    with pytest.raises(DatabaseError, match="cached plan"), transaction.atomic():
        ask(1)
    ask(4)
    assert PREPARED in prepared()
