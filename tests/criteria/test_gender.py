"""What is never true of a sex is not asked of it: known by the sex alone, unless it was observed all the same."""

from datetime import date
from typing import Any

import pytest

from patients.models import Gender
from referral.criteria import loading, observations
from referral.criteria.evaluate import CANNOT_EVALUATE, MET, NOT_MET, Result, evaluate_all
from tests.criteria.cases import observed

DAY = date(2026, 11, 22)
BOTH = ("pregnant", "breastfeeding")


def results(diagnosis: str, gender: str, **values: Any) -> dict[str, Result]:
    book = loading.book()
    known = observations.values(observed(**values), book.variables, gender=gender)
    rules = book.select(on=DAY, diagnosis=diagnosis, from_tier=1, to_tier=2)
    return {each.rule.id: each for each in evaluate_all(rules, known, "first")}


@pytest.mark.parametrize(
    ("gender", "outcome", "missing"),
    [
        (Gender.MALE, NOT_MET, ()),
        (Gender.FEMALE, CANNOT_EVALUATE, BOTH),
        (Gender.UNKNOWN, CANNOT_EVALUATE, BOTH),
        (Gender.UNSTATED, CANNOT_EVALUATE, BOTH),
        ("", CANNOT_EVALUATE, BOTH),
    ],
)
def test_a_man_is_not_pregnant_and_anybody_else_is_asked(
    gender: str, outcome: str, missing: tuple[str, ...]
) -> None:
    for diagnosis, rule in (("I10", "HTN-I3"), ("E11.9", "DM-3")):
        found = results(diagnosis, gender)[rule]
        assert (found.outcome, found.missing) == (outcome, missing)


def test_what_was_observed_counts_before_the_sex_that_is_registered() -> None:
    assert results("I10", Gender.MALE, pregnant=True)["HTN-I3"].outcome == MET
    assert results("I10", Gender.FEMALE, pregnant=True)["HTN-I3"].outcome == MET
    woman = results("I10", Gender.FEMALE, pregnant=False, breastfeeding=False)["HTN-I3"]
    assert woman.outcome == NOT_MET


def test_the_sex_answers_nothing_else() -> None:
    man, nobody = results("I10", Gender.MALE), results("I10", "")
    assert {name for name, each in man.items() if each != nobody[name]} == {"HTN-I3"}


def test_only_a_yes_or_no_is_bound_to_a_sex() -> None:
    bound = {each.name for each in loading.book().variables.values() if each.gender}
    assert bound == set(BOTH)
