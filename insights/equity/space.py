"""Moran's I: whether neighbouring regions are alike. A research aid, no finding by itself."""

import math
import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from insights.equity.regions import Gap

PERMUTATIONS: Final = 999
SEED: Final = 20_150_911


@dataclass(frozen=True, slots=True)
class Moran:
    """I over one table of weights; `p_value` counts permutations at least as far from the expectation.

    `contributions` are what each region adds to I (the local indices, scaled to sum to it); `alone` are the places of
    regions without a neighbour. All but `expected` and `alone` are None or empty where `gap` says why.
    """

    index: float | None
    expected: float
    p_value: float | None
    contributions: list[float]
    alone: list[int]
    gap: Gap | None


def moran(
    values: Sequence[float | None],
    neighbours: Mapping[int, Collection[int]],
    *,
    standardised: bool,
    permutations: int = PERMUTATIONS,
    seed: int = SEED,
) -> Moran:
    """Return Moran's I of one value a region; `neighbours` maps a region's place to those of its neighbours.

    I = (n/W) Σ_i Σ_j w_ij z_i z_j / Σ z², with w_ij = 1 for neighbours, or 1 by the number of neighbours when
    standardised by rows. Expected −1/(n−1) where nothing depends on place. The p-value is two-sided, by
    `permutations` shuffles from `seed`: the same input gives the same figure. At least two regions.
    """
    n = len(values)
    expected = -1 / (n - 1)
    alone = [place for place in range(n) if not neighbours.get(place)]
    gap = _gap(values, alone)
    if gap is not None:
        return Moran(None, expected, None, [], alone, gap)
    known = [value for value in values if value is not None]
    mean = math.fsum(known) / n
    z = [value - mean for value in known]
    weights = [_weights(neighbours.get(place, ()), standardised) for place in range(n)]
    scale = n / math.fsum(w for row in weights for _, w in row) / math.fsum(d * d for d in z)
    contributions = [scale * z[i] * math.fsum(w * z[j] for j, w in weights[i]) for i in range(n)]
    index = math.fsum(contributions)
    return Moran(
        index=index,
        expected=expected,
        p_value=_p_value(z, weights, scale, index, expected, permutations, seed),
        contributions=contributions,
        alone=alone,
        gap=None,
    )


def _gap(values: Sequence[float | None], alone: Sequence[int]) -> Gap | None:
    if len(alone) == len(values):
        return Gap.NO_NEIGHBOURS
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return Gap.NO_PERSONS
    # Figures that differ by a rounding of the division only are the same figure.
    if math.isclose(min(known), max(known), rel_tol=1e-12):
        return Gap.ALL_ALIKE
    return None


def _weights(neighbours: Collection[int], standardised: bool) -> list[tuple[int, float]]:
    weight = 1 / len(neighbours) if standardised and neighbours else 1.0
    return [(place, weight) for place in sorted(neighbours)]


def _p_value(
    z: list[float],
    weights: list[list[tuple[int, float]]],
    scale: float,
    index: float,
    expected: float,
    permutations: int,
    seed: int,
) -> float:
    shuffler = random.Random(seed)  # noqa: S311 - a draw of statistics
    # A shuffle that gives the same I as the table must count, whatever the last digit says.
    distance = abs(index - expected) - 1e-12
    drawn, far = list(z), 0
    for _ in range(permutations):
        shuffler.shuffle(drawn)
        other = scale * sum(
            value * sum(w * drawn[j] for j, w in row)
            for value, row in zip(drawn, weights, strict=True)
        )
        far += abs(other - expected) >= distance
    return (far + 1) / (permutations + 1)
