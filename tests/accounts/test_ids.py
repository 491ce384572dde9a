"""Public identifiers: UUID version 7, ordered by time, never sequential."""

import itertools
import time
from uuid import RFC_4122

from accounts.ids import uuid7


def test_shape() -> None:
    for _each in range(1000):
        made = uuid7()
        assert (made.version, made.variant) == (7, RFC_4122)


def test_the_first_48_bits_are_milliseconds() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid7()
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000


def test_later_ones_sort_later() -> None:
    made = []
    for _each in range(5):
        made.append(uuid7())
        time.sleep(0.002)
    assert made == sorted(made)
    assert [str(each) for each in made] == sorted(str(each) for each in made)


def test_no_two_are_equal_or_neighbours() -> None:
    made = sorted(uuid7().int for _each in range(10_000))
    assert len(set(made)) == 10_000
    assert min(after - before for before, after in itertools.pairwise(made)) > 1
