"""Few persons stay hidden from a health authority that asks everything it may and solves all the equations."""

import random
from datetime import date
from typing import Any

import numpy as np
import pytest

from accounts.actors import Actor
from accounts.ids import uuid7
from accounts.permissions import Role
from facilities.models import Facility
from insights import asking, numbers, rollups
from insights.indicators import definitions
from insights.models import LegFact
from insights.periods import Length, Period, around
from insights.queries import persons
from insights.thresholds import FEW_PERSONS, PLENTY
from insights.values import Number
from insights.vocabulary import Dim
from tests.facilities.factories import make_facility
from tests.factories import as_system
from tests.insights.test_authority import regions

pytestmark = pytest.mark.django_db
YEAR = around(Length.YEAR, date(2025, 1, 1))
MONTHS = [around(Length.MONTH, date(2025, month, 1)) for month in range(1, 13)]
QUARTERS = [around(Length.QUARTER, date(2025, month, 1)) for month in (1, 4, 7, 10)]
PIECES = [YEAR, *QUARTERS, *MONTHS]
ARRIVED = definitions()["up-count"]
# County -> how many institutions.
TREE = {"310115": 3, "310104": 2, "310101": 1}


def authority(region: str = "310000") -> Actor:
    return Actor.at_post(
        user_id=uuid7(),
        name="x",
        facility_id=uuid7(),
        role=Role.HEALTH_AUTHORITY,
        region=region,
    )


def leg(house: Facility, day: date, **more: Any) -> LegFact:
    """Return a counted up-referral of a person of its own that arrived on a day."""
    values: dict[str, Any] = {
        "id": uuid7(),
        "patient": uuid7(),
        "from_facility": house.pk,
        "to_facility": house.pk,
        "from_region": house.region_id,
        "to_region": house.region_id,
        "direction": "up",
        "from_tier": 1,
        "to_tier": 3,
        "urgency": 2,
        "disease": "I10",
        "submitted_on": day,
        "decided_on": day,
        "arrived_on": day,
        "accepted": True,
        **more,
    }
    flags = ("inpatient", "wish", "cancelled", "declined", "redirected", "expired", "late")
    rest = dict.fromkeys((*flags, "returned", "followed", "closed"), False)
    return LegFact(**{**rest, "accepted": False, **values})


def written(facts: list[LegFact]) -> None:
    as_system()
    LegFact.objects.bulk_create(facts)
    rollups.count_all()


def houses() -> list[Facility]:
    regions()
    return [
        make_facility(f"{code}-{number}", region_id=code)
        for code, several in TREE.items()
        for number in range(several)
    ]


def shown(query: dict[str, str], by: Actor) -> dict[Period, Number]:
    asked = asking.read({**query, "period": "2025"}, by)
    return dict(zip(PIECES, numbers.course(ARRIVED, asked, by, PIECES), strict=True))


Cell = tuple[str, Period]
Counts = dict[tuple[str, Period], int]


def drawn(seed: int, all_houses: list[Facility]) -> tuple[list[LegFact], Counts]:
    """Draw a year: mostly small months, some empty, some large; return the facts and how many each leaf has."""
    chance = random.Random(seed)
    facts, leaves = [], {}
    for house in all_houses:
        level = chance.choice([2, 5, 9, 30])
        for month in MONTHS:
            number = chance.choice([0, 1, level, level, level + 4, 2 * level])
            leaves[str(house.pk), month] = number
            facts += [leg(house, month.first) for _each in range(number)]
    return facts, leaves


def vector(leaves: list[Cell], keys: set[str], piece: Period) -> list[float]:
    inside = set(piece.months or [])
    return [float(key in keys and month.first in inside) for key, month in leaves]


def places(all_houses: list[Facility]) -> dict[tuple[str, str], set[str]]:
    """Return everything that a province may ask about, with the institutions that each is made of."""
    found: dict[tuple[str, str], set[str]] = {}
    for house in all_houses:
        found["facility", str(house.pk)] = {str(house.pk)}
        for code in ("310000", "310100", house.region_id):
            found.setdefault(("region", code), set()).add(str(house.pk))
    return found


@pytest.mark.parametrize("seed", range(6))
def test_no_difference_of_numbers_tells_of_few_persons(seed: int) -> None:
    """What is shown spans a space of sums; a cell of 1 to 4 persons must lie outside it, and so be no sum of them."""
    all_houses, by = houses(), authority()
    facts, counted = drawn(seed, all_houses)
    written(facts)
    leaves = list(counted)
    known, few = [], []
    for (scope, key), keys in places(all_houses).items():
        for piece, number in shown({scope: key}, by).items():
            row = vector(leaves, keys, piece)
            truth = int(np.dot(row, [counted[leaf] for leaf in leaves]))
            if number.numerator is not None:
                assert number.numerator == truth
                assert truth == 0 or truth >= FEW_PERSONS
                known.append(row)
            if 0 < truth < FEW_PERSONS:
                few.append((scope, key, piece, row))
    told = np.array(known) if known else np.zeros((1, len(leaves)))
    # Who counts also knows where nobody was: an empty month may be guessed, and must not help either.
    nothing = [np.eye(len(leaves))[at] for at, leaf in enumerate(leaves) if not counted[leaf]]
    told = np.vstack([told, *nothing]) if nothing else told
    rank = np.linalg.matrix_rank(told)
    assert few, "the draw has to hold small cells"
    for scope, key, piece, row in few:
        assert np.linalg.matrix_rank(np.vstack([told, row])) > rank, (scope, key, piece)


