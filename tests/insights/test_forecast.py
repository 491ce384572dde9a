"""Forecasts on series whose future is known: which method is better, what is refused, what is said beside it."""

import json
import math
import random
import subprocess
import sys
from collections.abc import Sequence
from datetime import date

import pytest
from django.utils import translation

from accounts.errors import Refused
from insights.forecast import (
    HELD_OUT,
    HORIZON,
    NEEDED,
    SEASON,
    STEP,
    Estimate,
    Forecast,
    Method,
    Note,
    forecast,
)
from insights.forecast_data import as_data, words
from insights.structure import project
from insights.weeks import WEEK, festival_share
from tests.architecture.floors import ROOT

FIRST = date(2023, 5, 1)
LENGTH = 170


def _demand(place: int, level: float = 20) -> float:
    """Return what a week expects: a season of eight about twenty, a third of it in the festival."""
    week = FIRST + WEEK * place
    return (level + 8 * math.sin(2 * math.pi * place / 52.18)) * (1 - 2 / 3 * festival_share(week))


def _drawn(length: int = LENGTH, seed: int = 7) -> list[float | None]:
    """Return counts that spread about `_demand` as arrivals do."""
    chance = random.Random(seed)
    return [
        float(sum(chance.random() < _demand(place) / 200 for _ in range(200)))
        for place in range(length)
    ]


@pytest.fixture(scope="module")
def busy() -> Forecast:
    return forecast(_drawn(), first=FIRST)


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the model out where only the seasonal-naive is looked at: it takes seconds."""
    monkeypatch.setattr("insights.forecast.project", lambda *_: None)


def test_both_errors_stand_side_by_side(busy: Forecast) -> None:
    assert busy.model is not None
    assert busy.better == Method.STRUCTURAL
    assert busy.model.error.mae < busy.naive.error.mae
    assert busy.model.error.n == busy.naive.error.n == 6 * HORIZON
    assert busy.model.error.mase is not None
    assert busy.model.error.mase < 1
    assert 0.6 <= busy.model.error.covered <= 0.95


def test_the_weeks_ahead_follow_the_last_one_and_hold_the_truth(busy: Forecast) -> None:
    assert busy.model is not None
    weeks = [FIRST + WEEK * place for place in range(LENGTH, LENGTH + HORIZON)]
    for way in (busy.naive, busy.model):
        assert [each.week for each in way.ahead] == weeks
        assert all(0 <= each.low <= each.estimate <= each.high for each in way.ahead)
    for place, each in enumerate(busy.model.ahead, start=LENGTH):
        assert each.low < _demand(place) < each.high


def test_the_same_history_gives_the_same_forecast(busy: Forecast) -> None:
    mondays = [FIRST + WEEK * place for place in range(LENGTH + HORIZON)]
    said = project(_drawn(), mondays)
    assert said is not None
    assert busy.model is not None
    assert said == [(each.estimate, each.low, each.high) for each in busy.model.ahead]


@pytest.mark.usefixtures("no_model")
def test_the_seasonal_naive_is_last_year_and_its_error_by_hand() -> None:
    """Last year's week was always three lower: each trial is off by three, the range reaches to the truth."""
    history: list[float | None] = [
        float(place % SEASON + 3 * (place // SEASON)) for place in range(NEEDED)
    ]
    found = forecast(history, first=FIRST)
    assert (found.naive.error.mae, found.naive.error.mase, found.naive.error.covered) == (3, 1, 1)
    ahead = found.naive.ahead[0]
    assert (ahead.estimate, ahead.low, ahead.high) == (
        history[NEEDED - SEASON],
        ahead.estimate,
        ahead.estimate + 3,
    )


def test_a_series_that_never_changes_has_no_model_and_no_scale() -> None:
    found = forecast([7.0] * NEEDED, first=FIRST)
    assert found.model is None
    assert found.better == Method.SEASONAL_NAIVE
    assert {Note.MODEL_UNTRIED, Note.NO_SCALE} <= set(found.notes)
    assert (found.naive.error.mae, found.naive.error.mase) == (0, None)
    assert {(each.low, each.estimate, each.high) for each in found.naive.ahead} == {(7, 7, 7)}


def test_closed_weeks_are_left_out_and_not_taken_for_zero() -> None:
    history = _drawn()
    mondays = [FIRST + WEEK * place for place in range(LENGTH + 1)]
    closed: list[float | None] = [
        None if 60 <= place < 70 else each for place, each in enumerate(history)
    ]
    as_zero = [0.0 if each is None else each for each in closed]
    left_out, taken = project(closed, mondays), project(as_zero, mondays)
    assert left_out is not None
    assert taken is not None
    assert left_out[0][2] - left_out[0][1] < taken[0][2] - taken[0][1]
    assert abs(left_out[0][0] - _demand(LENGTH)) < abs(taken[0][0] - _demand(LENGTH))


@pytest.mark.usefixtures("no_model")
def test_closed_weeks_are_said() -> None:
    history = _drawn()
    history[60] = None
    assert Note.WEEKS_UNKNOWN in forecast(history, first=FIRST).notes


@pytest.mark.usefixtures("no_model")
def test_a_closed_week_a_year_ago_is_read_two_years_ago() -> None:
    history = _drawn()
    history[LENGTH - SEASON] = None
    assert forecast(history, first=FIRST).naive.ahead[0].estimate == history[LENGTH - 2 * SEASON]


def test_the_festival_moves_the_model_and_not_the_naive() -> None:
    """2026's festival falls into the third week ahead, in another week than 2025's."""
    first = date(2026, 2, 2) - WEEK * LENGTH
    history: list[float | None] = [
        30 * (1 - 2 / 3 * festival_share(first + WEEK * place)) + place % 3
        for place in range(LENGTH)
    ]
    found = forecast(history, first=first)
    assert Note.FESTIVAL_AHEAD in found.notes
    assert Note.FESTIVAL_UNTRIED in found.notes
    assert found.model is not None
    festival = next(each for each in found.model.ahead if each.week == date(2026, 2, 16))
    naive = next(each for each in found.naive.ahead if each.week == date(2026, 2, 16))
    assert festival.estimate < 15 < 25 < naive.estimate


@pytest.mark.usefixtures("no_model")
def test_a_festival_that_the_data_file_does_not_know_is_said() -> None:
    found = forecast([7.0] * NEEDED, first=date(2040, 1, 2))
    assert Note.FESTIVAL_UNKNOWN in found.notes


@pytest.mark.parametrize(
    ("history", "code"),
    [
        ([], "history-short"),
        ([5.0] * (NEEDED - 1), "history-short"),
        ([*[5.0] * (NEEDED - 1), None], "history-short"),
        ([0.0] * NEEDED, "history-zero"),
        # One known week in 53: none has a known one 52 weeks before.
        ([5.0, *[None] * SEASON] * NEEDED, "history-broken"),
    ],
)
def test_what_no_forecast_can_be_made_of(history: list[float | None], code: str) -> None:
    with pytest.raises(Refused) as refused:
        forecast(history, first=FIRST)
    assert refused.value.code == code


def test_a_short_history_says_what_is_needed() -> None:
    with pytest.raises(Refused) as refused:
        forecast([5.0] * 100, first=FIRST)
    assert refused.value.facts == {"needed": 2 * SEASON + HELD_OUT, "there": 100}
    assert str(NEEDED) in str(refused.value.detail)


@pytest.mark.usefixtures("no_model")
def test_two_years_and_the_held_out_weeks_are_enough() -> None:
    assert forecast(_drawn(NEEDED), first=FIRST).naive.error.n == 6 * HORIZON


def test_a_trial_sees_nothing_of_what_follows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int]] = []

    def spy(history: Sequence[float | None], mondays: Sequence[date]) -> list[Estimate]:
        seen.append((len(history), len(mondays)))
        return [(1.0, 0.0, 2.0)] * HORIZON

    monkeypatch.setattr("insights.forecast.project", spy)
    found = forecast([*[9.0] * (NEEDED - 1), 1.0], first=FIRST)
    starts = [NEEDED - HELD_OUT + STEP * number for number in range(6)]
    assert seen == [(start, start + HORIZON) for start in (*starts, NEEDED)]
    # Eight off in every week but the last one, which the last trial alone reaches.
    assert found.model is not None
    assert found.model.error.mae == pytest.approx(8 * 47 / 48)
    assert found.model.error.covered == pytest.approx(1 / 48)


