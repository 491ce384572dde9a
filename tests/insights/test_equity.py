"""Indices of equity against figures computed by hand, and properties that every table has."""

import math
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.errors import Refused
from insights.equity.bands import band
from insights.equity.curves import concentration, gini
from insights.equity.regions import Gap, Region, check, shares
from insights.equity.report import per_1000, report
from insights.equity.theil import LN_10, Form, theil

EXACT = 1e-9


def region(name: str, resource: float, population: float, area: float = 1, **more: Any) -> Region:
    return Region(name=name, resource=resource, population=population, area=area, **more)


TWO = [region("A", 25, 50), region("B", 75, 50)]
# Town has 60 of 100 beds for half of the persons; the figures below were worked out on paper.
GROUPED = [
    region("A", 40, 30, 10, group="town"),
    region("B", 20, 20, 10, group="town"),
    region("C", 30, 30, 20, group="country"),
    region("D", 10, 20, 60, group="country"),
]


def test_the_hand_check_of_two_regions() -> None:
    found = report(TWO)
    assert found.by_population.index == pytest.approx(0.25, abs=1e-6)
    assert found.theil_l.total == pytest.approx(0.143841, abs=1e-6)
    assert found.theil_t.total == pytest.approx(0.130812, abs=1e-6)
    assert found.by_population.points == [(0, 0), (0.5, 0.25), (1, 1)]
    assert found.by_population.contributions == pytest.approx([0.125, 0.125])


def test_a_worked_example_with_groups() -> None:
    found = report(GROUPED)
    assert found.by_population.index == pytest.approx(0.15, abs=EXACT)
    town, country = found.theil_l.groups
    assert found.theil_l.total == pytest.approx(0.3 * math.log(0.75) + 0.2 * math.log(2), abs=EXACT)
    assert found.theil_l.total == pytest.approx(0.0523248144, abs=EXACT)
    assert found.theil_l.between == pytest.approx(0.0204109973, abs=EXACT)
    assert found.theil_l.within == pytest.approx(0.0319138171, abs=EXACT)
    assert town.index == pytest.approx(0.0097123133, abs=EXACT)
    assert country.index == pytest.approx(0.0541153209, abs=EXACT)
    assert country.within == pytest.approx(0.0270576604, abs=EXACT)
    assert found.theil_t.total == pytest.approx(0.0457581109, abs=EXACT)
    assert found.theil_t.between == pytest.approx(0.0201355136, abs=EXACT)
    assert found.theil_t.within == pytest.approx(0.0256225973, abs=EXACT)
    assert found.theil_l.total is not None
    assert found.theil_l.total / LN_10 == pytest.approx(0.0227243776, abs=EXACT)


def test_gini_by_area_ranks_by_the_resource_on_the_ground() -> None:
    # Per km²: D 10/60, C 30/20, B 20/10, A 40/10. 1 − (0.6×0.1 + 0.2×0.5 + 0.1×1.0 + 0.1×1.6) = 0.58.
    assert report(GROUPED).by_area.index == pytest.approx(0.58, abs=EXACT)


def test_densities_by_hand() -> None:
    found = report(GROUPED).densities
    # D: a tenth of the beds and a fifth of the persons on six tenths of the ground.
    assert found[3].hrad == pytest.approx(1 / 6)
    assert found[3].pad == pytest.approx(1 / 3)
    assert found[3].quotient == pytest.approx(0.5)
    assert found[3].difference == pytest.approx(-1 / 6)
    # B has its fair part by population, twice its part by area.
    assert found[1].quotient == pytest.approx(1)
    assert found[1].difference == pytest.approx(0)
    assert found[1].hrad == pytest.approx(2)


def test_concentration_with_the_poor_and_with_the_rich() -> None:
    half = [0.5, 0.5]
    assert concentration(half, [0.25, 0.75], [1, 2]).index == pytest.approx(0.25)
    assert concentration(half, [0.25, 0.75], [2, 1]).index == pytest.approx(-0.25)
    assert concentration([0.5, 0.5], [0, 1], [1, 2]).index == pytest.approx(0.5)


