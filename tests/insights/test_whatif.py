"""Simulated departments against queues with a known answer, and changes whose effect can be worked out by hand."""

import math
import time
from dataclasses import replace
from typing import Any

import pytest

from accounts.errors import Refused
from insights.whatif.assumptions import ASSUMPTIONS
from insights.whatif.compare import Comparison, Measure, compare
from insights.whatif.setting import Change, Closure, Department, Setting, Urgency

ROUTINE = Urgency("routine", 14)
URGENT = Urgency("urgent", 2)
DAILY = (1,) * 7
WEEKDAYS = (1, 1, 1, 1, 1, 0, 0)


def department(
    key: str = "a", arrivals: Any = DAILY, places: Any = DAILY, **more: Any
) -> Department:
    return Department(key, arrivals={"routine": arrivals}, places=places, **more)


def fixed(*departments: Department, **more: Any) -> Setting:
    """Return a setting in which every day brings its mean: nothing is left to chance."""
    given: dict[str, Any] = {
        "days": 28,
        "warm_up": 28,
        "exact": True,
        "urgencies": (ROUTINE,),
        **more,
    }
    return Setting(departments, **given)


def once(setting: Setting, change: Change | None = None) -> Comparison:
    return compare(setting, change or Change(), replications=1)


def present(found: Comparison, measure: Measure) -> float | None:
    return found.whole[measure].present.mean


def after(found: Comparison, measure: Measure) -> float | None:
    return found.whole[measure].changed.mean


def test_one_session_a_week_by_hand() -> None:
    """Three a weekday, fifteen places on Monday: waits of 0 from Monday, then 6, 5, 4 and 3 days."""
    found = once(fixed(department(arrivals=(3, 3, 3, 3, 3, 0, 0), places=(15, 0, 0, 0, 0, 0, 0))))
    assert present(found, Measure.WAIT_MEDIAN) == 4
    assert present(found, Measure.WAIT_P90) == 6
    assert present(found, Measure.WAIT_MEAN) == pytest.approx((0 + 6 + 5 + 4 + 3) / 5)
    assert present(found, Measure.UTILISATION) == 1
    assert present(found, Measure.ACCEPTED) == 60
    assert present(found, Measure.STUCK) == 0


def test_a_queue_with_random_arrivals_has_the_mean_wait_of_the_formula() -> None:
    """One place a day, Poisson arrivals of mean ρ: M/D/1 in whole days, mean wait ρ / 2(1−ρ) = 2 days."""
    setting = Setting(
        (department(arrivals=(0.8,) * 7),), (ROUTINE,), days=728, warm_up=210, booked_ahead=120
    )
    found = compare(setting, Change(), replications=60)
    wait = found.whole[Measure.WAIT_MEAN].present
    assert wait.mean == pytest.approx(2.0, rel=0.1)
    assert wait.low is not None
    assert wait.high is not None
    assert wait.low < 2 < wait.high
    assert found.whole[Measure.UTILISATION].present.mean == pytest.approx(0.8, abs=0.01)


BUSY = Setting(
    (
        Department(
            "a",
            arrivals={"urgent": (2,) * 7, "routine": (9, 8, 8, 8, 7, 0, 0)},
            places=(24,) * 5 + (2, 0),
            own=(16, 15, 15, 15, 14, 1, 0),
            reserved_percent=30,
            released_before=1,
            acceptance=0.9,
            answer_days=0.5,
            no_show=0.1,
            following=("b",),
        ),
        Department("b", arrivals={"routine": (3,) * 7}, places=(4,) * 7, following=("a",)),
    ),
    (URGENT, ROUTINE),
    days=91,
)


def test_no_change_makes_exactly_no_difference() -> None:
    found = compare(BUSY, Change(), replications=10)
    for rows in (found.whole, *found.departments.values(), *found.urgencies.values()):
        for row in rows.values():
            assert row.present == row.changed
            assert (row.difference.mean, row.difference.low, row.difference.high) in {
                (0, 0, 0),
                (None,) * 3,
            }