def test_a_model_that_fails_one_trial_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    def project_most(
        history: Sequence[float | None], mondays: Sequence[date]
    ) -> list[Estimate] | None:
        return None if len(history) == NEEDED - HORIZON else [(7.0, 7.0, 7.0)] * HORIZON

    monkeypatch.setattr("insights.forecast.project", project_most)
    found = forecast([*[7.0] * (NEEDED - 1), 9.0], first=FIRST)
    assert found.model is None
    assert Note.MODEL_UNTRIED in found.notes


def test_a_forecast_can_be_kept_and_is_told_in_the_language_of_the_reader(busy: Forecast) -> None:
    data = json.loads(json.dumps(as_data(busy), allow_nan=False))
    assert data["better"] == "structural"
    assert [each["method"] for each in data["methods"]] == ["seasonal-naive", "structural"]
    assert data["methods"][1]["ahead"][0]["week"] == (FIRST + WEEK * LENGTH).isoformat()
    assert data["methods"][0]["error"]["mae"] == busy.naive.error.mae
    with translation.override("zh-hans"):
        assert words()["methods"]["seasonal-naive"] == "与上年同一周相同"
    assert set(words()["notes"]) == {str(note) for note in Note}


def test_a_web_process_does_not_carry_the_libraries() -> None:
    loaded = (
        "import sys, django; django.setup(); import insights.forecast, insights.whatif.compare, config.urls; "
        "sys.exit(not {'numpy', 'pandas', 'statsmodels', 'simpy'}.isdisjoint(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, check=False).returncode == 0
