"""How destinations are judged and put in order: by kind, by their own merits, by distance."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from facilities.reach import Reached
from facilities.vocabulary import Direction
from referral.matching import Need, rank
from referral.matching.judges import FACTORS, KIND, SINGLY
from referral.matching.need import kilometres
from referral.states import Urgency
from tests.facilities.factories import (
    make_region,
)
from tests.factories import World


def test_kilometres() -> None:
    assert kilometres((31.2, 121.5), (31.2, 121.5)) == 0
    assert round(kilometres((39.9042, 116.4074), (31.2304, 121.4737))) == 1067
    assert round(kilometres((0, 0), (0, 180))) == 20015


def _row(number: int, **changes: Any) -> Reached:
    base = Reached(
        uuid4(),
        f"{number:04}",
        "",
        "",
        2,
        2,
        1,
        "310115",
        31.0 + number / 1000,
        121.5,
        "",
        "",
        uuid4(),
        "甲",
        "city_group",
        (1, 2, 3),
        frozenset(),
        None,
        None,
        None,
        (),
        (),
        None,
    )
    return base._replace(**changes)


def test_appointments_within_the_limit_of_the_urgency() -> None:
    now = timezone.now()
    soon, late, none = (_row(number) for number in range(3))
    need = Need(uuid4(), 1, Direction.UP, Urgency.URGENT, now).with_openings(
        {soon.id: now + timedelta(hours=23), late.id: now + timedelta(hours=25)}
    )
    found = rank([none, late, soon], need)
    assert [match.facility for match in found] == [soon, late, none]
    codes = [{reason.code for reason in match.reasons} for match in found]
    assert "slot-in-time" in codes[0]
    assert "slot-late" in codes[1]
    assert "no-slot" in codes[2]


def test_the_leader_of_the_specialty_alliance_comes_before_a_member() -> None:
    leads = _row(1, leads=("03.04",), specialties=("03.04",))
    member = _row(1, specialties=("03.04",))
    other = _row(1, specialties=("10",), leads=("10",))
    need = Need(uuid4(), 1, Direction.UP, Urgency.ROUTINE, timezone.now(), subjects=("03.04",))
    assert [match.facility for match in rank([other, member, leads], need)][:2] == [leads, member]


class _Watched:
    """A facility that notes what is asked of it."""

    def __init__(self, row: Reached) -> None:
        self.row, self.asked = row, set[str]()

    def __getattr__(self, name: str) -> Any:
        self.asked.add(name)
        return getattr(self.row, name)


@pytest.mark.parametrize("direction", [Direction.UP, Direction.DOWN])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"leads": ("03.04",), "specialties": ("03.04",), "department_code": "03.04.01"},
        {"capabilities": frozenset({"ct"}), "tier": 3, "alliance_id": None, "level": 9},
        {"designated": True, "region": "110101"},
    ],
)
def test_who_is_judged_by_its_kind_is_asked_for_nothing_else(
    direction: Direction, changes: dict[str, Any]
) -> None:
    """Else two facilities of a kind that differ in it would be judged alike."""
    need = Need(
        *(uuid4(), 1, direction, Urgency.ROUTINE, timezone.now()),
        capabilities=frozenset({"ct", "pci"}),
        subjects=("03.04", "03"),
        region="310115001",
    )
    for name in FACTORS.keys() - SINGLY:
        watched: Any = _Watched(_row(1, **changes))
        FACTORS[name](watched, need)
        assert watched.asked <= set(KIND), name


def test_a_kind_is_judged_once_and_each_of_it_ranked_by_its_own_merits() -> None:
    near, slow, far = (_row(number, latitude=31.0 + number / 10) for number in range(3))
    bare = _row(3, department_code=None, latitude=31.0)
    rows = [each._replace(department_code="03.04") for each in (near, slow, far)]
    need = Need(
        *(uuid4(), 1, Direction.UP, Urgency.ROUTINE, timezone.now()),
        subjects=("03.04",),
        origin=(31.0, 121.5),
        answers={rows[0].id: 600.0, rows[1].id: 900_000.0, rows[2].id: 600.0, bare.id: 600.0},
    )
    found = rank([bare, *rows[::-1]], need)
    assert [match.facility.id for match in found[:1]] == [near.id]
    assert found[-1].facility.id in {slow.id, bare.id}
    alone = {each.id: rank([each], need)[0].score for each in (*rows, bare)}
    assert {match.facility.id: match.score for match in found} == alone


def test_the_same_rows_in_any_order_give_the_same_list() -> None:
    rows = [_row(number % 7) for number in range(40)]
    need = Need(uuid4(), 1, Direction.UP, Urgency.ROUTINE, timezone.now(), origin=(31.0, 121.5))
    assert rank(rows, need) == rank(rows[::-1], need)


def test_a_region_of_the_patient_counts(world: World) -> None:
    _ = world.alliance
    other = make_region("310101", "黄浦区")
    here, there = _row(1, region=world.region.code), _row(1, region=other.code)
    need = Need(uuid4(), 3, Direction.DOWN, Urgency.ROUTINE, timezone.now(), region="310115003")
    assert [match.facility for match in rank([there, here], need)] == [here, there]
