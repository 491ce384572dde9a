"""What a manager is told of a member: no number and no subtraction within one answer tells of few persons."""

import random
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from facilities.models import Facility
from insights import privacy, values
from insights.indicators import Indicator, definitions
from insights.periods import COURSE, Length, Period, around, of_days, run_up
from insights.privacy import HIDDEN, hide
from insights.queries.persons import Cell
from insights.scopes import Where
from insights.thresholds import FEW_PERSONS
from insights.values import Answer, Number
from insights.vocabulary import Dim, Scope
from tests.insights.test_closed import houses, leg, written

MONTH = around(Length.MONTH, date(2025, 6, 1))
COUNT = definitions()["up-count"]
DECLINED = definitions()["decline-rate"]
# Of a share: all, those above the line, below it, and the rest.
SHARE = privacy.cells(DECLINED, MONTH, MONTH)


def number(legs: int) -> Number:
    return Number(Decimal(legs), None, Decimal(legs))


def answered(persons: dict[str, int], one: Indicator = COUNT) -> Answer:
    """Return a count and its parts, one referral of each person."""
    whole = number(sum(persons.values()))
    parts = {value: number(n) for value, n in persons.items()}
    return Answer(one, MONTH, whole, whole, whole, parts=parts)


def hidden_of(persons: dict[str, int], compared: tuple[int, int] | None = None) -> Answer:
    """Return a count as it is shown where so many persons are behind it, and behind the two periods beside."""
    total = sum(persons.values())
    of_whole: dict[Cell, int] = {}
    for at, n in zip(
        (MONTH, MONTH.before, MONTH.year_before),
        (total, *(compared or (total, total))),
        strict=True,
    ):
        of_whole |= dict.fromkeys(privacy.cells(COUNT, at, MONTH), n)
    of_parts = dict.fromkeys(privacy.cells(COUNT, MONTH, MONTH), persons)
    return hide(answered(persons), of_whole, of_parts)


def share(parts: Mapping[str, tuple[int, int]]) -> Answer:
    """Return a share as it is shown: of each part so many persons above the line, and so many below it."""
    cells = dict(
        zip(
            SHARE,
            (
                {value: below for value, (_above, below) in parts.items()},
                {value: above for value, (above, _below) in parts.items()},
                {value: below for value, (_above, below) in parts.items()},
                {value: below - above for value, (above, below) in parts.items()},
            ),
            strict=True,
        )
    )
    of_whole = {cell: sum(each.values()) for cell, each in cells.items()}
    for at in (MONTH.before, MONTH.year_before):
        of_whole |= dict.fromkeys(privacy.cells(DECLINED, at, MONTH), 9)
    asked = answered({value: below for value, (_above, below) in parts.items()}, DECLINED)
    return hide(asked, of_whole, cells)


def test_a_share_tells_of_those_above_and_below_the_line_and_of_the_rest() -> None:
    above, below = tuple(sorted(DECLINED.numerator)), tuple(sorted(DECLINED.denominator))
    rest = (*below, *(f"-{name}" for name in above))
    assert [unit for unit, _days in SHARE][1:] == [above, below, rest]
    assert [unit for unit, _days in privacy.cells(COUNT, MONTH, MONTH)] == [("up_arrived",)] * 2
    outpatients = privacy.cells(definitions()["down-count-outpatient"], MONTH, MONTH)
    assert (("down_accepted_inpatient",), (MONTH,)) in outpatients
    growth = privacy.cells(definitions()["down-growth"], MONTH, MONTH)
    assert {days for _unit, days in growth} == {(MONTH,), (MONTH.year_before,)}


@pytest.mark.parametrize(
    ("above", "below", "shown"),
    [
        (0, 20, True),
        (1, 20, False),
        (4, 20, False),
        (5, 20, True),
        (15, 20, True),
        (16, 20, False),
        (19, 20, False),
        (20, 20, True),
        (0, 4, False),
    ],
)
def test_few_above_the_line_or_few_others_hide_a_share(above: int, below: int, shown: bool) -> None:
    found = share({"a": (above, below), "b": (10, 40), "c": (10, 40)})
    assert (found.parts["a"] is not HIDDEN) is shown
    assert (found.parts["b"] is not HIDDEN) is shown
    assert found.parts["c"] is not HIDDEN
    assert (share({"a": (above, below)}).whole is not HIDDEN) is shown


