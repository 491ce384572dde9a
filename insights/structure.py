"""A structural model of weekly counts: a level that wanders, a yearly season of two waves, the Spring Festival.

Fitted by statsmodels to the square roots of the counts, whose spread does not depend on their size as that of counts
does (Anscombe 1948: √(x + 3/8)); that also keeps every estimate above zero. Unknown weeks are left to the filter.
"""

import math
import warnings
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from insights.libraries import numpy, structural
from insights.weeks import festival_share, season

HARMONICS: Final = 2
# Two sided, so that the range holds with a chance of 80 %.
OUTSIDE: Final = 0.2
_SHIFT: Final = 3 / 8


def project(
    history: Sequence[float | None], mondays: Sequence[date]
) -> list[tuple[float, float, float]] | None:
    """Return estimate, low and high of the weeks of `mondays` after those of `history`.

    None where the likelihood has no maximum that the optimiser finds: a constant series, for instance.
    """
    arrays = numpy()
    known = arrays.array([_root(count) for count in history])
    beside = arrays.array([[*season(week, HARMONICS), festival_share(week)] for week in mondays])
    with warnings.catch_warnings():
        # What it would warn of is read from its result below.
        warnings.simplefilter("ignore")
        try:
            model = structural().UnobservedComponents(
                known, "llevel", exog=beside[: len(known)], mle_regression=False
            )
            fitted = _fitted(model)
            if fitted is None:
                return None
            ahead = fitted.get_forecast(len(mondays) - len(known), exog=beside[len(known) :])
            return _counts(ahead.predicted_mean, ahead.conf_int(alpha=OUTSIDE))
        except (ArithmeticError, ValueError, arrays.linalg.LinAlgError):
            return None


def _fitted(model: Any) -> Any | None:
    """Return the fitted model; where the gradient leads nowhere, as beside a variance of zero, by the simplex."""
    for method in ("lbfgs", "nm"):
        fitted = model.fit(method=method, maxiter=500, disp=0)
        if fitted.mle_retvals["converged"]:
            return fitted
    return None


def _root(count: float | None) -> float:
    return math.nan if count is None else math.sqrt(count + _SHIFT)


def _counts(middles: Any, ranges: Any) -> list[tuple[float, float, float]] | None:
    """Return roots as counts; None where one is no number."""
    roots = [
        (float(middle), float(low), float(high))
        for middle, (low, high) in zip(middles, ranges, strict=True)
    ]
    if not all(math.isfinite(root) for each in roots for root in each):
        return None
    return [(_count(middle), _count(low), _count(high)) for middle, low, high in roots]


def _count(root: float) -> float:
    return max(max(root, 0.0) ** 2 - _SHIFT, 0.0)