def test_the_same_seed_gives_the_same_figures() -> None:
    change = Change(reserved_percent={"a": 60})
    first, again, other = (compare(BUSY, change, replications=5, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_all_are_counted_once() -> None:
    found = compare(BUSY, Change(), replications=5)
    for measure in (Measure.ACCEPTED, Measure.STUCK, Measure.TURNED_AWAY):
        total = sum(rows[measure].present.mean or 0 for rows in found.departments.values())
        assert total == pytest.approx(present(found, measure))
    by_urgency = sum(rows[Measure.ACCEPTED].present.mean or 0 for rows in found.urgencies.values())
    assert by_urgency == pytest.approx(present(found, Measure.ACCEPTED))
    # 13 weeks of 14 urgent and 40 routine at 90 %, and 21 a week that the other accepts.
    assert present(found, Measure.ACCEPTED) == pytest.approx(13 * (54 * 0.9 + 21), rel=0.05)


def test_more_places_never_make_anybody_wait_longer() -> None:
    found = compare(BUSY, Change(places={"a": (30,) * 5 + (4, 0)}), replications=10)
    wait = found.whole[Measure.WAIT_MEAN].difference
    assert wait.mean is not None
    assert wait.high is not None
    assert wait.mean < 0
    assert wait.high <= 0


def test_too_few_places_leave_referrals_stuck() -> None:
    """Two a day for one place: the queue grows by one a day, and past 14 days is stuck."""
    found = once(fixed(department(arrivals=(2,) * 7), warm_up=0, booked_ahead=100))
    # Those of day d are numbers 2d and 2d + 1 of the queue, and wait d and d + 1 days.
    assert present(found, Measure.STUCK) == sum((d > 14) + (d + 1 > 14) for d in range(28))
    assert present(found, Measure.WAIT_MEDIAN) == pytest.approx(14)
    assert present(found, Measure.UTILISATION) == 1


def test_who_never_gets_a_place_counts_with_the_days_so_far() -> None:
    setting = fixed(department(places=(0,) * 7), warm_up=0)
    found = once(setting)
    assert present(found, Measure.STUCK) == present(found, Measure.ACCEPTED) == 28
    assert present(found, Measure.WAIT_MEAN) == pytest.approx(setting.last - 13.5)
    assert present(found, Measure.UTILISATION) is None
    assert found.whole[Measure.UTILISATION].present.n == 0


def test_a_reserved_share_shields_referrals_and_costs_other_patients() -> None:
    """Ten others a day want the ten places; two referrals a day have none until two are theirs."""
    setting = fixed(
        department(arrivals=(2,) * 7, places=(10,) * 7, own=(10,) * 7), booked_ahead=14, warm_up=84
    )
    found = once(setting, Change(reserved_percent={"a": 20}))
    assert after(found, Measure.WAIT_MEAN) == 0
    assert after(found, Measure.STUCK) == 0
    # Eight places for ten askers a day, and the calendar full since the warm-up: two of them go without.
    assert after(found, Measure.TURNED_AWAY) == 2 * 28
    # And the others take places of the fourteenth day ahead, the only ones that are still to be had.
    assert after(found, Measure.OWN_WAIT) == 14
    stuck = present(found, Measure.STUCK)
    assert stuck is not None
    assert stuck > 0


@pytest.mark.parametrize(("released", "used"), [(0, 0.8), (1, 1.0)])
def test_what_is_released_is_used(released: int, used: float) -> None:
    """No referrals come: reserved places stay empty unless they are released on the day."""
    empty = department(
        arrivals=(0,) * 7,
        places=(10,) * 7,
        own=(12,) * 7,
        reserved_percent=20,
        released_before=released,
    )
    assert present(once(fixed(empty)), Measure.UTILISATION) == pytest.approx(used)


def test_a_share_is_rounded_up_as_pools_do() -> None:
    empty = department(arrivals=(0,) * 7, places=(3,) * 7, own=(3,) * 7, reserved_percent=34)
    assert present(once(fixed(empty)), Measure.UTILISATION) == pytest.approx(1 / 3)


def test_the_urgent_are_given_places_first() -> None:
    """Monday brings seven of each kind for two places a day: the urgent take the first seven."""
    both = Department(
        "a",
        arrivals={"routine": (7, 0, 0, 0, 0, 0, 0), "urgent": (7, 0, 0, 0, 0, 0, 0)},
        places=(2,) * 7,
    )
    found = once(fixed(both, urgencies=(URGENT, ROUTINE)))
    assert found.urgencies["urgent"][Measure.WAIT_MEAN].present.mean == pytest.approx(
        (0 + 0 + 1 + 1 + 2 + 2 + 3) / 7
    )
    assert found.urgencies["routine"][Measure.WAIT_MEAN].present.mean == pytest.approx(
        (3 + 4 + 4 + 5 + 5 + 6 + 6) / 7
    )
    # Past two days waits the seventh urgent of each of the four weeks.
    assert found.urgencies["urgent"][Measure.STUCK].present.mean == 4


def test_an_answer_takes_its_time() -> None:
    slow = once(fixed(department(places=(2,) * 7, answer_days=3)))
    assert present(slow, Measure.WAIT_MEAN) == 3
    # Slower than the calendar is long: still counted, with the whole wait.
    slowest = once(fixed(department(places=(2,) * 7, answer_days=60), booked_ahead=7))
    assert present(slowest, Measure.ACCEPTED) == 28
    assert present(slowest, Measure.WAIT_MEAN) == 60
    half = once(fixed(department(places=(2,) * 7, answer_days=0.7)))
    assert present(half, Measure.WAIT_MEAN) == 1


def test_who_is_declined_or_does_not_come_uses_no_place() -> None:
    setting = Setting(
        (department(arrivals=(10,) * 7, places=(20,) * 7, acceptance=0.6, no_show=0.25),),
        (ROUTINE,),
    )
    found = compare(setting, Change(), replications=10)
    assert present(found, Measure.ACCEPTED) == pytest.approx(364 * 6, rel=0.03)
    assert present(found, Measure.UTILISATION) == pytest.approx(6 * 0.75 / 20, rel=0.03)


def test_the_demand_of_a_closed_department_goes_to_the_next() -> None:
    """Each has one referral and one place a day; with one closed, the other has twice its places to give."""
    setting = fixed(department("a", following=("b",)), department("b"), warm_up=0, booked_ahead=100)
    found = once(setting, Change(closures=(Closure("a"),)))
    assert present(found, Measure.WAIT_MEAN) == 0
    assert found.departments["a"][Measure.ACCEPTED].changed.mean == 0
    assert found.departments["b"][Measure.ACCEPTED].changed.mean == 56
    assert after(found, Measure.STUCK) == sum((d > 14) + (d + 1 > 14) for d in range(28))
    assert found.departments["a"][Measure.UTILISATION].changed.mean is None


def test_a_closure_of_some_days_sends_on_those_who_wait() -> None:
    """On Monday ten come to a, with one place a day; closing it on Wednesday sends eight on to b."""
    setting = fixed(
        department("a", arrivals=(10, 0, 0, 0, 0, 0, 0), following=("b",)),
        department("b", arrivals=(0,) * 7, places=(10,) * 7),
        days=7,
        warm_up=0,
        booked_ahead=0,
    )
    found = once(setting, Change(closures=(Closure("a", first_day=2, days=5),)))
    assert found.departments["a"][Measure.WAIT_MEAN].changed.mean == 0.5
    assert found.departments["b"][Measure.ACCEPTED].changed.mean == 8
    assert found.departments["b"][Measure.WAIT_MEAN].changed.mean == 2


def test_without_a_next_department_referrals_are_unplaced_and_stuck() -> None:
    found = once(fixed(department()), Change(closures=(Closure("a", first_day=7, days=7),)))
    assert after(found, Measure.UNPLACED) == 7 == after(found, Measure.STUCK)
    both = once(
        fixed(department("a", following=("b",)), department("b", following=("a",))),
        Change(closures=(Closure("a"), Closure("b"))),
    )
    assert after(both, Measure.UNPLACED) == 56


@pytest.mark.parametrize(
    ("setting", "change"),
    [
        (fixed(), Change()),
        (fixed(department(), department()), Change()),
        (fixed(department(following=("b",))), Change()),
        (fixed(department(following=("a",))), Change()),
        (fixed(department(arrivals=(1,) * 6)), Change()),
        (fixed(department(arrivals=(-1,) * 7)), Change()),
        (fixed(department(arrivals=(0.5,) * 7)), Change()),
        (fixed(department(acceptance=1.1)), Change()),
        (fixed(department(acceptance=math.nan)), Change()),
        (fixed(department(own=(math.nan,) * 7)), Change()),
        (fixed(department(answer_days=math.inf)), Change()),
        (fixed(department(), urgencies=(Urgency("routine", math.inf),)), Change()),
        (fixed(department(), urgencies=(Urgency("routine", -1),)), Change()),
        (fixed(department(), booked_ahead=-1), Change()),
        (fixed(department(), warm_up=367), Change()),
        (fixed(department(), urgencies=(URGENT,)), Change()),
        (fixed(department(), days=0), Change()),
        (fixed(department()), Change(reserved_percent={"a": 101})),
        (fixed(department()), Change(places={"a": (1,)})),
        (fixed(department()), Change(places={"b": DAILY})),
        (fixed(department()), Change(closures=(Closure("b"),))),
    ],
)
def test_what_cannot_be_simulated(setting: Setting, change: Change) -> None:
    with pytest.raises(Refused) as refused:
        once(setting, change)
    assert refused.value.code == "simulation-impossible"


def test_what_would_take_too_long_is_refused_before_it_begins() -> None:
    many = fixed(department(arrivals=(1_000_000,) * 7))
    others = fixed(department(own=(1_000_000,) * 7))
    for setting, replications in (
        (many, 1),
        (others, 1),
        (fixed(department()), 0),
        (fixed(department()), 1001),
        (fixed(department(), days=2000), 1),
    ):
        with pytest.raises(Refused) as refused:
            compare(setting, Change(), replications=replications)
        assert refused.value.code == "simulation-too-large"


def test_a_year_a_hundred_times_takes_less_than_twenty_seconds() -> None:
    """Five of the hundred repetitions in a tenth of the time: a slower machine has room."""
    begun = time.process_time()
    found = compare(replace(BUSY, days=364), Change(reserved_percent={"a": 50}), replications=5)
    assert time.process_time() - begun < 2
    assert found.replications == 5


def test_the_assumptions_are_said() -> None:
    assert len({str(each) for each in ASSUMPTIONS}) == len(ASSUMPTIONS) > 5