def test_concentration_of_three_regions_by_hand() -> None:
    # Ranked by income B, C, A. 1 − (0.2×0.1 + 0.3×(0.1 + 0.4) + 0.5×(0.4 + 1)) = 0.13.
    found = concentration([0.5, 0.2, 0.3], [0.6, 0.1, 0.3], [30, 10, 20])
    assert found.index == pytest.approx(0.13, abs=EXACT)
    # A: 2 × (0.6 − 0.5) × (0.75 − 0.5) = 0.05; B: 2 × (−0.1) × (0.1 − 0.5) = 0.08; C: nothing above its part.
    assert found.contributions == pytest.approx([0.05, 0.08, 0.0], abs=EXACT)


def test_regions_of_one_income_are_one_step_whatever_their_order() -> None:
    first = concentration([0.2, 0.3, 0.5], [0.4, 0.1, 0.5], [10, 10, 20])
    other = concentration([0.3, 0.2, 0.5], [0.1, 0.4, 0.5], [10, 10, 20])
    assert first.index == pytest.approx(0, abs=EXACT) == other.index
    assert len(first.points) == 3


def test_beds_a_thousand_persons() -> None:
    assert per_1000([region("district", 3121, 645_800)]) == [pytest.approx(4.832765, abs=1e-6)]


@pytest.mark.parametrize(
    ("coefficient", "code"),
    [
        (0.0, "absolutely-even"),
        (0.1999999, "absolutely-even"),
        (0.2, "rather-even"),
        (0.3, "reasonable"),
        (0.39999999999, "large-gap"),  # 0.4 but for the last digit of a float
        (0.5, "large-gap"),
        (0.5000001, "extreme-gap"),
        (1.0, "extreme-gap"),
    ],
)
def test_bands_at_their_borders(coefficient: float, code: str) -> None:
    found = band(coefficient)
    assert found.code == code
    assert not found.verified


def test_a_region_without_the_resource_leaves_l_out_and_says_why() -> None:
    found = report([region("A", 0, 50), region("B", 100, 50)])
    assert found.theil_l.total is None
    assert found.gaps["theil_l"] == Gap.RESOURCE_ZERO
    assert found.theil_t.total == pytest.approx(math.log(2))
    assert found.by_population.index == pytest.approx(0.5)
    assert "theil_t" not in found.gaps


def test_between_groups_is_known_where_only_a_region_is_empty() -> None:
    found = report([*GROUPED, region("E", 0, 20, group="country")])
    assert found.theil_l.between is not None
    assert found.theil_l.within is None
    assert [each.index is None for each in found.theil_l.groups] == [False, True]


def test_a_group_without_the_resource_leaves_between_out_too() -> None:
    found = report([region("A", 0, 5, group="x"), region("B", 9, 5, group="y")])
    assert found.gaps["theil_l"] == Gap.GROUP_EMPTY
    assert (found.theil_l.between, found.theil_l.within) == (None, None)
    assert found.theil_t.between == pytest.approx(math.log(2))
    assert found.theil_t.within == 0


