"""Public identifiers: UUID version 7, ordered by time, never sequential."""

import itertools
import time
from collections.abc import Callable
from uuid import RFC_4122, UUID

import pytest
from django.db import connection

from accounts.ids import uuid7

Maker = Callable[[int], list[UUID]]


def in_python(count: int) -> list[UUID]:
    """Return identifiers made by accounts.ids."""
    return [uuid7() for _each in range(count)]


def in_the_database(count: int) -> list[UUID]:
    """Return identifiers made by a statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_uuid7() FROM generate_series(1, %s)", [count])
        return [row[0] for row in cursor.fetchall()]


pytestmark = [
    pytest.mark.django_db,
    pytest.mark.parametrize("make", [in_python, in_the_database]),
]


def test_shape(make: Maker) -> None:
    for made in make(1000):
        assert (made.version, made.variant) == (7, RFC_4122)


def test_the_first_48_bits_are_milliseconds(make: Maker) -> None:
    # Often, since a millisecond that is rounded up lies ahead of the clock only now and then.
    for _each in range(200):
        before = time.time_ns() // 1_000_000
        [made] = make(1)
        assert before <= made.int >> 80 <= time.time_ns() // 1_000_000


def test_later_ones_sort_later(make: Maker) -> None:
    made: list[UUID] = []
    for _each in range(5):
        made += make(1)
        time.sleep(0.002)
    assert made == sorted(made)
    assert [str(each) for each in made] == sorted(str(each) for each in made)


def test_no_two_are_equal_or_neighbours(make: Maker) -> None:
    made = sorted(each.int for each in make(10_000))
    assert len(set(made)) == 10_000
    assert min(after - before for before, after in itertools.pairwise(made)) > 1
