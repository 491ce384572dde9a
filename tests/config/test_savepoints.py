"""Savepoints that wait for the next statement hold what Django's hold (tests/savepoints.py)."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from facilities.models import Region
from tests.facilities.factories import make_region
from tests.savepoints import MADE, RELEASED, UNDONE, Waiting

pytestmark = pytest.mark.django_db


def codes() -> set[str]:
    return set(Region.objects.values_list("code", flat=True))


def make(code: str, *, fails: bool = False) -> None:
    with transaction.atomic():
        make_region(code)
        transaction.set_rollback(fails)


def test_what_is_undone_is_gone_and_what_stays_is_there() -> None:
    with transaction.atomic():
        make("110101")
        make("110102", fails=True)
        with transaction.atomic():
            make("110105")
            make("110106", fails=True)
        assert codes() == {"110101", "110105"}
        with transaction.atomic():
            make("110107")
            transaction.set_rollback(True)
    assert codes() == {"110101", "110105"}


def test_a_block_undone_takes_those_inside_it_along() -> None:
    with transaction.atomic():
        make("110101")
        with transaction.atomic():
            make("110102")
        transaction.set_rollback(True)
    assert codes() == set()


def test_the_scope_of_a_block_that_is_undone_goes_with_it() -> None:
    def scope() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('scope.user', true)")
            return str(cursor.fetchone()[0] or "")

    before = scope()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('scope.user', 'somebody', true)")
        assert scope() == "somebody"
        transaction.set_rollback(True)
    assert scope() == before


def test_after_a_refusal_of_the_database_the_block_before_goes_on() -> None:
    make("110101")
    for _turn in range(2):
        with pytest.raises(IntegrityError), transaction.atomic():
            Region.objects.create(code="110101", name="东城区", level="county", revision="2023")
        with transaction.atomic():
            assert codes() == {"110101"}


def test_a_failure_that_is_passed_over_fails_the_block_itself() -> None:
    """As ever: not the statement after it."""

    def pass_over() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            with suppress(DatabaseError):
                cursor.execute("SELECT 1 / 0")

    make("110101")
    with pytest.raises(DatabaseError):
        pass_over()
    assert codes() == {"110101"}


def test_one_made_by_hand_can_be_gone_back_to_twice() -> None:
    point = transaction.savepoint()
    for _turn in range(2):
        make_region("110101")
        transaction.savepoint_rollback(point)
        assert codes() == set()
    make_region("110102")
    transaction.savepoint_commit(point)
    assert codes() == {"110102"}


def test_who_counts_sees_every_one() -> None:
    with transaction.atomic(), CaptureQueriesContext(connection) as seen:
        make("110101")
        make("110102", fails=True)
    words = [query["sql"].split()[0] for query in seen]
    inside = ["SAVEPOINT", "SELECT", "INSERT"]
    assert words == [*inside, "RELEASE", *inside, "ROLLBACK"]


@pytest.mark.django_db(transaction=True)
def test_what_was_undone_is_undone_before_the_rest_is_committed() -> None:
    with transaction.atomic():
        make("110101")
        make("110102", fails=True)
    assert codes() == {"110101"}


@pytest.mark.parametrize(
    ("deeds", "left"),
    [
        (["make a", "release a"], []),
        (["make a", "make b", "release b", "release a"], []),
        (["make a", "undo a"], []),
        (["make a", "make b", "undo a"], []),
        (["release a"], [(RELEASED, "a")]),
        (["release b", "undo a"], [(UNDONE, "a")]),
        (["undo b", "undo a", "make c"], [(UNDONE, "a"), (MADE, "c")]),
        (["undo a", "make b", "undo b"], [(UNDONE, "a")]),
    ],
)
def test_only_what_is_needed_waits(deeds: list[str], left: list[tuple[str, str]]) -> None:
    waiting = Waiting()
    for deed in deeds:
        verb, sid = deed.split()
        step: Callable[[str], Any] = getattr(waiting, verb)
        step(sid)
    assert waiting.steps == left