def test_where_nobody_lives_and_nothing_is_changes_no_index_by_population() -> None:
    plain, more = report(TWO), report([*TWO, region("desert", 0, 0, 1000)])
    assert more.by_population.index == pytest.approx(plain.by_population.index)
    assert more.theil_l.total == pytest.approx(plain.theil_l.total)
    assert more.per_1000[2] is None
    assert more.densities[2].quotient is None


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([], "too-few-regions"),
        (TWO[:1], "too-few-regions"),
        ([*TWO, region("A", 1, 1)], "region-twice"),
        ([*TWO, region("", 1, 1)], "region-unnamed"),
        ([*TWO, region("合计", 100, 100)], "total-among-regions"),
        ([*TWO, region("Total", 100, 100)], "total-among-regions"),
        ([*TWO, region("C", -1, 1)], "number-negative"),
        ([*TWO, region("C", 1, 1, -1)], "number-negative"),
        ([*TWO, region("C", 1, 1, income=-1)], "number-negative"),
        ([*TWO, region("C", math.nan, 1)], "number-impossible"),
        ([*TWO, region("C", 1, math.inf)], "number-impossible"),
        ([*TWO, region("C", 1e300, 1)], "number-impossible"),
        ([*TWO, region("C", 1, 1e-300)], "number-impossible"),
        ([*TWO, region("C", 1, 0)], "resource-without-population"),
        ([*TWO, region("C", 1, 1, 0)], "area-zero"),
        ([region("A", 0, 1), region("B", 0, 1)], "nothing-to-share"),
        ([region("A", 0, 0), region("B", 0, 0)], "nothing-to-share"),
        ([region("A", 1, 1, income=1), region("B", 1, 1)], "income-partly"),
        ([region("A", 1, 1, group="x"), region("B", 1, 1)], "group-partly"),
    ],
)
def test_what_no_index_can_be_made_of(rows: list[Region], code: str) -> None:
    with pytest.raises(Refused) as refused:
        check(rows)
    assert refused.value.code == code


AMOUNT = st.integers(1, 10**6)
TABLES = st.lists(
    st.tuples(st.integers(0, 10**6), AMOUNT, AMOUNT, st.sampled_from("xyz"), st.integers(0, 5)),
    min_size=2,
    max_size=20,
).filter(lambda rows: any(row[0] for row in rows))
# Making the first table takes seconds on a busy machine.
on_tables = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _table(rows: list[tuple[int, int, int, str, int]]) -> list[Region]:
    return [
        Region(str(place), held, persons, ground, group, float(income))
        for place, (held, persons, ground, group, income) in enumerate(rows)
    ]


@on_tables
@given(TABLES)
def test_gini_is_half_the_mean_difference_and_the_sum_of_its_parts(rows: Any) -> None:
    part = shares(_table(rows))
    found = gini(part.population, part.resource)
    pairs = list(zip(part.population, part.resource, strict=True))
    plain = math.fsum(abs(y * q - z * p) for p, y in pairs for q, z in pairs) / 2
    assert found.index == pytest.approx(plain, abs=EXACT)
    assert math.fsum(found.contributions) == pytest.approx(found.index, abs=EXACT)
    assert -EXACT <= found.index < 1


@on_tables
@given(TABLES, st.sampled_from([0.25, 3, 1000]), st.integers(0, 99))
def test_neither_unit_nor_order_matters(rows: Any, factor: float, seed: int) -> None:
    plain = report(_table(rows))
    mixed = [
        (held * factor, persons, ground, group, income)
        for held, persons, ground, group, income in rows
    ]
    random.Random(seed).shuffle(mixed)
    other = report(_table(mixed))
    for name in ("by_population", "by_area", "concentration"):
        assert getattr(plain, name).index == pytest.approx(getattr(other, name).index, abs=EXACT)
    assert plain.theil_t.total == pytest.approx(other.theil_t.total, abs=EXACT)


@on_tables
@given(TABLES)
def test_between_and_within_make_the_whole_and_so_do_the_regions(rows: Any) -> None:
    table = _table(rows)
    part = shares(table)
    for form in Form:
        found = theil(form, part.population, part.resource, [each.group for each in table])
        if found.total is None:
            assert form == Form.L
            continue
        assert found.between is not None
        assert found.within is not None
        assert found.between + found.within == pytest.approx(found.total, abs=EXACT)
        assert math.fsum(each or 0 for each in found.contributions) == pytest.approx(
            found.total, abs=EXACT
        )
        assert found.total >= -EXACT


@on_tables
@given(TABLES)
def test_concentration_is_the_covariance_with_the_rank(rows: Any) -> None:
    table = _table(rows)
    part = shares(table)
    found = concentration(part.population, part.resource, [each.income or 0.0 for each in table])
    assert math.fsum(found.contributions) == pytest.approx(found.index, abs=EXACT)
    assert abs(found.index) <= gini(part.population, part.resource).index + EXACT
