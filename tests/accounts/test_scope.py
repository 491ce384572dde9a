"""The scope of row-level security: lives in a transaction, and in that one only."""

import threading
from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import connection, transaction

from accounts import scope
from accounts.actors import Actor
from accounts.ids import uuid7
from tests.factories import World

NOTHING: tuple[None, list[UUID], None, bool] = (None, [], None, False)


def read() -> tuple[UUID | None, list[UUID], UUID | None, bool]:
    """Return the scope as the policies read it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT scope_facility(), scope_alliances(), scope_user(), scope_is_system()"
        )
        found: tuple[UUID | None, list[UUID], UUID | None, bool] = cursor.fetchone()
        return found


def somebody(*alliances: UUID) -> Actor:
    return Actor(uuid7(), uuid7(), None, frozenset(), alliances)


def fail_as_system() -> None:
    with transaction.atomic():
        scope.enter_system()
        _ = 1 // 0


def test_an_actor_is_told_to_the_database(db: None) -> None:
    actor = somebody(uuid7(), uuid7())
    scope.enter(actor)
    assert read() == (actor.facility_id, list(actor.alliance_ids), actor.user_id, False)


def test_the_system_is_no_facility(db: None) -> None:
    scope.enter(somebody(uuid7()))
    scope.enter_system()
    assert read() == (None, [], None, True)


def test_the_next_actor_replaces_the_last_whole(db: None) -> None:
    scope.enter_system()
    scope.enter(Actor.without_post(user_id=UUID(int=7), name=""))
    assert read() == (None, [], UUID(int=7), False)


def test_outside_a_transaction_there_is_no_scope(transactional_db: None) -> None:
    for enter in (scope.enter_system, lambda: scope.enter(somebody())):
        with pytest.raises(transaction.TransactionManagementError):
            enter()
    assert read() == NOTHING


@pytest.mark.parametrize("end", [True, False])
def test_the_next_transaction_of_the_connection_has_none(transactional_db: None, end: bool) -> None:
    with transaction.atomic():
        assert read() == NOTHING
        scope.enter(somebody(uuid7()))
        scope.enter_system()
        assert read()[3] is True
        transaction.set_rollback(not end)
    assert read() == NOTHING
    with transaction.atomic():
        assert read() == NOTHING


def test_an_error_ends_it_too(transactional_db: None) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_as_system()
    assert read() == NOTHING


def test_a_savepoint_that_is_rolled_back_gives_the_scope_back(db: None) -> None:
    actor = somebody()
    scope.enter(actor)
    with pytest.raises(ZeroDivisionError):
        fail_as_system()
    assert read()[0] == actor.facility_id


def test_transaction_as(transactional_db: None) -> None:
    actor = somebody()
    with scope.transaction_as(actor):
        assert read()[0] == actor.facility_id
    assert read() == NOTHING


def test_lifted_lends_the_system_and_takes_it_back(db: None) -> None:
    actor = somebody(uuid7())
    scope.enter(actor)
    with scope.lifted(actor) as system:
        assert system.is_system
        assert read() == (None, [], None, True)
    assert read() == (actor.facility_id, list(actor.alliance_ids), actor.user_id, False)


def test_a_failure_while_lifted_rolls_everything_back(transactional_db: None) -> None:
    actor = somebody()

    def fail() -> None:
        with transaction.atomic():
            scope.enter(actor)
            with scope.lifted(actor):
                _ = 1 // 0

    with pytest.raises(ZeroDivisionError):
        fail()
    assert read() == NOTHING


def test_a_failure_that_is_caught_leaves_nothing_to_go_on_with(transactional_db: None) -> None:
    actor = somebody()
    with transaction.atomic():
        scope.enter(actor)
        with pytest.raises(ZeroDivisionError), scope.lifted(actor):
            _ = 1 // 0
        with pytest.raises(transaction.TransactionManagementError):
            read()
    assert read() == NOTHING


def test_two_connections_do_not_share_one(transactional_db: None) -> None:
    seen: list[object] = []

    def other() -> None:
        with transaction.atomic():
            seen.append(read())
        connection.close()

    with transaction.atomic():
        scope.enter_system()
        run(other)
    assert seen == [NOTHING]


def run(work: Callable[[], None]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(timeout=10)


def test_a_request_leaves_none_behind(transactional_db: None) -> None:
    with transaction.atomic():
        world = World()
        _ = world.alliance
        api = world.doctor.api
    assert api.get("/referrals/").status == 200
    assert read() == NOTHING
    assert api.get("/referrals/", {"box": "trash"}).status == 400
    assert read() == NOTHING


def test_functions_fail_closed_on_rubbish(db: None) -> None:
    with connection.cursor() as cursor:
        for value in ("ON", "true", "1", " on"):
            cursor.execute("SELECT set_config('scope.system', %s, true)", [value])
            assert read()[3] is False
