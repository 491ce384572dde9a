"""Bounds stand in one data file, each with who says so; what people read names the same numbers."""

import pytest

from insights import thresholds
from insights.indicators import definitions
from insights.values import Why


def test_every_bound_has_a_source() -> None:
    for name, bound in thresholds.read().items():
        assert bound.value > 0, name
        assert bound.source, name


@pytest.mark.parametrize("why", list(Why))
def test_every_reason_can_be_told(why: Why) -> None:
    assert why.words
    assert "%" not in why.words


def test_words_name_the_bounds_that_are_used() -> None:
    assert str(thresholds.FEW_PERSONS) in Why.TOO_FEW.words
    loop = definitions()["loop-rate"]
    for words in (loop.formula, loop.counted_on):
        assert all(str(thresholds.DAYS_TO_CLOSE) in each for each in (words.zh, words.en))


def test_plenty_of_referrals_are_not_of_few_persons() -> None:
    """Were one person fewer than shown behind them, each would have been referred beyond what anybody is."""
    most = thresholds.read()["referrals_of_one_person"].value
    assert thresholds.PLENTY // most == thresholds.FEW_PERSONS - 1