def test_large_regions_are_told_in_full() -> None:
    """Nothing is hidden where nothing is small."""
    all_houses, by = houses(), authority()
    written(
        [leg(house, month.first) for house in all_houses for month in MONTHS for _each in range(6)]
    )
    for scope, key in places(all_houses):
        assert all(number.value for number in shown({scope: key}, by).values()), (scope, key)


def test_legs_of_one_person_are_one_person() -> None:
    """Twelve referrals of two persons are few; of plenty it is taken for granted that they are not."""
    [first, *_rest], by = houses(), authority("310115")
    twins = [uuid7(), uuid7()]
    written([leg(first, month.first, patient=twins[at % 2]) for at, month in enumerate(MONTHS)])
    assert not any(number.value for number in shown({"region": "310115"}, by).values())


def test_plenty_is_not_counted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    [first, *_rest], by = houses(), authority("310115")
    written([leg(first, month.first) for month in MONTHS for _each in range(PLENTY)])

    def never(*_args: Any) -> Any:
        raise AssertionError("counters decide")

    monkeypatch.setattr(persons, "_persons", never)
    assert shown({"region": "310115"}, by)[MONTHS[0]].value == PLENTY


def test_parts_are_hidden_two_at_least() -> None:
    """Of diseases, too: the smallest other goes with the one that is small, and its months with it."""
    [first, *_rest], by = houses(), authority("310115")
    legs = [("I10", 3), ("E11", 8), ("J44", 40)]
    written(
        [
            leg(first, month.first, disease=code)
            for month in MONTHS
            for code, number in legs
            for _each in range(number if month == MONTHS[1] or code != "I10" else 9)
        ]
    )
    for period, hidden in (
        ("2025-02", {"I10", "E11"}),
        ("2025-01", {"I10", "E11"}),
        ("2025-07", set()),
    ):
        asked = asking.read({"period": period}, by)
        found = numbers.answer(ARRIVED, asked, by, Dim.DISEASE)
        assert found.whole.value
        assert {code for code, part in found.parts.items() if part.value is None} == hidden


def test_growth_shows_the_year_before_too() -> None:
    [first, *_rest], by = houses(), authority("310115")
    last_year = date(2024, 3, 1)
    returns = {"direction": "down", "accepted": True}
    written(
        [leg(first, last_year, **returns) for _each in range(3)]
        + [leg(first, date(2025, 3, 1), **returns) for _each in range(9)]
    )
    growth, count = definitions()["down-growth"], definitions()["down-count-outpatient"]
    asked = asking.read({"period": "2025"}, by)
    assert numbers.answer(growth, asked, by).whole.denominator is None
    assert numbers.answer(count, asked, by).whole.value == 9


def test_a_sum_and_its_two_terms_are_told_together() -> None:
    """Returns of outpatients and of inpatients make up those of both: who is hidden takes the other along."""
    [first, *_rest], by = houses(), authority("310115")
    returns = {"direction": "down", "accepted": True}
    written(
        [leg(first, YEAR.first, **returns, inpatient=True) for _each in range(3)]
        + [leg(first, YEAR.first, **returns) for _each in range(30)]
    )
    asked = asking.read({"period": "2025"}, by)
    several = [definitions()[code] for code in ("down-count-inpatient", "down-count-outpatient")]
    assert [each.whole.value for each in numbers.answers(several, asked, by)] == [None, None]
    alone = numbers.answer(several[1], asked, by)
    assert alone.whole.value is None


def test_alliances_hide_together() -> None:
    """One with few persons takes all others along; with enough of each, and of each place, all are shown."""
    [first, *_rest], by = houses(), authority("310115")
    one, two = str(uuid7()), str(uuid7())
    written(
        [
            leg(first, month.first, alliance=alliance)
            for month in MONTHS
            for alliance, number in ((one, 7), (two, 3 if month == MONTHS[0] else 9))
            for _each in range(number)
        ]
    )
    for period, shown_all in (("2025-02", False), ("2025-09", True), ("2025", True)):
        found = numbers.answer(ARRIVED, asking.read({"period": period}, by), by, Dim.ALLIANCE)
        assert found.whole.value
        assert {part.value is not None for part in found.parts.values()} == {shown_all}


def test_what_lies_between_the_terms_of_a_share_is_no_few_persons() -> None:
    """Of 3 up and 20 down the share of returns would show 20 and 23."""
    [first, *_rest], by = houses(), authority("310115")
    back = {"direction": "down", "accepted": True}
    written(
        [leg(first, YEAR.first) for _each in range(3)]
        + [leg(first, YEAR.first, **back) for _each in range(10)]
        + [leg(first, YEAR.first, **back, inpatient=True) for _each in range(10)]
    )
    asked = asking.read({"period": "2025"}, by)
    assert numbers.answer(definitions()["down-share"], asked, by).whole.denominator is None


@pytest.mark.parametrize(
    ("accepted", "rest", "shown_at_all"),
    [(20, 3, False), (20, 5, True), (20, 0, True), (3, 20, False)],
)
def test_the_rest_of_a_share_is_no_few_persons(
    accepted: int, rest: int, shown_at_all: bool
) -> None:
    """20 of 23 accepted tells that 3 were not."""
    [first, *_rest], by = houses(), authority("310115")
    written(
        [leg(first, YEAR.first) for _each in range(accepted)]
        + [leg(first, YEAR.first, accepted=False, arrived_on=None) for _each in range(rest)]
    )
    asked = asking.read({"period": "2025"}, by)
    found = numbers.answer(definitions()["acceptance-rate"], asked, by)
    assert (found.whole.value is not None) is shown_at_all