@pytest.mark.parametrize("seed", range(200))
def test_a_share_less_its_shown_parts_tells_of_no_few_persons(seed: int) -> None:
    chance = random.Random(seed)
    parts = {}
    for each in range(chance.randint(1, 6)):
        below = chance.choice([1, 4, 5, 6, 9, 12, 40])
        parts[f"part {each}"] = (chance.choice([0, 0, 1, below // 2, below - 1, below]), below)
    found = share(parts)
    shown = {value for value, part in found.parts.items() if part is not HIDDEN}
    for above, below in (parts[value] for value in shown):
        assert not {above, below, below - above} & set(range(1, FEW_PERSONS))
    if found.whole is HIDDEN:
        assert not shown
    elif shown and len(shown) < len(parts):
        above = sum(parts[value][0] for value in parts.keys() - shown)
        below = sum(parts[value][1] for value in parts.keys() - shown)
        assert not {above, below, below - above} & set(range(1, FEW_PERSONS))
        assert len(parts) - len(shown) > 1


@pytest.mark.parametrize("seed", range(200))
def test_the_total_less_what_is_shown_tells_of_no_few_persons(seed: int) -> None:
    chance = random.Random(seed)
    persons = {
        f"part {each}": chance.choice([1, 1, 2, 3, 4, 5, 6, 9, 40])
        for each in range(chance.randint(1, 6))
    }
    total = sum(persons.values())
    found = hidden_of(persons)
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
    found = hidden_of({"a": 1, "b": 1, "c": 5, "d": 6, "e": 30})
    assert {value for value, part in found.parts.items() if part is HIDDEN} == {"a", "b", "c"}
    assert HIDDEN not in hidden_of({"a": 5, "b": 6}).parts.values()


def test_other_periods_are_hidden_each_for_itself() -> None:
    found = hidden_of({"a": 5, "b": 6}, (4, 5))
    assert (found.before is HIDDEN, found.year_before is HIDDEN, found.whole is HIDDEN) == (
        True,
        False,
        False,
    )


@pytest.mark.parametrize("length", [each for each in Length if each != Length.DAYS])
def test_days_weeks_months_quarters_and_years_never_cross_those_of_the_course(
    length: Length,
) -> None:
    """So neither is a total of months beside the months, nor does a period beside another tell of a third."""
    for asked in run_up(around(length, date(2025, 3, 1)), 40):
        course = run_up(asked, COURSE)
        assert len({(each.first, each.last) for each in course}) == COURSE
        assert all(one.last < other.first for one, other in pairwise(course))
        assert asked.before == course[-2]
        assert {days for _unit, days in privacy.cells(COUNT, asked.year_before, asked)} == {
            (asked.year_before,)
        }


# All days of a year after a leap year: the days before begin on 2024-01-02, the year before on 2024-01-01.
AFTER_A_LEAP_YEAR = of_days(date(2025, 1, 1), date(2025, 12, 31))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("on_the_day", "in_december", "shown"),
    [(1, 0, False), (4, 9, False), (0, 9, True), (5, 0, True)],
)
def test_a_year_before_across_the_days_before_tells_of_no_day_between(
    on_the_day: int, in_december: int, shown: bool
) -> None:
    house: Facility = houses()[0]
    few = [leg(house, date(2024, 1, 1)) for _each in range(on_the_day)]
    last = [leg(house, date(2024, 12, 31)) for _each in range(in_december)]
    written([*few, *last, *(leg(house, date(2024, 6, 1)) for _each in range(10))])
    where = Where(Scope.FACILITY_SENT, (str(house.pk),))
    plain = values.answers([COUNT], where, AFTER_A_LEAP_YEAR)
    found = privacy.guarded(plain, where, Dim.NONE)[0]
    assert found.before == plain[0].before
    assert plain[0].year_before.value == 10 + on_the_day + in_december
    assert found.year_before == (plain[0].year_before if shown else HIDDEN)


@pytest.mark.django_db
def test_parts_without_a_name_are_not_taken_for_the_whole() -> None:
    """Of legs without a department two are no whole of two."""
    house = houses()[0]
    named = {"from_department": house.pk}
    facts = [leg(house, MONTH.first + timedelta(days=each)) for each in range(2)]
    facts += [leg(house, MONTH.first, **named) for _each in range(9)]
    written(facts)
    where = Where(Scope.FACILITY_SENT, (str(house.pk),))
    plain = values.answer(COUNT, where, MONTH, Dim.DEPARTMENT)
    assert set(plain.parts) == {"", str(house.pk)}
    found = privacy.guarded([plain], where, Dim.DEPARTMENT)[0]
    assert found.whole == plain.whole
    assert set(found.parts.values()) == {HIDDEN}


@pytest.mark.django_db
def test_a_course_hides_each_period_for_itself() -> None:
    house = houses()[0]
    months: list[Period] = run_up(MONTH, 4)
    facts = [
        leg(house, month.first, declined=each < above)
        for month, (above, below) in zip(months, [(0, 9), (4, 9), (5, 9), (5, 10)], strict=True)
        for each in range(below)
    ]
    written(facts)
    where = Where(Scope.FACILITY_RECEIVED, (str(house.pk),))
    row = values.course([DECLINED], where, months)[0]
    found = privacy.course(DECLINED, where, months, row)
    assert found == [row[0], HIDDEN, HIDDEN, row[3]]
