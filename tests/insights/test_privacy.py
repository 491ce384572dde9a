"""What a manager is told of a member: the total less the parts tells neither of one part nor of few persons."""

import random
from datetime import date
from decimal import Decimal

import pytest

from insights.indicators import definitions
from insights.periods import Length, around
from insights.privacy import HIDDEN, guarded
from insights.thresholds import FEW_PERSONS
from insights.values import Answer, Number

MONTH = around(Length.MONTH, date(2025, 6, 1))


def number(legs: int) -> Number:
    return Number(Decimal(legs), None, Decimal(legs))


def answered(persons: dict[str, int]) -> Answer:
    """Return a count and its parts, one referral of each person."""
    whole = number(sum(persons.values()))
    parts = {value: number(n) for value, n in persons.items()}
    return Answer(definitions()["up-count"], MONTH, whole, whole, whole, parts=parts)


@pytest.mark.parametrize("seed", range(200))
def test_the_total_less_what_is_shown_tells_of_no_few_persons(seed: int) -> None:
    chance = random.Random(seed)
    persons = {
        f"part {each}": chance.choice([1, 1, 2, 3, 4, 5, 6, 9, 40])
        for each in range(chance.randint(1, 6))
    }
    total = sum(persons.values())
    found = guarded(answered(persons), {"": total, **persons}, [total, total])
    hidden = {value for value, part in found.parts.items() if part is HIDDEN}
    assert hidden >= {value for value, n in persons.items() if n < FEW_PERSONS}
    if found.whole is HIDDEN:
        assert total < FEW_PERSONS
        assert hidden == set(persons)
    elif hidden and hidden != set(persons):
        told = sum(int(part.value or 0) for part in found.parts.values() if part is not HIDDEN)
        assert total - told == sum(persons[value] for value in hidden) >= FEW_PERSONS
        assert len(hidden) > 1


def test_no_more_is_hidden_than_has_to_be() -> None:
    persons = {"a": 1, "b": 1, "c": 5, "d": 6, "e": 30}
    found = guarded(answered(persons), {"": 43, **persons}, [43, 43])
    assert {value for value, part in found.parts.items() if part is HIDDEN} == {"a", "b", "c"}
    plain = {"a": 5, "b": 6}
    assert HIDDEN not in guarded(answered(plain), {"": 11, **plain}, [11, 11]).parts.values()


def test_other_periods_are_hidden_each_for_itself() -> None:
    persons = {"a": 5, "b": 6}
    found = guarded(answered(persons), {"": 11, **persons}, [4, 5])
    assert (found.before is HIDDEN, found.year_before is HIDDEN, found.whole is HIDDEN) == (
        True,
        False,
        False,
    )
