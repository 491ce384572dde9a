"""Every index over invented regions against exact fractions, by other formulas than those of the program.

The regions, their figures and borders are invented. Gini is taken as half the mean difference of all pairs, the
concentration index as a covariance with the rank, Moran's I from the matrix of weights: all in whole numbers and
fractions, with logarithms to fifty digits.
"""

import csv
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import pytest

from insights.equity import reading
from insights.equity.report import Report, report
from insights.equity.theil import LN_10

DATA = Path(__file__).parent / "data"
TO = 1e-6


def rows() -> list[dict[str, str]]:
    with (DATA / "invented_regions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def column(name: str) -> list[Fraction]:
    return [Fraction(row[name]) for row in rows()]


def shares(values: list[Fraction]) -> list[Fraction]:
    return [value / sum(values) for value in values]


NAMES = [row["地区"] for row in rows()]
GROUPS = [row["区域"] for row in rows()]
BEDS, PERSONS, GROUND, INCOME = map(column, ("床位", "常住人口", "面积", "人均收入"))
Y, P, A = shares(BEDS), shares(PERSONS), shares(GROUND)


def ln(value: Fraction) -> Decimal:
    with localcontext(prec=50):
        return (Decimal(value.numerator) / Decimal(value.denominator)).ln()


def weighed(weight: Fraction, logarithm: Decimal) -> Decimal:
    with localcontext(prec=50):
        return Decimal(weight.numerator) / Decimal(weight.denominator) * logarithm


@pytest.fixture(scope="module")
def found() -> Report:
    columns = reading.Columns(
        resource="床位", population="常住人口", area="面积", group="区域", income="人均收入"
    )
    table = reading.regions((DATA / "invented_regions.csv").read_bytes(), columns)
    beside = reading.neighbours((DATA / "invented_borders.csv").read_bytes(), table)
    return report(table, beside)


def differences(weights: list[Fraction]) -> Fraction:
    pairs = list(zip(weights, Y, strict=True))
    return sum((abs(y * q - z * p) for p, y in pairs for q, z in pairs), Fraction(0)) / 2


def test_gini(found: Report) -> None:
    assert found.by_population.index == pytest.approx(float(differences(P)), abs=TO)
    assert found.by_area.index == pytest.approx(float(differences(A)), abs=TO)


def theil(over: list[Fraction], under: list[Fraction]) -> float:
    terms = [weighed(a, ln(a / b)) for a, b in zip(over, under, strict=True)]
    return float(sum(terms, Decimal(0)))


def grouped(values: list[Fraction]) -> dict[str, Fraction]:
    return {
        name: sum(
            (v for v, group in zip(values, GROUPS, strict=True) if group == name), Fraction(0)
        )
        for name in sorted(set(GROUPS))
    }


@pytest.mark.parametrize(
    ("pick", "over", "under"),
    [(lambda one: one.theil_l, P, Y), (lambda one: one.theil_t, Y, P)],
    ids=["L", "T"],
)
def test_theil_between_and_within(
    found: Report, pick: Callable[[Report], object], over: list[Fraction], under: list[Fraction]
) -> None:
    index = pick(found)
    above, below = grouped(over), grouped(under)
    between = theil(list(above.values()), list(below.values()))
    within = 0.0
    for name, share in above.items():
        inside = [place for place, group in enumerate(GROUPS) if group == name]
        within += float(share) * theil(
            [over[at] / share for at in inside], [under[at] / below[name] for at in inside]
        )
    total = theil(over, under)
    assert index.total == pytest.approx(total, abs=TO)  # type: ignore[attr-defined]
    assert index.between == pytest.approx(between, abs=TO)  # type: ignore[attr-defined]
    assert index.within == pytest.approx(within, abs=TO)  # type: ignore[attr-defined]
    assert between + within == pytest.approx(total, abs=TO)
    assert index.total / LN_10 == pytest.approx(total / float(Decimal(10).ln()), abs=TO)  # type: ignore[attr-defined]


def test_densities(found: Report) -> None:
    for place, density in enumerate(found.densities):
        assert density.hrad == pytest.approx(float(Y[place] / A[place]), abs=TO)
        assert density.pad == pytest.approx(float(P[place] / A[place]), abs=TO)
        assert density.quotient == pytest.approx(float(Y[place] / P[place]), abs=TO)


def test_concentration_as_covariance(found: Report) -> None:
    def rank(place: int) -> Fraction:
        poorer = sum(
            (P[other] for other in range(len(P)) if INCOME[other] < INCOME[place]), Fraction(0)
        )
        return poorer + P[place] / 2

    index = 2 * sum(
        ((Y[at] - P[at]) * (rank(at) - Fraction(1, 2)) for at in range(len(P))), Fraction(0)
    )
    assert found.concentration is not None
    assert found.concentration.index == pytest.approx(float(index), abs=TO)
    assert index > 0, "here the rich have more"


def test_moran_from_the_matrix(found: Report) -> None:
    n = len(NAMES)
    lines = (DATA / "invented_borders.csv").read_text(encoding="utf-8").splitlines()[1:]
    pairs = {frozenset(NAMES.index(name) for name in line.split(",")) for line in lines}
    beside = [[Fraction(int(frozenset({i, j}) in pairs)) for j in range(n)] for i in range(n)]
    values = [beds * 1000 / persons for beds, persons in zip(BEDS, PERSONS, strict=True)]
    z = [value - sum(values, Fraction(0)) / n for value in values]

    def moran(weights: list[list[Fraction]]) -> Fraction:
        whole = sum((w for row in weights for w in row), Fraction(0))
        cross = sum((weights[i][j] * z[i] * z[j] for i in range(n) for j in range(n)), Fraction(0))
        return n / whole * cross / sum((d * d for d in z), Fraction(0))

    by_rows = [[w / sum(row) for w in row] for row in beside]
    assert found.moran_binary is not None
    assert found.moran_standardised is not None
    assert found.moran_binary.index == pytest.approx(float(moran(beside)), abs=TO)
    assert found.moran_standardised.index == pytest.approx(float(moran(by_rows)), abs=TO)
