"""The head of a long list is found by asking few, and is the same as if everybody had been asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

import pytest
from django.utils import timezone

from facilities.reach import Reached
from facilities.vocabulary import Direction
from referral.matching import Need, rank
from referral.matching.rank import match
from referral.matching.shortlist import BATCH, shortlist
from referral.states import Urgency

NOW: Final = timezone.now()
MANY: Final = 400


@dataclass
class Book:
    """Sessions of facilities, some of them full, which counts how often and for how many it is asked."""

    first: dict[UUID, datetime]
    open: dict[UUID, datetime]
    asked: list[int] = field(default_factory=list)
    looked: list[int] = field(default_factory=list)

    def free(self, ids: Sequence[UUID]) -> Mapping[UUID, datetime]:
        self.asked.append(len(ids))
        return {pk: self.open[pk] for pk in ids if pk in self.open}

    def sessions(self, ids: Sequence[UUID]) -> Mapping[UUID, datetime]:
        self.looked.append(len(ids))
        return {pk: self.first[pk] for pk in ids if pk in self.first}


def row(chance: Random, number: int) -> Reached:
    """Return a facility of the next step somewhere around, with a department or without."""
    return Reached(
        UUID(int=number),
        f"{number % 50:04}",
        "",
        "",
        chance.choice([2, 2, 2, 3]),
        2,
        1,
        "310115",
        31 + chance.random(),
        121.5,
        "",
        "",
        UUID(int=0),
        "甲",
        chance.choice(["city_group", "telemedicine"]),
        chance.choice([(1, 2, 3), (1, 3)]),
        frozenset(),
        None,
        chance.choice(["03.04", "03.04", "03.07", None]),
        None,
        (),
        (),
        None,
    )


def book(
    chance: Random, rows: Sequence[Reached], *, days: tuple[float, float], full: float
) -> Book:
    """Return sessions of those with the department, from so many days on; a share of the first is full."""
    first, free = {}, {}
    for each in rows:
        if each.department_code == "03.04" and chance.random() < 0.9:
            first[each.id] = NOW + timedelta(days=chance.uniform(*days))
            later = timedelta(days=chance.uniform(0, 9)) if chance.random() < full else timedelta()
            free[each.id] = first[each.id] + later
    return Book(first, free)


def need(**changes: object) -> Need:
    words = {"subjects": ("03.04",), "origin": (31.2, 121.5), "may_skip": True, **changes}
    return Need(UUID(int=1), 1, Direction.UP, Urgency.ROUTINE, NOW, **words)  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", [1, 10, 50, MANY])
@pytest.mark.parametrize(
    ("days", "full"), [((0, 3), 0.1), ((0, 28), 0.5), ((13, 15), 0.9), ((20, 28), 1.0)]
)
def test_the_head_is_that_of_the_whole_list(
    limit: int, days: tuple[float, float], full: float
) -> None:
    chance = Random(f"{limit} {days}")
    rows = [row(chance, number) for number in range(2, MANY)]
    kept = book(chance, rows, days=days, full=full)
    head, known = shortlist(rows, need(), limit=limit, free=kept.free, sessions=kept.sessions)
    whole = rank(rows, need().with_openings(kept.open))
    assert [match(each, known) for each in head] == whole[:limit]


def test_few_are_asked_where_appointments_are_near() -> None:
    chance = Random(1)
    rows = [row(chance, number) for number in range(2, MANY)]
    kept = book(chance, rows, days=(0, 2), full=0.1)
    shortlist(rows, need(), limit=10, free=kept.free, sessions=kept.sessions)
    assert (kept.asked, kept.looked) == ([BATCH], [])


def test_few_are_asked_where_all_are_late() -> None:
    chance = Random(2)
    rows = [row(chance, number) for number in range(2, MANY)]
    kept = book(chance, rows, days=(16, 28), full=0.1)
    shortlist(rows, need(), limit=10, free=kept.free, sessions=kept.sessions)
    assert sum(kept.asked) <= 2 * BATCH
    assert len(kept.looked) == 1


@pytest.mark.parametrize("keeper", range(0, MANY - 2, 7))
def test_one_full_session_of_anybody_tells_that_appointments_are_kept(keeper: int) -> None:
    """Whether its place is among the first who are asked, or behind them."""
    chance = Random(5)
    rows = [row(chance, number)._replace(department_code="03.04") for number in range(2, MANY)]
    first = {rows[keeper].id: need().now + timedelta(days=3)}
    kept = Book(first, {})
    _head, known = shortlist(rows, need(), limit=10, free=kept.free, sessions=kept.sessions)
    assert known.openings == {}


def test_where_nobody_keeps_sessions_nothing_is_said_of_them() -> None:
    chance = Random(3)
    rows = [row(chance, number) for number in range(2, MANY)]
    kept = Book({}, {})
    head, known = shortlist(rows, need(), limit=10, free=kept.free, sessions=kept.sessions)
    assert known.openings is None
    assert [match(each, known) for each in head] == rank(rows, need())[:10]
    assert kept.asked == [BATCH]
    takes = sum(each.department_code == "03.04" for each in rows)
    assert kept.looked == [takes], "all are looked up at once, nobody twice"


def test_where_all_sessions_are_full_that_is_said() -> None:
    chance = Random(4)
    rows = [row(chance, number) for number in range(2, 40)]
    kept = Book(book(chance, rows, days=(0, 2), full=0).first, {})
    head, known = shortlist(rows, need(), limit=10, free=kept.free, sessions=kept.sessions)
    assert known.openings == {}
    assert "no-slot" in {reason.code for reason in match(head[0], known).reasons}


@pytest.mark.parametrize("changes", [{"urgency": Urgency.EMERGENCY}, {"direction": Direction.DOWN}])
def test_an_emergency_and_a_return_ask_for_none(changes: dict[str, object]) -> None:
    chance = Random(5)
    rows = [row(chance, number) for number in range(2, 40)]
    kept = book(chance, rows, days=(0, 2), full=0)
    words: dict[str, object] = {"direction": Direction.UP, "urgency": Urgency.ROUTINE, **changes}
    asked = Need(UUID(int=1), 1, now=NOW, **words)  # type: ignore[arg-type]
    shortlist(rows, asked, limit=10, free=kept.free, sessions=kept.sessions)
    assert (kept.asked, kept.looked) == ([], [])
