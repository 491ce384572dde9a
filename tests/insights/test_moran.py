"""Moran's I on a grid of three by three, worked out on paper."""

import pytest

from insights.equity.regions import Gap
from insights.equity.space import moran

# 1 2 3 / 4 5 6 / 7 8 9, neighbours share a side.
GRID: dict[int, set[int]] = {
    place: {
        other
        for other in range(9)
        if abs(place // 3 - other // 3) + abs(place % 3 - other % 3) == 1
    }
    for place in range(9)
}
RISING = [float(value) for value in range(1, 10)]
BOARD = [1.0, 0.0] * 4 + [1.0]


def test_a_slope_by_hand() -> None:
    # Products over the twelve borders sum to 40, both ways 80; 9/24 × 80/60 = 0.5.
    found = moran(RISING, GRID, standardised=False)
    assert found.index == pytest.approx(0.5, abs=1e-9)
    assert found.expected == pytest.approx(-1 / 8)
    assert sum(found.contributions) == pytest.approx(0.5, abs=1e-9)


def test_a_slope_by_hand_with_weights_by_rows() -> None:
    # Corners 8, 2, 2, 8; sides 6, 2/3, 2/3, 6; 33 1/3 by 60.
    assert moran(RISING, GRID, standardised=True).index == pytest.approx(0.555556, abs=1e-6)


def test_a_chess_board_is_as_unlike_as_can_be() -> None:
    found = moran(BOARD, GRID, standardised=False)
    assert found.index == pytest.approx(-1, abs=1e-9)
    assert found.p_value is not None
    assert found.p_value < 0.05


def test_the_same_seed_draws_the_same() -> None:
    values = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0]
    first, again, other = (moran(values, GRID, standardised=True, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.p_value != other.p_value
    assert first.index == other.index


def test_every_shuffle_of_two_alike_counts() -> None:
    """Two regions have one arrangement but for the sides: each shuffle is as far off, so p is 1."""
    found = moran([1.0, 2.0], {0: {1}, 1: {0}}, standardised=False, permutations=50)
    assert found.index == pytest.approx(-1)
    assert found.p_value == 1


def test_an_island_is_named_and_counts_among_n() -> None:
    found = moran([*RISING, 5.0], GRID, standardised=False)
    assert found.alone == [9]
    assert found.index == pytest.approx(10 / 24 * 80 / 60)


@pytest.mark.parametrize(
    ("values", "neighbours", "gap"),
    [
        ([2.0] * 9, GRID, Gap.ALL_ALIKE),
        ([0.1 + 0.2, 0.3], {0: {1}, 1: {0}}, Gap.ALL_ALIKE),
        ([0.0] * 9, GRID, Gap.ALL_ALIKE),
        (RISING, {}, Gap.NO_NEIGHBOURS),
        ([None, *RISING[1:]], GRID, Gap.NO_PERSONS),
    ],
)
def test_where_there_is_no_figure(
    values: list[float | None], neighbours: dict[int, set[int]], gap: Gap
) -> None:
    found = moran(values, neighbours, standardised=False)
    assert (found.index, found.p_value, found.gap) == (None, None, gap)
