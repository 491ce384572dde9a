"""Weekly demand of a department ahead: seasonal-naive and structural model, each with its error on held-out weeks.

Both are tried at six moments of the past, four weeks apart, as if the later weeks were not known. The model is
offered only where it could be tried at each of them (ADR 0030). Pure and deterministic; some seconds for the model.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.errors import Kind, Refused
from insights.structure import project
from insights.weeks import WEEK, festival_known, festival_share

SEASON: Final = 52
HORIZON: Final = 8
STEP: Final = 4
TRIALS: Final = 6
HELD_OUT: Final = HORIZON + STEP * (TRIALS - 1)
# Two whole years before the first trial: with one, a season cannot be told from anything else that happened.
NEEDED: Final = 2 * SEASON + HELD_OUT
INTERVAL: Final = 0.8


class Method(StrEnum):
    """How the weeks ahead are estimated."""

    SEASONAL_NAIVE = "seasonal-naive"
    STRUCTURAL = "structural"


METHODS: Final[dict[Method, Promise]] = {
    Method.SEASONAL_NAIVE: gettext_lazy("As in the same week a year before"),
    Method.STRUCTURAL: gettext_lazy("Model of level, season and Spring Festival"),
}


class Note(StrEnum):
    """What a reader should know of a forecast."""

    FESTIVAL_AHEAD = "festival-ahead"
    FESTIVAL_UNTRIED = "festival-untried"
    FESTIVAL_UNKNOWN = "festival-unknown"
    WEEKS_UNKNOWN = "weeks-unknown"
    MODEL_UNTRIED = "model-untried"
    NO_SCALE = "no-scale"


NOTES: Final[dict[Note, Promise]] = {
    Note.FESTIVAL_AHEAD: gettext_lazy(
        "The Spring Festival falls into these weeks; it moves, so the same week a year before is no guide there."
    ),
    Note.FESTIVAL_UNTRIED: gettext_lazy("No Spring Festival was among the held-out weeks."),
    Note.FESTIVAL_UNKNOWN: gettext_lazy(
        "The date of the Spring Festival of a year is not in the system."
    ),
    Note.WEEKS_UNKNOWN: gettext_lazy("Weeks in which the department was closed are left out."),
    Note.MODEL_UNTRIED: gettext_lazy(
        "The model could not be fitted to this history, so it is not offered."
    ),
    Note.NO_SCALE: gettext_lazy("Every week was as a year before, so the error has no scale."),
}


@dataclass(frozen=True, slots=True)
class Ahead:
    """One week to come, in persons: the middle estimate and the range that holds with a chance of 80 %."""

    week: date
    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Error:
    """How far a method was off on held-out weeks.

    mae in persons a week; mase by the mean change from a year to the next before the first trial (below 1 is better
    than that, None where it is zero); covered is the part of the weeks that lay in the range; n counts weeks tried.
    """

    mae: float
    mase: float | None
    covered: float
    n: int


@dataclass(frozen=True, slots=True)
class Way:
    """One method with what it says and how it has done."""

    method: Method
    ahead: list[Ahead]
    error: Error


@dataclass(frozen=True, slots=True)
class Forecast:
    """Both methods side by side; `model` is None where it could not be tried."""

    naive: Way
    model: Way | None
    better: Method
    notes: tuple[Note, ...]


# The weeks known so far and their Mondays, with those of the weeks ahead; None where no estimate can be made.
Estimate = tuple[float, float, float]
Projector = Callable[[Sequence[float | None], Sequence[date]], list[Estimate] | None]


def forecast(history: Sequence[float | None], *, first: date) -> Forecast:
    """Return the next eight weeks of a department by both methods.

    `history` as `weeks.series` makes it, from the Monday `first`, whole weeks only. Raises Refused where less than
    two years and the held-out weeks are known, or where nothing was ever counted.
    """
    _check(history)
    mondays = [first + WEEK * number for number in range(len(history) + HORIZON)]
    naive = _way(Method.SEASONAL_NAIVE, _naive, history, mondays)
    if naive is None:
        raise _refused(
            "history-broken",
            _("The weeks a year before are not known, so nothing can be compared."),
        )
    model = _way(Method.STRUCTURAL, project, history, mondays)
    return Forecast(
        naive=naive,
        model=model,
        better=_better(naive, model),
        notes=_notes(history, mondays, naive, model),
    )


def _check(history: Sequence[float | None]) -> None:
    known = [count for count in history if count is not None]
    if len(known) < NEEDED:
        raise Refused(
            "history-short",
            _(
                "A forecast needs %(needed)d weeks: two years to learn, %(held)d weeks to test; there are %(there)d."
            )
            % {"needed": NEEDED, "held": HELD_OUT, "there": len(known)},
            kind=Kind.UNPROCESSABLE,
            facts={"needed": NEEDED, "there": len(known)},
        )
    if not any(known):
        raise _refused(
            "history-zero", _("Nobody was counted in any week, so there is nothing to learn.")
        )


def _way(
    method: Method,
    projector: Projector,
    history: Sequence[float | None],
    mondays: Sequence[date],
) -> Way | None:
    """Return a method with its error, None where it cannot say all it would have to."""
    end = len(history)
    trials = []
    for start in range(end - HELD_OUT, end - HORIZON + 1, STEP):
        said = projector(history[:start], mondays[: start + HORIZON])
        if said is None:
            return None
        trials += list(zip(said, history[start : start + HORIZON], strict=True))
    ahead = projector(history, mondays)
    tried = [(said, true) for said, true in trials if true is not None]
    if ahead is None or not tried:
        return None
    return Way(
        method=method,
        ahead=[Ahead(week, *said) for week, said in zip(mondays[end:], ahead, strict=True)],
        error=_error(tried, _scale(history[: end - HELD_OUT])),
    )


def _error(tried: Sequence[tuple[Estimate, float]], scale: float | None) -> Error:
    mae = math.fsum(abs(said[0] - true) for said, true in tried) / len(tried)
    return Error(
        mae=mae,
        mase=mae / scale if scale else None,
        covered=sum(said[1] <= true <= said[2] for said, true in tried) / len(tried),
        n=len(tried),
    )


def _changes(history: Sequence[float | None]) -> list[float]:
    """Return by how much weeks differed from those a year before, where both are known."""
    return [
        now - before
        for before, now in zip(history, history[SEASON:], strict=False)
        if now is not None and before is not None
    ]


def _scale(history: Sequence[float | None]) -> float | None:
    changes = _changes(history)
    return math.fsum(abs(change) for change in changes) / len(changes) if changes else None


def _naive(history: Sequence[float | None], mondays: Sequence[date]) -> list[Estimate] | None:
    """Return each week as 52 weeks before (104 where that one is not known); the range from past changes."""
    changes = sorted(_changes(history))
    if not changes:
        return None
    low, high = (_quantile(changes, part) for part in ((1 - INTERVAL) / 2, (1 + INTERVAL) / 2))
    estimates: list[Estimate] = []
    for place in range(len(history), len(mondays)):
        before = _last_known(history, place)
        if before is None:
            return None
        # A range that leaves its own middle out would be no range: all changes may have had one sign.
        estimates.append((before, max(before + min(low, 0), 0.0), before + max(high, 0)))
    return estimates


def _last_known(history: Sequence[float | None], place: int) -> float | None:
    years = range(place - SEASON, -1, -SEASON)
    return next((known for year in years if (known := history[year]) is not None), None)


def _quantile(ordered: Sequence[float], part: float) -> float:
    place = part * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def _better(naive: Way, model: Way | None) -> Method:
    """Return the method with the smaller error; the plain one where they are equal."""
    return model.method if model and model.error.mae < naive.error.mae else naive.method


def _notes(
    history: Sequence[float | None], mondays: Sequence[date], naive: Way, model: Way | None
) -> tuple[Note, ...]:
    ahead, tried = mondays[len(history) :], mondays[len(history) - HELD_OUT : len(history)]
    said = {
        Note.FESTIVAL_AHEAD: any(festival_share(week) for week in ahead),
        Note.FESTIVAL_UNTRIED: not any(festival_share(week) for week in tried),
        Note.FESTIVAL_UNKNOWN: not all(festival_known(week) for week in mondays),
        Note.WEEKS_UNKNOWN: None in history,
        Note.MODEL_UNTRIED: model is None,
        Note.NO_SCALE: naive.error.mase is None,
    }
    return tuple(note for note, holds in said.items() if holds)


def _refused(code: str, detail: str) -> Refused:
    return Refused(code, detail, kind=Kind.UNPROCESSABLE)
