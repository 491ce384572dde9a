"""Lorenz curve, Gini coefficient and concentration index, each with what every region adds to it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise


@dataclass(frozen=True, slots=True)
class Curve:
    """An index, its curve from (0, 0) to (1, 1), and what each region adds, in the order of the table."""

    index: float
    points: list[tuple[float, float]]
    contributions: list[float]


def gini(weights: Sequence[float], held: Sequence[float]) -> Curve:
    """Return the Gini coefficient of shares `held` over shares `weights` (population or area).

    Gini = 1 − Σ (P_k − P_{k−1})(Y_k + Y_{k−1}), ranked by y/p ascending. It is also ½ Σ_i Σ_j p_i p_j |r_i − r_j|
    with r = y/p: the half sum over j is what region i adds. A region without weight has no rank and adds nothing;
    `regions.check` has made sure that it holds nothing either.
    """
    ranked = sorted(
        (place for place, weight in enumerate(weights) if weight),
        key=lambda place: held[place] / weights[place],
    )
    points = _points([weights[place] for place in ranked], [held[place] for place in ranked])
    contributions = [0.0] * len(weights)
    for place, (below, above) in zip(ranked, pairwise(points), strict=True):
        rate = held[place] / weights[place]
        poorer = rate * below[0] - below[1]
        richer = (1 - above[1]) - rate * (1 - above[0])
        contributions[place] = weights[place] * (poorer + richer) / 2
    return Curve(index=_area(points), points=points, contributions=contributions)


def concentration(
    weights: Sequence[float], held: Sequence[float], incomes: Sequence[float]
) -> Curve:
    """Return the concentration index of `held` over persons ranked by income, from −1 (with the poor) to 1.

    C = 1 − Σ (P_k − P_{k−1})(H_k + H_{k−1}). Regions of one income are one step of the curve, so that their order in
    the table does not matter. Region i adds 2 (y_i − p_i)(R_i − ½), R_i being the middle of its step: the
    covariance form (2/μ) cov(h, R).
    """
    ranked = sorted(range(len(weights)), key=lambda place: incomes[place])
    steps = [list(places) for _, places in groupby(ranked, key=lambda place: incomes[place])]
    points = _points(
        [math.fsum(weights[place] for place in step) for step in steps],
        [math.fsum(held[place] for place in step) for step in steps],
    )
    contributions = [0.0] * len(weights)
    for step, (below, above) in zip(steps, pairwise(points), strict=True):
        middle = (below[0] + above[0]) / 2
        for place in step:
            contributions[place] = 2 * (held[place] - weights[place]) * (middle - 0.5)
    return Curve(index=_area(points), points=points, contributions=contributions)


def _points(weights: Sequence[float], held: Sequence[float]) -> list[tuple[float, float]]:
    return list(zip(accumulate(weights, initial=0.0), accumulate(held, initial=0.0), strict=True))


def _area(points: Sequence[tuple[float, float]]) -> float:
    """Return one minus twice the area under the curve."""
    return 1 - math.fsum(
        (right[0] - left[0]) * (right[1] + left[1]) for left, right in pairwise(points)
    )
